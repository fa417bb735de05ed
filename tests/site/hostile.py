"""Strings that mean harm."""

from __future__ import annotations

#: They must not become links.
UNSAFE_ADDRESSES = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java&#10;script:alert(1)",
    "&#106;avascript:alert(1)", "&#x6A&#x61;vascript:alert(1)", "javascript&colon;alert(1)",
    "javascript\\:alert(1)", "&#1;javascript:alert(1)", "\x01javascript:alert(1)",
    "&NewLine;javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "data:image/png;base64,AAAA", "data:image/svg+xml,<svg>", "vbscript:msgbox(1)", "VBSCRIPT:x",
    "file:///etc/passwd", "ftp://a.b", "blob:https://a.b/c", "about:blank", "view-source:javascript:a",
    "feed:javascript:alert(1)", "//evil.example", "///evil.example", "https:evil.example",
    "https:/evil.example", "http:///evil.example", "https://", "evil.example", "../x", "?x",
    "javascript://a.b/%0Aalert(1)", "https:javascript:alert(1)", "\u202ejavascript:x",
    "ｊavascript:alert(1)",
]  # fmt: skip

#: HTML, and Markdown that tries to become HTML.
TRICKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<!--",
    "<?x?>", "<!DOCTYPE html>", "<![CDATA[x]]>", "</p></div></main>", "<a href='javascript:x'>x</a>",
    "<b", "<", "&", "&lt;", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "&#0;",
    "&#x80;", "&#xFFFF;", "&#xD800;", "\x00", "\x1b[31m", "\ud800", "\ufffe", "\U0001ffff", "\u202e",
    "\u2066", "\u2028", '[a](/b "<script>alert(1)</script>")', '[a](/b \'" onclick="alert(1)\')',
    '[a](/b" onclick="alert(1))', '[a](</b" onclick="alert(1)>)', '[a](/b ("))',
    "[<img src=x onerror=alert(1)>](/b)", "[a]: javascript:alert(1)",
    "[a][b]\n\n[b]: javascript:alert(1)", '![" onerror="alert(1)](/media/a)',
    "![a](/media/a' onerror='x)", "![a](javascript:alert(1))", "<https://a.b/%00>", "[a]()",
    "[a <https://b.c>]()", "![a]()", "[![a]()]()", "![a](https://[b)", "https://[::1]/", "https://[",
    "<https://[x]:y>", "![a](data:image/svg+xml,x)",
    '![a][b]\n\n[b]: https://e.f/g \'"><b>\'', "![[a](/b)](/media/c)", "![![a](/media/b)](https://c.d)",
    "[![a](https://b.c)](/d)", "[a [b](/c) d](/e)", "[a <https://b.c> d](/e)", "[a https://b.c d](/e)",
    "[a ![b](https://c.d) e](/f)", "[](/a)", "![](https://a.b)", "[![](/media/a)](/b)",
    "[](javascript:alert(1))", "<javascript:alert(1)>", '<https://a.b/"onclick="x>',
    "<https://a.b/'onclick='x>", "<a@b.c>", "<mailto:a@b.c?subject=<x>>", "https://a.b/<script>",
    'https://a.b"c', "https://a.b/'onclick='x", "https://<script>", "http://&lt;", "https://a.b&quot;c",
    "https://a.b/%00", '```"><script>\na\n```', "``` a b=c\na\n```", "```&quot;onclick\na\n```",
    "~~~ <b>\n</code></pre>\n~~~", "`<script>`", "``` `a", "# <script>", "#", "# [a](javascript:x)",
    "| <script> |\n|-|\n| </td> |", "| |\n|-|", "|a|\n|:-:|\n|`|`|", "a\n<script>\n===",
    "> <script>\n> - </ul>", "- [ ] a", "1000000000. a", "<details open>", '[a](\\\n"b")',
    "[a](/b%22%3e)", "[a](/b?c=<d>&e='f')", "\\<script>", "*<b>*", "a\\\nb", "\\[a](javascript:b)",
]  # fmt: skip

#: Repeated, each would take some parser quadratic time, or deep recursion.
REPEATED = [
    "[", "]", "*", "_", ">", "<", "`", "~", "|", "!", "\\", "&", "(", "#", "-", ":", "\n", " ", "\t",
    "a", "ж ", "![", "[]", "[](", "[](( ", "[a](", "[a](<b", "[a][", "[a\n", "![[", "*a_ ", "*a **a ",
    "a**b", "a** ", "_*", "~~a", "`a``b", "\\``", "<!--", "<?", "<![CDATA[", "<a ", "<a@", "<http:",
    "http://", "http://(", "https://a.b/(", "://", "://a", "https://a.b ", "&amp", "&#1", "> ", "- ",
    "1. ", "- > ", "* * *\n", "- a\n", "-\n", "1)\n", "# a\n", "a\n=\n", "a\n-\n", "```\n", "~~~\n",
    "    a\n", "[a]: b\n", "[a]: b '\n", "[a]:\n", "[a]: (\n", "]([\n", "a|b\n-|-\n", "|\n", "|-\n",
    "> a\nb\n", ">\n", "> ```\n", "- ```\n", "a  \n", "<div>\n", "- a\n\n\n", "![a", "[![a\n", "a]",
    "[a", "[x](![x", "\r", "\u202e", "*.", "._", "***a ",
]  # fmt: skip
