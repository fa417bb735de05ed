"""What a browser would make of some HTML, and what may be in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_ADDRESS: Final = r"(?i:https?://[a-z0-9\[_]|mailto:|tel:|/(?![/\\])|#)[!-~]*"
_CLASS: Final = r"language-[\w+#.-]{1,30}"
_ALIGNED: Final = r"text-align:(left|right|center)"
_REACHED: Final = {"role": "group", "aria-label": "Code|Table", "tabindex": "0"}
#: What texts may become: elements, their attributes, and what these may say.
ALLOWED: Final[dict[str, dict[str, str]]] = {
    **{name: {} for name in ("p", "br", "hr", "em", "strong", "s", "blockquote", "ul", "li", "table")},
    **{name: {} for name in ("h1", "h2", "h3", "h4", "h5", "h6", "thead", "tbody", "tr")},
    "ol": {"start": r"\d+"},
    "a": {"href": _ADDRESS, "title": "(?s:.*)", "rel": "noopener"},
    "img": {"src": r"/media/[!-~]*", "alt": "(?s:.*)", "title": "(?s:.*)", "loading": "lazy"},
    "div": {"class": "wide", **_REACHED},
    "pre": _REACHED,
    "code": {"class": _CLASS},
    "th": {"style": _ALIGNED, "scope": "col"},
    "td": {"style": _ALIGNED},
}
_STRAY: Final = re.compile(
    r"<(?!/?[a-z])|&(?!(?:amp|lt|gt|quot|#39|#x27);)|[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]"
)


class Elements(HTMLParser):
    """Reads HTML whose elements are all closed, in their order, and without comments and the like."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        if tag == "a":
            assert "a" not in self._open
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_comment


def read_safe(html: str) -> Elements:
    """Read what became of a text, with nothing in it but what is allowed."""
    assert _STRAY.search(html) is None, html
    elements = Elements(html)
    for tag, attributes in elements.seen:
        allowed = ALLOWED[tag]
        for name, value in attributes.items():
            assert re.fullmatch(allowed[name], value or ""), (tag, name, value)
    return elements
