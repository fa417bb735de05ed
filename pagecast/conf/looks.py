"""Readers for the settings of the site's own looks, as those of environment.py."""

import re
from pathlib import Path
from unicodedata import category

from pagecast.site.logo import Logo, read_logo

from .environment import Unfit, folder

LONGEST_TITLE = 100


def title(raw: str) -> str:
    """A line of some words."""
    line = raw.strip()
    is_one = not any(category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in line)
    if not line or len(line) > LONGEST_TITLE or not is_one:
        message = f"it is not one line of 1 to {LONGEST_TITLE} characters"
        raise Unfit(message)
    return line


def prose(raw: str) -> str:
    """A text of any number of lines."""
    if any(category(sign) == "Cs" for sign in raw):
        message = "it is not in UTF-8"
        raise Unfit(message)
    return raw.strip()


def colour(raw: str) -> str:
    """A colour as #rrggbb."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", raw.strip()):
        message = "it is no colour such as #7c3aed"
        raise Unfit(message)
    return raw.strip().lower()


def logo(raw: str) -> Logo | None:
    """A picture; empty for none."""
    if not raw:
        return None
    try:
        return read_logo(folder(raw))
    except ValueError as error:
        raise Unfit(str(error)) from error


def theme(raw: str, otherwise: Path) -> Path | None:
    """A folder that is there; empty for another one, if that is."""
    if not raw:
        return otherwise if otherwise.is_dir() else None
    path = folder(raw)
    if not path.is_dir():
        message = "there is no such folder"
        raise Unfit(message)
    return path


def inside(path: Path | None, name: str) -> list[Path]:
    """The folder of this name in a theme, if it has one."""
    return [path / name] if path and (path / name).is_dir() else []
