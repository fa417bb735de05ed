"""What the demonstration pages show, and putting them there in one edit."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pagecast.media.receiving import receive_path
from pagecast.pages import editing, filing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.kinds import kind_of_file
from pagecast.pages.models import Content, Page, Text
from pagecast.pages.subtitling import Track, set_track

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
                    "1. [Log in](/admin/) with the name and the password that were printed at the start.\n"
                    "2. [Add a page](/admin/pages/page/add/), and drop films and sounds on its form.\n"
                    "3. Drag them into their order, and save.\n\n"
                    "Texts are **Markdown**. Whoever writes programs begins at [the API](/swagger/)."
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
                (
                    "Каждое открытие страницы прибавляет *ровно один* просмотр каждому её содержимому.\n\n"
                    "> Сколько ни смотри на сияние, двух одинаковых не увидишь."
                ),
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

# By film and language: what is said in each four seconds.
SUBTITLES = {
    "Dawn over the hills.mp4": {
        "en": ("It is still dark between the hills.", "And there is the sun."),
        "ru": ("Между холмами ещё темно.", "А вот и солнце."),
    },
    "Северное сияние.mp4": {
        "en": ("The sky over the lake is green tonight.", "And so is the lake."),
        "ru": ("Небо над озером сегодня зелёное.", "И озеро тоже."),
    },
}
TEXTS = {
    "Колыбельная.mp3": (
        "Тише, тише, ветер спит,\nмесяц в озере блестит.\nСпит за лесом ночь сама —\nспи и ты: кругом зима."
    ),
}


def wanted() -> bool:
    """Whether there is room for a demonstration: no page has been made yet."""
    return not Page.objects.exists()


def make() -> None:
    """Make the films and sounds, and the pages that show them: all of the pages, or none if it is cut off."""
    with tempfile.TemporaryDirectory(prefix="pagecast-") as folder:
        files = make_media(Path(folder))
        uploads = {name: receive_path(path) for name, path in files.items()}
        subtitles = {
            (film, language): receive_path(_write_subtitles(Path(folder), film, language, lines))
            for film, languages in SUBTITLES.items()
            for language, lines in languages.items()
        }
    contents: dict[str, Content] = {}
    with one_edit():
        for name, upload in uploads.items():
            kind = kind_of_file(name)
            if kind is not None:
                fields = {"text": TEXTS[name]} if name in TEXTS else {}
                contents[name] = editing.write_content(kind(title=Path(name).stem), fields, upload)
        for (film, language), upload in subtitles.items():
            set_track(contents[film], Track(language, upload))
        for plan in PLANS:
            keys = [contents[each].pk if isinstance(each, str) else _text(*each) for each in plan.contents]
            editing.create_page({"title": plan.title, "text": plan.text}, keys)
    for blob in filing.file(*(upload.pk for upload in (*uploads.values(), *subtitles.values()))):
        filing.study(blob.pk)


def _write_subtitles(folder: Path, film: str, language: str, lines: tuple[str, ...]) -> Path:
    cues = [f"00:0{4 * number}.500 --> 00:0{4 * number + 3}.500\n{line}" for number, line in enumerate(lines)]
    path = folder / f"{Path(film).stem}.{language}.vtt"
    path.write_text("\n\n".join(("WEBVTT", *cues)) + "\n", encoding="utf-8")
    return path


def _text(title: str, text: str) -> int:
    return int(Text.objects.create(title=title, text=text).pk)
