"""Markdown taken apart, in bounded time: CommonMark with tables, ~~strikes~~ and plain addresses as links.

The library's own promise is that most texts take time by their length. Here no text takes long: what is done
for it is counted, and one for which too much would be done is given back.
"""

import re
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, table
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

#: In characters. A long novel has as many.
LONGEST: Final = 1_000_000
#: Time goes by the signs that could mean something, and hardly by the words between them.
MOST_MARKS: Final = 40_000
#: How deep quotes and lists may stand in each other; a list counts twice.
DEEPEST: Final = 24
#: Lines looked at, each as often as it is, and cells drawn. Usual texts look at each line three times. But
#: the end of a quote may be looked for from each of its lines, and rows are filled up to the width of their
#: table: without a bound a short text takes minutes, or draws a million cells.
MOST_STEPS: Final = 100_000

_MARKS: Final = "\n!#$%&*+-:<=>@[\\]^_`{}~|()'\""
# Addresses come here encoded: ASCII, and nothing that a browser would take for something else. Two slashes
# at the beginning are another host.
_ADDRESS: Final = re.compile(
    r"(?:https?://[\w\[]|mailto:|tel:|/(?!/)|#)[\w!#$%&'()*+,\-./:;=?@~\[\]]*", re.ASCII | re.IGNORECASE
)
_SCHEME: Final = re.compile(r"(?:^|[\W_])(https?)$", re.IGNORECASE)
_REST_OF_ADDRESS: Final = re.compile(r"://[^\s<>\[\]`|\"\\]+")
# They end the sentence and not the address.
_AFTER_ADDRESS: Final = frozenset("?!.,:;*_~'»”’…。、，；：！？」』")


class TooMuchError(Exception):
    """This text would take too long, or too much room."""


@dataclass(slots=True)
class Allowance:
    """What may be done for some texts: each takes of it what it needs."""

    marks: int = MOST_MARKS
    steps: int = MOST_STEPS


class Parser(MarkdownIt):
    """Knows the links that may be, and the bounds."""

    def __init__(self) -> None:
        options = {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": DEEPEST}
        super().__init__("commonmark", options)
        self.enable(["strikethrough", "table"])
        followed = ["paragraph", "reference"]
        self.block.ruler.at("table", _table, {"alt": followed})
        self.block.ruler.at("fence", _fence, {"alt": [*followed, "blockquote", "list"]})
        self.block.ruler.at("blockquote", _quote, {"alt": [*followed, "blockquote", "list"]})
        self.inline.ruler.after("text", "plain_address", _plain_address)
        # The rules are put in order when they are first used, which two threads must not do at once.
        self.parse("a", {"steps": MOST_STEPS})

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return _ADDRESS.fullmatch(url) is not None

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        """As it was written. What is decoded may be a sign that no page can show."""
        return link

    def tokens(self, text: str, allowance: Allowance) -> list[Token]:
        """What the text is made of. Raises `TooMuchError`."""
        marks = sum(map(text.count, _MARKS))
        if len(text) > LONGEST or marks > min(MOST_MARKS, allowance.marks):
            raise TooMuchError
        allowance.marks -= marks
        most = min(MOST_STEPS, allowance.steps)
        left = {"steps": most}
        try:
            tokens = self.parse(text, left)
        finally:
            allowance.steps -= most - left["steps"]
        # What lies deeper was dropped.
        if any(token.level >= DEEPEST - 1 for token in tokens):
            raise TooMuchError
        return tokens


def _spend(state: StateBlock, steps: int) -> None:
    state.env["steps"] -= steps
    if state.env["steps"] < 0:
        raise TooMuchError


def _lines(state: StateBlock, start: int, end: int) -> int:
    """How many there are up to the next one that is empty."""
    return next((line for line in range(start, end) if state.isEmpty(line)), end) - start


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - a rule
    # Asked for every line that is looked at, and first of all.
    _spend(state, 1)
    return fence(state, start, end, silent)


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - a rule
    if silent or not blockquote(state, start, end, silent=True):
        return silent and blockquote(state, start, end, silent=True)
    _spend(state, _lines(state, start, end))
    return blockquote(state, start, end, silent=False)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - a rule
    if silent or not table(state, start, end, silent=True):
        return silent and table(state, start, end, silent=True)
    columns = state.src.count("|", state.bMarks[start], state.eMarks[start]) + 1
    _spend(state, _lines(state, start, end) * columns)
    return table(state, start, end, silent=False)


def _plain_address(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - a rule
    """`https://…` as it stands in a text. The parser comes here at the colon."""
    if not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    if scheme is None or not (silent or state.pending.endswith(scheme[1])):
        return False
    if not (rest := _REST_OF_ADDRESS.match(state.src, state.pos, state.posMax)):
        return False
    written = _without_end_of_sentence(scheme[1] + rest[0])
    address = state.md.normalizeLink(written)
    state.pos += len(written) - len(scheme[1])
    if silent:
        return True
    state.pending = state.pending[: -len(scheme[1])]
    # One that leads nowhere is passed over as a whole: it may hold thousands of the kind.
    if state.md.validateLink(address):
        state.push("link_open", "a", 1).attrs = {"href": address}
        state.push("text", "", 0).content = written
        state.push("link_close", "a", -1)
    else:
        state.append_pending(written)
    return True


def _without_end_of_sentence(address: str) -> str:
    """Without what follows an address in a sentence, a bracket that was opened before it among that."""
    end, closed = len(address), address.count(")") - address.count("(")
    while address[end - 1] in _AFTER_ADDRESS or (address[end - 1] == ")" and closed > 0):
        closed -= address[end - 1] == ")"
        end -= 1
    return address[:end]
