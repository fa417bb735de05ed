"""Every word of ours is there in Russian."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation import gettext, ngettext

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = [
    ROOT / "pagecast" / folder / "ru" / "LC_MESSAGES" / "django.po" for folder in ("locale", "conf/locale")
]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")


def ids(catalogue: Path) -> str:
    return str(catalogue.relative_to(ROOT))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=ids)
def test_every_entry_is_translated_with_its_placeholders(catalogue: Path) -> None:
    entries = polib.pofile(str(catalogue))
    assert [entry.msgid for entry in entries if not entry.translated() or "fuzzy" in entry.flags] == []
    for entry in entries:
        for text in [entry.msgstr] if not entry.msgid_plural else entry.msgstr_plural.values():
            assert set(PLACEHOLDER.findall(text)) <= set(
                PLACEHOLDER.findall(entry.msgid + entry.msgid_plural)
            )


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=ids)
def test_the_compiled_catalogue_is_the_written_one(catalogue: Path) -> None:
    compiled = {
        entry.msgid: (entry.msgstr, entry.msgstr_plural)
        for entry in polib.mofile(str(catalogue.with_suffix(".mo")))
    }
    written = {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in polib.pofile(str(catalogue))}
    assert compiled == written


def test_the_catalogue_holds_every_string_of_the_code(tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gettext is missing: apt-get install gettext")
        pytest.skip("gettext: xgettext is not installed (apt-get install gettext)")
    shutil.copytree(ROOT / "pagecast", tmp_path / "pagecast")
    # The nearest catalogue gets a string, and that one is for the theme.
    shutil.rmtree(tmp_path / "pagecast" / "conf" / "locale")
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "ru", "--no-location", "--no-wrap"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tmp_path / "pagecast", env=environment, check=True, capture_output=True)
    found = polib.pofile(str(tmp_path / "pagecast" / "locale" / "ru" / "LC_MESSAGES" / "django.po"))
    assert {entry.msgid for entry in found if not entry.obsolete} == {
        entry.msgid for entry in polib.pofile(str(CATALOGUES[0]))
    }


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 просмотр"), (2, "2 просмотра"), (5, "5 просмотров"), (21, "21 просмотр")]
)
def test_plurals_are_right(count: int, words: str) -> None:
    with translation.override("ru"):
        assert ngettext("%(counter)s view", "%(counter)s views", count) % {"counter": count} == words


def test_the_theme_of_the_admin_speaks_russian_too() -> None:
    with translation.override("ru"):
        assert gettext("Filters") == "Фильтры"
