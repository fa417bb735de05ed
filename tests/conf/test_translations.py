"""Every word of ours is there in Russian."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.contrib import admin
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, trans_real

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


def marked(package: Path) -> list[polib.POEntry]:
    """Every string that a package marks for translation, found by gettext's own programs."""
    if shutil.which("xgettext") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gettext is missing: apt-get install gettext")
        pytest.skip("gettext: xgettext is not installed (apt-get install gettext)")
    (package / "locale").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "ru", "--no-wrap"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=package, env=environment, check=True, capture_output=True)
    found = polib.pofile(str(package / "locale" / "ru" / "LC_MESSAGES" / "django.po"))
    return [entry for entry in found if not entry.obsolete]


def test_the_catalogue_holds_every_string_of_the_code(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pagecast", tmp_path / "pagecast")
    # The nearest catalogue gets a string, and that one is for the theme.
    shutil.rmtree(tmp_path / "pagecast" / "conf" / "locale")
    assert {entry.msgid for entry in marked(tmp_path / "pagecast")} == {
        entry.msgid for entry in polib.pofile(str(CATALOGUES[0]))
    }


# What these libraries mark for translation appears in the admin.
LIBRARIES = ["unfold", "axes", "knox", "polymorphic"]
NEVER_SHOWN = {
    "axes": re.compile(r"admin\.py|models\.py"),  # its tables are not in the admin
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_string_of_the_libraries_is_there_in_russian(library: str, tmp_path: Path) -> None:
    spec = find_spec(library)
    assert spec is not None
    assert spec.origin is not None
    if not apps.is_installed(library):
        pytest.fail(f"{library} is no app of Pagecast's: its strings need no words")
    left_out = shutil.ignore_patterns("locale", "static", "migrations", "__pycache__")
    shutil.copytree(Path(spec.origin).parent, tmp_path / library, ignore=left_out)
    never = NEVER_SHOWN.get(library)
    with translation.override("ru"):
        known = trans_real.catalog()._catalog  # type: ignore[attr-defined]  # the stubs leave it out
        missing = [
            entry.msgid
            for entry in marked(tmp_path / library)
            if not (never and all(never.search(file) for file, _line in entry.occurrences))
            and _key(entry) not in known
        ]
    assert missing == []


def _key(entry: polib.POEntry) -> str | tuple[str, int]:
    """How Django's catalogue calls it: with its context, and as a plural by number."""
    key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
    return (key, 0) if entry.msgid_plural else key


def test_the_history_of_a_thing_names_its_fields_in_russian() -> None:
    # Django keeps what the form called a field, in English and with a capital, and translates it to show it.
    untranslated = []
    for model in admin.site._registry:
        if model._meta.app_label not in {"pages", "auth"}:
            continue
        for field in model._meta.fields:
            if (
                not field.editable
                or field.primary_key
                or (field.remote_field and field.remote_field.parent_link)
            ):
                continue
            with translation.override(None):
                label = capfirst(str(field.verbose_name))
            with translation.override("ru"):
                if not re.search("[а-я]", gettext(label)):
                    untranslated.append((model._meta.label, label))
    assert untranslated == []


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 просмотр"), (2, "2 просмотра"), (5, "5 просмотров"), (21, "21 просмотр")]
)
def test_plurals_are_right(count: int, words: str) -> None:
    with translation.override("ru"):
        assert ngettext("%(counter)s view", "%(counter)s views", count) % {"counter": count} == words


def test_the_theme_of_the_admin_speaks_russian_too() -> None:
    with translation.override("ru"):
        assert gettext("Filters") == "Фильтры"
