"""The style sheets in WebVTT, without what reaches out of them.

WebVTT lets a sheet style its cues (::cue) and nothing else, and load nothing. A sheet that keeps to that
comes through as it is; another one loses the rules and declarations that do not.
Tokens: https://www.w3.org/TR/css-syntax-3/#tokenization.
"""

import re
from itertools import starmap

_COMMENT_OR_STRING = re.compile(
    r"""/\*(?:.*?\*/|.*\Z)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
# More than what loads today: nothing of this kind has a place in a cue.
_FORBIDDEN = re.compile(
    r"(?:url|src|image|image-set|cross-fade|element|expression|attr|var|env)\s*\(|@|<|-->|script:|behavior|binding",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\([^()]*\)")
# Enough for ::cue(:not(.a:is(.b))).
_NESTED = 4


def harmless(css: str) -> str:
    """The sheet, or what may stay of it; empty when nothing may. It has no blank lines if it had none."""
    unescaped = _ESCAPE.sub(_unescaped, css)
    bare = _COMMENT_OR_STRING.sub(_without_comments, unescaped)
    if not _FORBIDDEN.search(unescaped) and not _FORBIDDEN.search(bare) and _is_of_cues(css):
        return css
    kept = "\n".join(filter(None, starmap(_rule, _rules(bare))))
    return "" if _FORBIDDEN.search(kept) else kept


def _is_of_cues(css: str) -> bool:
    bare = _COMMENT_OR_STRING.sub(_without_strings, css)
    return all("{" not in declarations and _selects_cues(selector) for selector, declarations in _rules(bare))


def _rules(css: str) -> list[tuple[str, str]]:
    pieces = (piece.partition("{") for piece in css.split("}") if piece.strip())
    # What ends with a semicolon outside of braces is a statement, such as @import.
    return [(selector.rpartition(";")[2].strip(), declarations) for selector, _, declarations in pieces]


def _selects_cues(selector: str) -> bool:
    for _ in range(_NESTED):
        selector = _PARENTHESES.sub("", selector)
    return all(re.match(r"::cue(?:-region)?(?![\w-])", part.strip()) for part in selector.split(","))


def _rule(selector: str, declarations: str) -> str:
    if not _selects_cues(selector) or "{" in declarations or _FORBIDDEN.search(selector):
        return ""
    kept = [" ".join(part.split()) for part in declarations.split(";") if not _FORBIDDEN.search(part)]
    kept = [part for part in kept if ":" in part]
    return f"{' '.join(selector.split())} {{ {'; '.join(kept)} }}" if kept else ""


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return str(escape[2])
    number = int(escape[1], 16)
    return chr(number) if 0 < number < 0xD800 else "\ufffd"  # noqa: PLR2004 - where the surrogates begin


def _without_comments(token: re.Match[str]) -> str:
    # A string that could be read as the end of something is not worth its trouble.
    return "" if token[0].startswith("/*") or set(token[0]) & set("{};\\\n") else token[0]


def _without_strings(token: re.Match[str]) -> str:
    return "" if token[0].startswith("/*") else '""'
