"""How long browsers may keep the parts of a screen."""

from wsgiref.headers import Headers

#: Our own scripts and styles: they go with the HTML of the same version, and with each other.
OURS = ("/static/pages/", "/static/site/")


def ask_again(headers: Headers, _path: str, url: str) -> None:
    """Have browsers ask whether ours are still the same; that costs a 304 and never mixes two versions."""
    if url.startswith(OURS):
        headers["Cache-Control"] = "no-cache"
