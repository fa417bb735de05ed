"""Bodies that are refused before a byte of them is read."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

# What a body may hold of somebody who does not say who he is: the forms for logging in are small.
OF_ANYBODY = 2**20
# What a form may hold beside its largest file.
BESIDES = 80 * 2**20


def refuse_body(headers: Headers, largest_file: int) -> Response | None:
    """The answer to a body that cannot be taken, None for one that can, or for no body at all."""
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers and not length:
        # Django takes a body of unknown length for none, and would lose it without a word.
        return _problem(411, "Send the body with its Content-Length, not in chunks.")
    if length.isdecimal() and int(length) > OF_ANYBODY and not _is_somebody(headers):
        return _problem(401, f"A body of {length} bytes is taken from editors only. Log in, or send a token.")
    if length.isdecimal() and int(length) > largest_file + BESIDES:
        return _problem(413, f"The body has {length} bytes; files of up to {largest_file} bytes are taken.")
    return None


def has_body(headers: Headers) -> bool:
    """Whether bytes follow the headers."""
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() != "0"


def _is_somebody(headers: Headers) -> bool:
    """Whether the sender says who he is; if it is true is seen when he is asked for more than words."""
    return "authorization" in headers or "sessionid=" in headers.get("cookie", "")


def _problem(status: int, detail: str) -> Response:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    # What was not read cannot be told from the next request.
    headers = {"Connection": "close"}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")
