"""What machines read of the site, and a page with files for them to find."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from pagecast.pages import editing, filing
from pagecast.pages.models import Audio, Content, Page, Text, Video
from tests.films import film, sound
from tests.uploading import add, file, fresh

SERVER = "http://testserver"
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]></title><x>&amp; &#0; \"'",
    "\x01\x08\x0b\x1f\ufffe\uffff control",
    "\u202eright to left \U0001f600",
    "Щелкунчик & «Лебединое озеро»",
    "100% %s %(x)s {{ x }} {% x %}",
)


def hostile(shared_media: Path) -> list[str]:
    """Ours, and those of the big list of naughty strings that a title may be."""
    text = (shared_media / "naughty" / "blns.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    return [*HOSTILE, *(line[:300] for line in lines)]


def filed(kind: type[Content], name: str, data: bytes) -> Content:
    """A content whose file is filed, with its picture."""
    content = add(data, name, kind)
    file(content)
    blob = fresh(content).blob
    assert blob is not None
    filing.study(blob.pk)
    return fresh(content)


def concert(title: str = "Concert", text: str = "An evening\n\nin *June*.") -> Page:
    """A page with a film, a text and two sounds, in this order."""
    contents = [
        filed(Video, "Overture.mp4", film(title)),
        Text.objects.create(title="Programme", text="Tea at nine"),
        filed(Audio, "Nocturne.m4a", sound(title)),
        filed(Audio, "Encore.m4a", sound(f"{title} again")),
    ]
    Audio.objects.filter(pk=contents[2].pk).update(text="Softly, </script> softly")
    return editing.create_page({"title": title, "text": text}, [content.pk for content in contents])


@dataclass
class Head:
    """The head of a page: values of its <meta> by their name, its links, and the things it describes."""

    meta: dict[str, str] = field(default_factory=dict)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    things: list[Any] = field(default_factory=list)
    title: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.head = Head()
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "meta" and (name := said.get("property") or said.get("name")):
            assert name not in self.head.meta or name in {"og:locale:alternate", "theme-color"}, name
            self.head.meta[name] = said["content"]
        elif tag == "link":
            self.head.links[said["rel"], said.get("title", said.get("type", ""))] = said["href"]
        self._in = said.get("type", "") if tag == "script" else tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "application/ld+json":
            self.head.things.append(json.loads(data))
        elif self._in == "title":
            self.head.title += data


def head(html: str) -> Head:
    """What the page says of itself."""
    reader = _Reader()
    reader.feed(html)
    return reader.head


def xml(body: bytes) -> ET.Element:
    """The document, which has to be well-formed."""
    return ET.fromstring(body)  # noqa: S314 - our own
