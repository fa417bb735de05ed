"""How long browsers may keep the parts of a screen, and what they get of them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.test import Client

from pagecast.conf import looks
from pagecast.conf.addresses import Addresses
from pagecast.conf.static import FOR_EVER, KEPT_IN_MEMORY
from pagecast.site import assets

# A file that has been sent sees to old connections, which may be there or not.
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(settings: Any) -> Client:
    """A browser at a server that has static files, which tests leave out elsewhere."""
    settings.WHITENOISE_USE_FINDERS = True
    return Client()


def forget() -> None:
    """What a process has found out about its files."""
    assets.found.cache_clear()
    assets.version.cache_clear()


@pytest.fixture
def themed(settings: Any, tmp_path: Path) -> Iterator[Callable[[str, bytes], Client]]:
    """A browser at a server whose theme has this file, too."""

    def add(name: str, body: bytes) -> Client:
        path = tmp_path / "static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        settings.STATICFILES_DIRS = [tmp_path / "static"]
        settings.WHITENOISE_USE_FINDERS = True
        forget()
        return Client()

    yield add
    forget()


def body(answer: Any) -> bytes:
    got: bytes = b"".join(answer.streaming_content)
    answer.close()
    return got


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("pages/desk/desk.js", "no-cache"),
        ("pages/admin.css", "no-cache"),
        ("site/site.css", "no-cache"),
        ("unfold/css/styles.css", "max-age=3600, public"),
    ],
)
def test_our_own_parts_are_asked_for_again(browser: Client, path: str, kept: str) -> None:
    answer = browser.get(f"/static/{path}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, kept)
    answer.close()


def test_asking_again_costs_little(browser: Client) -> None:
    first = browser.get("/static/pages/desk/desk.js")
    again = browser.get(
        "/static/pages/desk/desk.js",
        headers={"If-Modified-Since": first.headers["Last-Modified"]},
    )
    first.close()
    again.close()
    assert again.status_code == 304


def test_under_the_address_of_its_version_a_file_is_kept_for_ever(browser: Client) -> None:
    address = assets.address("site/site.css")
    assert re.fullmatch(r"/static/site\.[0-9a-f]{12}/site\.css", address)
    answer = browser.get(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, FOR_EVER)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert body(answer) == body(browser.get("/static/site/site.css"))


def test_a_page_loads_its_style_from_there(browser: Client) -> None:
    assert f'href="{assets.address("site/site.css")}"' in browser.get("/").text


def test_a_template_asks_for_other_files_by_the_same_word() -> None:
    template = '{% load pagecast %}{% asset "pages/admin.css" %}'
    assert engines["django"].from_string(template).render() == "/static/pages/admin.css"


def test_text_is_compressed_for_those_who_take_it(browser: Client) -> None:
    address = assets.address("site/site.css")
    plain, packed = browser.get(address), browser.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    sent = body(packed)
    assert len(sent) == int(packed.headers["Content-Length"])
    assert gzip.decompress(sent) == body(plain)


@pytest.mark.parametrize("taken", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br", "gzipped"])
def test_and_for_nobody_else(browser: Client, taken: str) -> None:
    answer = browser.get(assets.address("site/site.css"), headers={"Accept-Encoding": taken})
    assert "Content-Encoding" not in answer.headers
    answer.close()


def test_what_has_not_changed_is_not_sent_again(browser: Client) -> None:
    address = assets.address("site/site.css")
    tag = browser.head(address).headers["ETag"]
    again = browser.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["Cache-Control"], again.headers["ETag"]) == (304, FOR_EVER, tag)
    assert browser.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_looking_at_its_headers_sends_nothing(browser: Client) -> None:
    answer = browser.head(assets.address("site/site.css"))
    assert int(answer.headers["Content-Length"]) > 100
    assert body(answer) == b""
    assert browser.post(assets.address("site/site.css")).status_code == 405


def test_the_version_of_another_node_gets_what_is_here_and_asks_again(browser: Client) -> None:
    """Else a page that a new node has drawn is without its style while an old one is asked for that."""
    answer = browser.get("/static/site.0123456789ab/site.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    answer.close()
    assert browser.get("/static/site.0123456789ab/none.css").status_code == 404
    assert browser.get("/static/site.latest/site.css").status_code == 404


def test_strangers_are_told_which_of_these_are_there(settings: Any) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    addresses = Addresses()
    assert addresses.find(assets.address("site/site.css"))
    assert addresses.find("/static/site.0123456789ab/site.css")
    assert addresses.find("/static/site.0123456789ab/none.css") is None


def test_where_files_were_collected_they_have_a_version_as_well(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    answer = Client().get(assets.address("site/site.css"))
    assert answer.headers["Cache-Control"] == FOR_EVER
    answer.close()


def test_a_file_of_the_theme_changes_the_version_of_all(themed: Callable[[str, bytes], Client]) -> None:
    before = assets.version()
    browser = themed("site/ship.js", b"export const ship = 1;\n")
    first = assets.address("site/ship.js")
    assert assets.version() != before
    assert body(browser.get(first)) == b"export const ship = 1;\n"
    browser = themed("site/ship.js", b"export const ship = 2;\n")
    assert assets.address("site/ship.js") != first
    assert body(browser.get(assets.address("site/ship.js"))) == b"export const ship = 2;\n"


def test_a_file_of_the_theme_goes_before_ours(themed: Callable[[str, bytes], Client]) -> None:
    browser = themed("site/site.css", b"body { color: red }")
    assert body(browser.get(assets.address("site/site.css"))) == b"body { color: red }"
    assert body(browser.get("/static/site/site.css")) == b"body { color: red }"


def test_a_large_file_of_the_theme_is_sent_in_parts(themed: Callable[[str, bytes], Client]) -> None:
    browser = themed("site/sea.webm", b"sea" * KEPT_IN_MEMORY)
    answer = browser.get(assets.address("site/sea.webm"), headers={"Range": "bytes=3-5"})
    assert (answer.status_code, answer.headers["Cache-Control"], body(answer)) == (206, FOR_EVER, b"sea")


def test_a_logo_has_an_address_for_ever_and_no_script_in_it_runs(settings: Any, tmp_path: Path) -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    (tmp_path / "logo.svg").write_bytes(picture)
    settings.PAGECAST_SITE_LOGO = looks.logo(str(tmp_path / "logo.svg"))
    browser = Client()
    found = re.search(r'src="(/static/logo\.[0-9a-f]{12}\.svg)"', browser.get("/").text)
    assert found
    answer = browser.get(found[1])
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/svg+xml", FOR_EVER)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert body(answer) == picture
    assert Addresses().find(found[1])
