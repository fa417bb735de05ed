"""What readers and editors get: each view counted, films that can be sought in, statuses as they are now."""

from __future__ import annotations

import gzip
import zlib
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pagecast.cli.doctor.asking import Answer, Site
from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped, warning
from pagecast.cli.doctor.visit import Visit

# A film, or else a sound: the kind, and the field with its file.
FILES = (("video", "video_path"), ("audio", "audio_path"))
ENOUGH = 100


def _counters(site: Site, page: Any) -> dict[int, int]:
    """The counters of a page's contents. Counts nothing."""
    found = site.ask("GET", f"/api/page/content/{page['id']}/counters/").json()
    return {each["id"]: each["counter"] for each in found["contents"]}


@check(
    "views",
    73,
    "Keep nothing of /api/ in a cache (nginx: proxy_cache off;), or let clients POST …/views/ for each view.",
    "address",
)
def views(visit: Visit) -> Finding:
    """Each view arrives and is counted: no cache swallows it."""
    site, page = visit.site, visit.site.first_page
    if isinstance(page, Answer) or not page.get("contents"):
        return skipped("There is no page with contents yet whose views could be counted.")
    before = _counters(site, page)
    for _time in range(2):
        answer = site.ask("GET", f"/api/page/content/{page['id']}/")
        if answer.status != HTTPStatus.OK:
            return failed(f"A page is not to be had (the answer: {answer.status}).")
    after = _counters(site, page)
    arrived = min((after[each] - before[each] for each in before if each in after), default=0)
    if arrived < 2:  # noqa: PLR2004 - those above
        return failed(f"Of two views {arrived} arrived: something in between answers by itself.")
    return ok("Of two views both were counted.")


@check("range", 74, "Let the proxy pass on Range, and keep films out of gzip and of caches.", "address")
def ranges(visit: Visit) -> Finding:
    """A film can be sought in: parts of a file are to be had."""
    site = visit.site
    path = _path_of_a_file(site)
    if path is None:
        return skipped("There is no film or sound yet whose file lies here.")
    if urlsplit(path).netloc not in {"", urlsplit(site.origin).netloc}:
        return skipped("Films lie in an object store, which is asked directly.")
    told = {"Range": f"bytes=1-{ENOUGH}", "Accept-Encoding": "gzip"}
    answer = site.ask("GET", urlsplit(path).path, told)
    if answer.headers.get("content-encoding", "identity") != "identity":
        return failed("A film comes compressed by the proxy, and parts of it are not to be had.")
    begins = answer.headers.get("content-range", "").startswith(f"bytes 1-{len(answer.body)}/")
    if answer.status != HTTPStatus.PARTIAL_CONTENT or not begins:
        return failed(f"Asked for a part of a film, the server answers {answer.status} with something else.")
    return ok("A part of a film came alone when it was asked for.")


def _path_of_a_file(site: Site) -> str | None:
    """Where the first film or sound lies. Counts a view of the page that shows it."""
    for kind, field in FILES:
        found = site.ask("GET", f"/api/page/content/?page_size=1&kind={kind}").json()
        pages = found.get("results", []) if isinstance(found, dict) else []
        paths = [content.get(field) for page in pages for content in page["contents"]]
        if path := next(filter(None, paths), None):
            return str(path)
    return None


@check(
    "statuses",
    75,
    "Take out of the proxy what sets Cache-Control or Expires, and what keeps /admin/.",
    "address",
)
def statuses(visit: Visit) -> Finding:
    """Editors see statuses as they are now: nothing of the admin is kept in between."""
    for _time in range(2):
        answer = visit.site.ask("GET", "/admin/live/")
    rules = answer.headers.get("cache-control", "")
    if "no-store" not in rules and "no-cache" not in rules:
        return failed(f"What editors see may be kept in a cache (Cache-Control: {rules or 'none'}).")
    if "public" in rules or answer.headers.get("age", "0") != "0":
        return failed("What editors see comes out of a cache in between.")
    return ok("What editors see is asked for anew each time.")


@check("compression", 76, "Let the proxy compress by itself (nginx: gzip on;), or not at all.", "address")
def compression(visit: Visit) -> Finding:
    """A compressed answer is the same as one that is not."""
    path = "/swagger.json/"
    plain = visit.site.ask("GET", path, {"Accept-Encoding": "identity"})
    packed = visit.site.ask("GET", path, {"Accept-Encoding": "gzip"})
    how = packed.headers.get("content-encoding", "identity")
    if how == "identity":
        return ok("Answers are not compressed.")
    try:
        body = gzip.decompress(packed.body) if how == "gzip" else b""
    except (OSError, EOFError, zlib.error):
        body = b""
    if body != plain.body:
        return failed(f"An answer that calls itself {how} is something else than what was sent.")
    return ok("A compressed answer is the same as one that is not.")


@check(
    "errors",
    77,
    "Take out of the proxy what replaces answers (nginx: proxy_intercept_errors off;).",
    "address",
)
def errors(visit: Visit) -> Finding:
    """Errors of the API arrive in its own words."""
    answer = visit.site.ask("GET", "/api/page/content/0/", {"Accept": "application/json"})
    if not answer.is_ours:
        return warning(f"An error of the API ({answer.status}) arrives in the words of a proxy.")
    return ok("Errors of the API arrive in its own words.")
