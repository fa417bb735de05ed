"""What the demonstration pages show, and putting them there in one edit."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pagecast.media.receiving import receive_path
from pagecast.pages import editing, filing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.kinds import kind_of_file
from pagecast.pages.models import Page, Text

from .media import make_media


@dataclass(frozen=True, slots=True)
class Plan:
    """One page: its contents are names of made files, or a title and a text."""

    title: str
    text: str
    contents: tuple[str | tuple[str, str], ...]


PLANS = (
    Plan(
        "Welcome to Pagecast",
        "A page holds films, sounds and texts in the order that you give them. "
        "Open it again: each of its contents has then been viewed once more.",
        (
            "Dawn over the hills.mp4",
            (
                "How to make a page of your own",
                (
                    "Open /admin/ and log in with the name and the password that were printed at the first "
                    "start. Add contents, put them on a page, and drag them into their order.\n\n"
                    "Developers begin at /swagger/."
                ),
            ),
            "Evening bells.ogg",
        ),
    ),
    Plan(
        "Water",
        "Two films and a sound.",
        ("Sunlight under water.webm", "Rain on the roof.m4a", "Paper boat.mp4"),
    ),
    Plan(
        "Северное сияние",
        "Страница по-русски: фильм, колыбельная и текст.",
        (
            "Северное сияние.mp4",
            "Колыбельная.mp3",
            (
                "О просмотрах",
                "Каждое открытие страницы прибавляет ровно один просмотр каждому её содержимому.",
            ),
        ),
    ),
    # Contents may stand on several pages; their counters add up over all of them.
    Plan(
        "A quiet evening",
        "The bells and the film about the hills stand on the first page, too.",
        (
            "First snow.mp4",
            "Evening bells.ogg",
            "Organ in an empty hall.flac",
            "Dawn over the hills.mp4",
        ),
    ),
)


def wanted() -> bool:
    """Whether there is room for a demonstration: no page has been made yet."""
    return not Page.objects.exists()


def make() -> None:
    """Make the films and sounds, and the pages that show them: all of the pages, or none if it is cut off."""
    with tempfile.TemporaryDirectory(prefix="pagecast-") as folder:
        files = make_media(Path(folder))
        uploads = {name: receive_path(path) for name, path in files.items()}
    contents: dict[str, int] = {}
    with one_edit():
        for name, upload in uploads.items():
            kind = kind_of_file(name)
            if kind is not None:
                contents[name] = editing.write_content(kind(title=Path(name).stem), {}, upload).pk
        for plan in PLANS:
            keys = [contents[each] if isinstance(each, str) else _text(*each) for each in plan.contents]
            editing.create_page({"title": plan.title, "text": plan.text}, keys)
    for blob in filing.file(*(upload.pk for upload in uploads.values())):
        filing.study(blob.pk)


def _text(title: str, text: str) -> int:
    return int(Text.objects.create(title=title, text=text).pk)
