"""What a request asks for, if it is for one of the answers that are given before Django."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.types import Scope

from pagecast.api.fields import BIGGEST
from pagecast.site.parts import Wish as PartOfSite

# Written as we write them; how else they may be written is Django's to judge.
PAGE, SIZE = rb"page=[1-9]\d{0,8}", rb"page_size=(?:100|[1-9]\d?)"
QUERY = re.compile(rb"(?:%b(?:&%b)?|%b(?:&%b)?)?" % (PAGE, SIZE, SIZE, PAGE))
HOME_QUERY = re.compile(rb"(?:order=title|(?:order=title&)?%b)?" % PAGE)
# Digits of an id that is too large for a database; whoever has that many asks Django.
LONGEST = len(str(BIGGEST))
# The address of a page, and whether it is wanted inside of a page of somebody else.
OF_A_PAGE = re.compile(r"([-\w]+)/(embed/)?")

#: The kinds of answers: of the API, and of the site.
LIST, DETAIL, TELLING, COUNTERS = "list", "page", "views", "counters"
HOME, WEB_PAGE, FRAMED = "home", "site", "embed"
OF_SITE = frozenset((HOME, WEB_PAGE, FRAMED))
READING = frozenset(("GET", "HEAD"))
# By the method, and what follows the id of a page.
BELOW_A_PAGE = {("GET", ""): DETAIL, ("POST", "views/"): TELLING, ("GET", "counters/"): COUNTERS}


class Wish(NamedTuple):
    """A kind of answer, and which: a page by its id or its address, or a part of a list."""

    kind: str
    key: int | str | PartOfSite


class Wishes:
    """Reads wishes. `url` is where pages are as JSON, `home` and `pages` where they are on the site."""

    def __init__(self, *, url: str, home: str, pages: str) -> None:
        self._url, self._home, self._pages = url, home, pages

    def wish(self, scope: Scope) -> Wish | None:
        """What is asked for; None if Django is to answer."""
        path = scope["path"]
        if path.startswith(self._url):
            return self._of_api(scope, path[len(self._url) :])
        if scope["method"] not in READING:
            return None
        if path.startswith(self._pages):
            # Whatever follows the question mark: it is for statistics of others, and changes nothing.
            asked = OF_A_PAGE.fullmatch(path, len(self._pages))
            return Wish(FRAMED if asked[2] else WEB_PAGE, asked[1]) if asked else None
        if path == self._home and HOME_QUERY.fullmatch(scope["query_string"]):
            return Wish(HOME, _part(scope["query_string"]))
        return None

    def _of_api(self, scope: Scope, rest: str) -> Wish | None:
        query, method = scope["query_string"], scope["method"]
        if not rest:
            return Wish(LIST, query.decode()) if method == "GET" and QUERY.fullmatch(query) else None
        number, slash, end = rest.partition("/")
        kind = BELOW_A_PAGE.get((method, end)) if slash and not query else None
        return Wish(kind, int(number)) if kind and _is_written_plainly(number) else None


def _part(query: bytes) -> PartOfSite:
    said = dict(parse_qsl(query.decode()))
    return PartOfSite(number=int(said.get("page", 1)), order=said.get("order", "newest"))


def _is_written_plainly(number: str) -> bool:
    """As we write it; and no database has a longer one."""
    return number.isascii() and number.isdecimal() and number[0] != "0" and len(number) < LONGEST
