"""The house keeps its own rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("conf", "cli", "delivery", "api", "site", "pages", "media", "counting", "chores")
MODULES = sorted(
    path for path in (ROOT / "pagecast").rglob("*.py") if "migrations" not in path.relative_to(ROOT).parts
)


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def functions(module: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) is not None else None
            spoken = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1 - spoken


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_sign(room: str) -> None:
    sign = ast.get_docstring(
        ast.parse((ROOT / "pagecast" / room / "__init__.py").read_text(encoding="utf-8"))
    )
    assert sign is not None
    assert [line.split()[0] for line in sign.splitlines() if line[:1].isalpha()][1:4] == [
        "Owns",
        "May",
        "Never",
    ]


def test_there_are_no_other_rooms() -> None:
    folders = {
        path.name for path in (ROOT / "pagecast").iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    assert folders == {*ROOMS, "locale"}


@pytest.mark.parametrize("module", MODULES, ids=names(MODULES))
def test_modules_and_functions_stay_small(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) < 300
    assert {name: lines for name, lines in functions(module) if lines > 40} == {}


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.django_db
def test_the_system_checks_find_nothing() -> None:
    call_command("check", "--fail-level", "WARNING", verbosity=0, databases=["default"])
