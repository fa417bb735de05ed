"""What the documentation says is what the code does."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from django.core.management import load_command_class

from pagecast.cli.main import OVERVIEW
from pagecast.conf.environment import SETTINGS
from pagecast.delivery.media import MediaFiles
from pagecast.pages.kinds import kinds
from pagecast.site.templatetags import pagecast as tags

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (*("serve", "work", "token", "import", "sweep", "migrate", "doctor", "export", "restore"),)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_is_documented_with_its_default_and_help() -> None:
    expected = [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.help} |"
        for each in SETTINGS
    ]
    lines = [line for line in read("docs/running.md").splitlines() if re.match(r"\| `[A-Z_]+` \|", line)]
    assert lines == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_and_explains_itself(command: str) -> None:
    assert f"pagecast {command}" in OVERVIEW
    assert f"`pagecast {command}" in read("docs/running.md")
    assert len(load_command_class("pagecast.cli", command).help) > 60


def test_the_worked_example_of_a_kind_is_the_one_that_the_tests_install() -> None:
    example = re.search(r"```python\n(.*?)```", read("docs/kinds.md"), re.DOTALL)
    assert example is not None
    assert example[1] == read("tests/gallery/models.py")
    assert len(example[1].rstrip().splitlines()) <= 15
    assert "image" in kinds()


def test_whatever_a_theme_may_replace_or_use_is_documented() -> None:
    document, folder = read("docs/site.md"), ROOT / "pagecast" / "site" / "templates" / "site"
    templates = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    kinds_of_ours = {name for name in templates if name.startswith("kinds/")} - {"kinds/default.html"}
    named = set(re.findall(r"`(?:site/)?([a-z/]+\.html)`", document))
    assert templates - kinds_of_ours <= named
    assert {f"kinds/{name}.html" for name in kinds()} >= kinds_of_ours
    blocks = re.findall(r"{% block (\w+)", (folder / "frame.html").read_text("utf-8"))
    assert [name for name in blocks if f"`{name}`" not in document] == []
    assert [name for name in tags.register.tags if f"{{% {name} " not in document] == []
    assert [name for name in tags.register.filters if f"\\|{name}" not in document] == []


def test_the_location_for_nginx_is_the_one_that_is_tested() -> None:
    location = textwrap.dedent((MediaFiles.__doc__ or "").partition(":\n\n")[2]).strip()
    assert textwrap.indent(location, "    ") in read("docs/files.md")


def test_the_readme_names_both_commands() -> None:
    assert "make run" in read("README.md")
    assert "make test" in read("README.md")


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")),
    ],
)
def test_links_between_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", read(name)):
        assert ((ROOT / name).parent / target).exists(), target


def test_the_changelog_has_an_entry_for_this_version() -> None:
    version = re.search(r'^version = "(.+)"', read("pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert f"## {version[1]} " in read("CHANGELOG.md")
    assert f'__version__ = "{version[1]}"' in read("pagecast/__init__.py")
