"""What makes a site somebody's own: its title, logo, colour and footer, and templates in place of ours."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.templatetags.static import static
from django.utils.safestring import SafeString

from . import assets, colours
from .markdown import to_html


@dataclass(frozen=True, slots=True)
class Site:
    """As templates get it, by the name of `site`."""

    title: str
    #: An address that never changes what it shows; None if there is no logo.
    logo: str | None
    #: HTML, or nothing.
    footer: SafeString
    #: The accent, so that it can be read on backgrounds of either sort.
    accent_light: str
    accent_dark: str


def site() -> Site:
    """The site, as the settings have it."""
    logo = settings.PAGECAST_SITE_LOGO
    return _site(
        settings.PAGECAST_SITE_TITLE,
        static(logo.name) if logo else None,
        settings.PAGECAST_SITE_FOOTER,
        settings.PAGECAST_SITE_ACCENT,
    )


@lru_cache(4)
def _site(title: str, logo: str | None, footer: str, accent: str) -> Site:
    return Site(title, logo, to_html(footer), colours.for_light(accent), colours.for_dark(accent))


def fingerprint() -> str:
    """Differs where the same page would be drawn in another way: by other settings, templates, or files.

    The Python of tags and kinds of one's own is not looked at.
    """
    digest = hashlib.sha256(repr((site(), assets.version())).encode())
    for name, body in _templates():
        digest.update(f"{name}\0{hashlib.sha256(body).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _templates() -> list[tuple[str, bytes]]:
    """All templates in their order of precedence, for any of them may include any other."""
    folders = [Path(folder) for folder in engines["django"].template_dirs]
    return [
        (f"{place}/{path.relative_to(folder)}", path.read_bytes())
        for place, folder in enumerate(folders)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
