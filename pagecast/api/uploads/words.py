"""The words of tus 1.0.0: what its headers say, and what is no answer to them."""

import base64
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination,concatenation"
ALGORITHMS = ("sha256", "sha1", "md5")
MEDIA_TYPE = "application/offset+octet-stream"

PARTIAL, FINAL = "partial", "final;"
# More than any disk has, for numbers that are too long to be read.
ENDLESS = 10**18


def number(headers: Mapping[str, str], name: str) -> int:
    """The number of bytes that a header tells. Raises `ValidationError` if it is missing or no number."""
    told = headers.get(name, "")
    if not re.fullmatch("[0-9]+", told):
        raise ValidationError({name: [_("Give a number of bytes.")]})
    digits = told.lstrip("0")
    return ENDLESS if len(digits) > len(str(ENDLESS)) else int(digits or "0")


def file_name(metadata: str) -> str:
    """What the sender calls the file in Upload-Metadata: `filename`, or `name`; "file" if he does not tell.

    Raises `ValidationError` for metadata that does not follow the protocol.
    """
    values = _metadata(metadata)
    told = (values.get("filename") or values.get("name") or b"").decode("utf-8", "replace")
    last = re.split(r"[/\\]", told)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip() or "file"


def _metadata(told: str) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for pair in told.split(",") if told else []:
        key, _space, encoded = pair.strip(" ").partition(" ")
        value = _decoded(encoded)
        if value is None or key in values or not re.fullmatch("[!-~]+", key):
            text = _(
                "Give pairs with commas between them: a name of ASCII letters, a space, the value in Base64; "
                "no name twice. This is none: %(pair)s"
            )
            raise ValidationError({"Upload-Metadata": [text % {"pair": pair}]})
        values[key] = value
    return values


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return None


def checksum(told: str) -> tuple[str, bytes]:
    """The algorithm and the digest that Upload-Checksum tells. Raises `ValidationError` for other words."""
    algorithm, _space, encoded = told.partition(" ")
    if algorithm not in ALGORITHMS:
        text = _("Checksums are taken in %(algorithms)s.") % {"algorithms": ", ".join(ALGORITHMS)}
        raise ValidationError({"Upload-Checksum": [text]})
    digest = _decoded(encoded) or b""
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    if len(digest) != size:
        text = _("Give the name of the algorithm, a space, and the %(size)s bytes of the checksum in Base64.")
        raise ValidationError({"Upload-Checksum": [text % {"size": size}]})
    return algorithm, digest


def parts(told: str, address: str) -> list[UUID]:
    """The ids of the uploads that `Upload-Concat: final;` names by their addresses, whole or without a host.

    `address` is the one that the request came to. Raises `ValidationError` for other words.
    """
    base, found = urlsplit(address).path, []
    for url in told.removeprefix(FINAL).split():
        try:
            path = urlsplit(urljoin(address, url)).path
            found.append(UUID(path.removeprefix(base).rstrip("/")))
        except ValueError as error:
            text = _("Give the addresses of uploads with spaces between them. This is none: %(url)s")
            raise ValidationError({"Upload-Concat": [text % {"url": url}]}) from error
    return found


def sent_with(metadata: str, concatenation: str) -> str:
    """What is kept of the headers that an upload was made with, in one text."""
    return f"{metadata}\n{concatenation}" if concatenation else metadata


def headers_of(kept: str) -> dict[str, str]:
    """The headers that an upload was made with, as they came."""
    metadata, _line, concatenation = kept.partition("\n")
    headers = {"Upload-Metadata": metadata, "Upload-Concat": concatenation}
    return {name: value for name, value in headers.items() if value}
