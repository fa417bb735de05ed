"""The site's own scripts, styles and pictures: all under one address, which changes when any of them does.

One for the folder and not one for each: a script that imports its neighbour, and a style that names a picture
beside it, then find the one that belongs to them.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.templatetags.static import static

#: Where they lie among all static files, and what their folder is called with a version.
FOLDER, VERSIONED = "site/", "site.{version}/"
#: A version, as it is found in addresses.
VERSION = r"[0-9a-f]{12}"


@cache
def found() -> Mapping[str, Path]:
    """Every file below the folder, by its path there. Of two with one name, the theme's goes before ours."""
    files: dict[str, Path] = {}
    for finder in finders.get_finders():
        for path, storage in finder.list(None):
            if path.startswith(FOLDER):
                files.setdefault(path.removeprefix(FOLDER), Path(storage.path(path)))
    return files


@cache
def version() -> str:
    """Differs when one of the files does."""
    digest = hashlib.sha256()
    for name, path in sorted(found().items()):
        with path.open("rb") as file:
            body = hashlib.file_digest(file, "sha256")
        digest.update(f"{name}\0{body.hexdigest()}\n".encode())
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """Where browsers find a static file: below `site/` for ever, elsewhere as Django says."""
    inside = name.removeprefix(FOLDER)
    return static(name) if inside == name else static(VERSIONED.format(version=version()) + inside)
