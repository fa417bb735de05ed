"""The address of a bucket, as it stands in PAGECAST_MEDIA: s3://bucket/optional/prefix?addressing=path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEME = "s3"
ADDRESSINGS = ("auto", "path", "virtual")
ANSWERS = {"yes": True, "no": False}
# What Amazon allows, https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, the prefix that all keys in it have, and how it is used.

    `addressing` is how its name is told to the store: in the path, as a part of the host's name ("virtual"),
    or as the client thinks best ("auto"). `proxied` says that readers get no address in the store.
    """

    name: str
    prefix: str = ""
    addressing: str = "auto"
    proxied: bool = False


def parse_bucket(url: str) -> Bucket:
    """The bucket at this address. Raises `ValueError`, in words for whoever wrote it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("that is no address of a bucket: write s3://bucket") from None
    if "@" in url:
        # What stands before it may be a secret, and is not repeated.
        raise ValueError(
            "keys do not belong in a bucket's address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if parts.scheme != SCHEME:
        message = f"{url!r} is no address of a bucket: write s3://bucket or s3://bucket/prefix"
        raise ValueError(message)
    if not _NAME.fullmatch(parts.netloc):
        message = (
            f"{parts.netloc!r} cannot be a bucket: its name has 3 to 63 small letters, digits, hyphens "
            "and dots. The host of the store goes into AWS_ENDPOINT_URL"
        )
        raise ValueError(message)
    if parts.fragment:
        message = f"what does #{parts.fragment} mean in {url!r}? Leave it out"
        raise ValueError(message)
    prefix = unquote(parts.path).strip("/")
    if prefix and any(part in {"", ".", ".."} for part in prefix.split("/")):
        message = f"{prefix!r} cannot be a prefix: it has an empty part, or one of dots only"
        raise ValueError(message)
    options = _options(parts.query)
    return Bucket(
        parts.netloc, prefix, options.get("addressing", "auto"), ANSWERS[options.get("proxied", "no")]
    )


def _options(query: str) -> dict[str, str]:
    allowed = {"addressing": ADDRESSINGS, "proxied": tuple(ANSWERS)}
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in allowed:
            message = f"a bucket has no option {name!r}: there are {' and '.join(allowed)}"
            raise ValueError(message)
        if name in options:
            message = f"{name} is given twice"
            raise ValueError(message)
        if value not in allowed[name]:
            message = f"{name}={value} is not possible: it is one of {', '.join(allowed[name])}"
            raise ValueError(message)
        options[name] = value
    return options
