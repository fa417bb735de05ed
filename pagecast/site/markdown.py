"""Texts of editors as HTML that is safe: CommonMark with tables, ~~strikes~~ and plain addresses as links.

HTML in a text is shown, never run. A line of a text is a line on the page, as in texts that were written
before anybody thought of Markdown.

Links lead to the web, to mail, to telephones and to this site, and to nothing else; they are not made to
open windows. `noopener` is there for a theme that makes them do so, and no more than that: who writes here is
an editor, whose word search engines may take, and the headers say what other sites learn of our readers.
Pictures are those under `/media/`. One that lies elsewhere is a link, for nobody shall be sent to another
host unasked.

A text of any length is shown, and none takes much longer than a second. One that would, because it is too
long, has too many signs that could mean something, goes too deep or is made to swell (the bounds are in
`markdown_parser`), is shown as it was written: complete, in paragraphs, escaped. So is what comes when all
the texts of a page have taken as long as a few of those.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import unquote

from django.conf import settings
from django.utils.html import escape, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from .markdown_parser import MOST_MARKS, MOST_STEPS, Allowance, Parser, TooMuchError
from .marks import NOT_IN_HTML

# An address may be written once and used often. Escapes take up to twelve times what was written.
_SWELLING: Final = 12
_FOREIGN: Final = re.compile(r"https?:", re.IGNORECASE)
_PROGRAMMING_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,30}")
#: Ten novels of prose have as many signs as three of the worst texts.
_FEW: Final = 3
# Longer lines may have to be scrolled on a telephone, by the keyboard, too.
_NARROW: Final = 30


class _Html(RendererHTML):
    """Tables and code can be scrolled by themselves, by everyone."""

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f'<div class="wide"{_reached(gettext("Table"))}>\n<table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table>\n</div>\n"

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        said = _PROGRAMMING_LANGUAGE.match(token.info.strip())
        language = f' class="language-{escape(said[0])}"' if said else ""
        long = any(len(line) > _NARROW for line in token.content.split("\n"))
        reached = _reached(gettext("Code")) if long else ""
        return f"<pre{reached}><code{language}>{escape(token.content)}</code></pre>\n"

    fence = code_block


@contextmanager
def bounded() -> Iterator[None]:
    """Within it, all texts together may take as long as a few: others wait meanwhile.

    Templates know nothing of it, so that they may name texts as they like.
    """
    token = _ALLOWANCE.set(Allowance(_FEW * MOST_MARKS, _FEW * MOST_STEPS))
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def to_html(text: str, first: int = 3) -> SafeString:
    """The text as HTML whose headings begin at the level `first`, and leave none out on the way down."""
    text = NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", text)
    try:
        tokens = _tokens(text)
        _fit_headings(tokens, first)
        _tend(tokens, _SWELLING * len(text) + 1000)
    except TooMuchError:
        return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped by it
    return mark_safe(_RENDERER.render(tokens, _PARSER.options, {}))  # noqa: S308 - all of it is made here


def to_words(text: str, length: int = 200) -> str:
    """What the text says at its beginning, in one line of at most so many characters, without any markup."""
    piece = text[: max(2000, 10 * length)]
    try:
        said = "\n".join(_said(_tokens(piece)))
    except TooMuchError:
        said = piece
    return in_one_line(said, length, is_whole=len(piece) == len(text))


def in_one_line(words: str, length: int, *, is_whole: bool = True) -> str:
    """Words without markup in one line of at most so many characters, with dots if that is not all."""
    # The end of what turns the direction of writing may be cut off.
    line = " ".join(re.sub("[\u202a-\u202e\u2066-\u2069]", "", NOT_IN_HTML.sub("", words)).split())
    if len(line) <= length and is_whole:
        return line
    whole_words = line[:length].rpartition(" ")[0]
    return f"{(whole_words or line[: length - 1]).rstrip(' ,.;:-–—')}…"


def _tokens(text: str) -> list[Token]:
    return _PARSER.tokens(text, _ALLOWANCE.get() or Allowance())


def _said(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        yield token.content if token.children is None else _alternative(token)


def _fit_headings(tokens: Sequence[Token], first: int) -> None:
    """Give headings their place below `first`; an empty one is none."""
    above: list[str] = []
    for number, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        said, closing = tokens[number + 1 : number + 3]
        token.hidden = closing.hidden = not said.content
        if said.content:
            while above and above[-1] >= token.tag:
                above.pop()
            above.append(token.tag)
            token.tag = closing.tag = f"h{min(first + len(above) - 1, 6)}"


def _tend(tokens: Sequence[Token], room: int) -> None:
    """See to links, pictures and the heads of tables. What stands in attributes has so much room."""
    for number, token in enumerate(tokens):
        if token.type == "th_open":
            _name_column(token, *tokens[number + 1 : number + 3])
        elif token.children:
            token.children = list(_tend_inline(token.children))
            room -= sum(len(str(value)) for child in token.children for value in child.attrs.values())
            if room < 0:
                raise TooMuchError


def _name_column(opening: Token, inline: Token, closing: Token) -> None:
    if inline.content:
        opening.attrSet("scope", "col")
    else:
        opening.tag = closing.tag = "td"


def _tend_inline(tokens: Sequence[Token]) -> Iterator[Token]:
    """Links as they may be, each with a name, never one in another; a picture from elsewhere as a link."""
    links: list[Token] = []
    named = False
    for token in tokens:
        if token.type == "link_open":
            links.append(token)
            if _outermost(links) is token:
                named = False
                yield _tended(token)
        elif token.type == "link_close":
            opening = links.pop()
            if opening.attrs["href"] and not _outermost(links):
                if not named:
                    yield _text(str(opening.attrs["href"]))
                yield token
        elif token.type == "image":
            named = named or bool(_alternative(token).strip())
            yield from _picture(token, linked=_outermost(links) is not None)
        else:
            named = named or bool(token.content.strip())
            yield token


def _outermost(links: Sequence[Token]) -> Token | None:
    """The one that is a link on the page, of those that are open. One to nowhere is none."""
    return next((link for link in links if link.attrs["href"]), None)


def _tended(link: Token) -> Token:
    if _FOREIGN.match(str(link.attrs["href"])):
        link.attrSet("rel", "noopener")
    return link


def _picture(token: Token, *, linked: bool) -> Iterator[Token]:
    address = str(token.attrs["src"])
    if _is_ours(address):
        token.attrSet("loading", "lazy")
        yield token
    elif linked or not address:
        yield _text(_alternative(token))
    else:
        yield _tended(Token("link_open", "a", 1, attrs={"href": address}))
        yield _text(_alternative(token).strip() or address)
        yield Token("link_close", "a", -1)


def _is_ours(address: str) -> bool:
    """Whether a file of ours lies there. Dots would lead out of the folder again, to a page that counts."""
    path = unquote(re.split(r"[?#]", address, maxsplit=1)[0])
    return path.startswith(settings.MEDIA_URL) and not {".", ".."} & set(re.split(r"[/\\]", path))


def _alternative(token: Token) -> str:
    return _RENDERER.renderInlineAsText(token.children, _PARSER.options, {})


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _reached(name: str) -> str:
    """What lets somebody with a keyboard come to something that scrolls, and hear what it is."""
    return f' role="group" aria-label="{escape(name)}" tabindex="0"'


_ALLOWANCE: Final = ContextVar[Allowance | None]("allowance", default=None)
_PARSER: Final = Parser()
_RENDERER: Final = _Html()
