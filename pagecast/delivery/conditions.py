"""What RFC 9110 has a request say about the file that it asks for: preconditions, and ranges of bytes."""

from __future__ import annotations

import re
from http import HTTPStatus

from django.utils.http import parse_http_date_safe
from starlette.datastructures import Headers

# More ranges than a reader needs, or a header longer than they take, are not looked at (RFC 9110, 14.2).
MOST_RANGES, LONGEST = 16, 500
_RANGE = re.compile(r"[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*")


def precondition(headers: Headers, etag: str, modified: int) -> HTTPStatus | None:
    """304 or 412 where the preconditions say so, None where the file is to be sent (RFC 9110, 13.2.2).

    `modified` is in seconds since 1970.
    """
    if "if-match" in headers:
        if not _names(headers, "if-match", etag):
            return HTTPStatus.PRECONDITION_FAILED
    elif (date := _date(headers, "if-unmodified-since")) is not None and modified > date:
        return HTTPStatus.PRECONDITION_FAILED
    if "if-none-match" in headers:
        if _names(headers, "if-none-match", etag, weak=True):
            return HTTPStatus.NOT_MODIFIED
    elif (date := _date(headers, "if-modified-since")) is not None and modified <= date:
        return HTTPStatus.NOT_MODIFIED
    return None


def ranges(headers: Headers, size: int, etag: str, modified: int) -> list[tuple[int, int]] | None:
    """The parts asked for, each from its first byte up to the one after its last; None for the whole file.

    No parts: none of those asked for is in the file, which is answered with 416.
    """
    asked = headers.get("range")
    condition = headers.get("if-range")
    if asked is None or len(asked) > LONGEST:
        return None
    if condition is not None and condition != etag and parse_http_date_safe(condition) != modified:
        return None
    unit, _equals, listed = asked.partition("=")
    # A list may have empty elements (RFC 9110, 5.6.1.2).
    wanted = [element for element in listed.split(",") if element.strip()]
    if unit.strip().lower() != "bytes" or not 0 < len(wanted) <= MOST_RANGES:
        return None
    found = []
    for element in wanted:
        match = _RANGE.fullmatch(element)
        if match is None or (match[2] and int(match[2]) < int(match[1])):
            return None
        part = _part(match, size)
        if part[0] < part[1]:
            found.append(part)
    return found


def _part(match: re.Match[str], size: int) -> tuple[int, int]:
    first, last, suffix = match.groups()
    if suffix:
        return max(size - int(suffix), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _names(headers: Headers, header: str, etag: str, *, weak: bool = False) -> bool:
    tags = [tag.strip() for tag in ",".join(headers.getlist(header)).split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags


def _date(headers: Headers, header: str) -> int | None:
    value = headers.get(header)
    return None if value is None else parse_http_date_safe(value)
