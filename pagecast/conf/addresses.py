"""Which paths are answered, and by which methods: derived from Django's own URL patterns and static files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from rest_framework.views import APIView

from .static import StaticFiles

# How many paths are remembered, and how many characters of one at most; the others are looked up each time.
REMEMBERED, LENGTH = 2048, 200
# No address of ours is longer. The pattern of the admin's /admin/r/…/…/ takes time by the square of it: many
# seconds for the longest path that the server takes, in which nobody else is answered.
LONGEST = 500
# Function views of ours, which are all for readers; of other functions nobody can tell.
FOR_READERS = "pagecast.site."
READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Address:
    """What answers at a path."""

    #: The methods that it takes; None if only itself can tell.
    methods: tuple[str, ...] | None
    #: Whether it is a view of Django REST framework, whose errors are those of the API wherever it stands.
    is_api: bool


class Addresses:
    """Everything that Django answers."""

    def __init__(self) -> None:
        resolver = get_resolver()
        self._resolver = resolver
        self._beginnings = _beginnings(resolver.url_patterns)
        # It knows its files from the start, and looks for no others.
        self._static: Any = StaticFiles()
        self._static_prefix, self._looks_for_files = self._static.static_prefix, self._static.autorefresh
        self._remembered = lru_cache(REMEMBERED)(self._find)

    def find(self, path: str) -> Address | None:
        """What answers at this path; None if nothing does."""
        if len(path) > LONGEST:
            return None
        return self._remembered(path) if len(path) <= LENGTH else self._find(path)

    def _find(self, path: str) -> Address | None:
        if path.startswith(self._static_prefix):
            return STATIC if self._looks_for_files or self._static.find(path) else None
        if self._beginnings is not None and path[1:].partition("/")[0] not in self._beginnings:
            return None
        try:
            return _address(self._resolver.resolve(path).func)
        except Resolver404:
            return None


STATIC = Address(None, is_api=False)


def _beginnings(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> frozenset[str] | None:
    """The first segments of all paths; None if there is a pattern that may begin with anything."""
    found: set[str] = set()
    for each in patterns:
        route = before + str(each.pattern)
        segment, slash, _ = route.partition("/")
        if not isinstance(each.pattern, RoutePattern) or "<" in segment:
            return None
        if slash or isinstance(each, URLPattern):
            found.add(segment)
        elif (below := _beginnings(each.url_patterns, route)) is None:
            return None
        else:
            found |= below
    return frozenset(found)


def _address(view: Callable[..., Any]) -> Address:
    """What the view says about itself."""
    made_of = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if made_of is None:
        is_for_readers = view.__module__.startswith(FOR_READERS)
        return Address(READING if is_for_readers else None, is_api=False)
    # A view set is told which of its functions are for which methods.
    actions = getattr(view, "actions", None)
    has = {name for name in made_of.http_method_names if actions is None and hasattr(made_of, name)}
    has |= {"options", *(actions or ())}
    if "get" in has:
        has.add("head")
    methods = tuple(name.upper() for name in made_of.http_method_names if name in has)
    return Address(methods, is_api=issubclass(made_of, APIView))
