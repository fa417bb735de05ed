"""Before an upload is filed: whether its bytes are whole, what they are, and if they are here already."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from django.utils.translation import gettext_noop

from .assembling import complete_bytes, require_bytes
from .models import Blob, Upload
from .naming import fit_suffix
from .probing import Facts, Medium, probe, require
from .subtitles import LIMIT, convert

VTT = "text/vtt"
FACTS = Facts(Medium.TEXT, gettext_noop("a subtitle file (WebVTT)"), VTT)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An upload whose bytes are to be kept."""

    upload: Upload
    # The bytes that are kept: those that were sent or, of subtitles, what they were turned into.
    source: Path
    sha256: str
    size: int
    # What it shall be called in the media tree.
    name: str
    facts: Facts
    # The blob that has these bytes already.
    blob: Blob | None = None
    encoding: str = ""


def prepare(
    upload: Upload, wanted: Iterable[Medium], known: Blob | None = None, facts: Facts | None = None
) -> Prepared:
    """Look at the bytes. `wanted` is what they have to be, for each who wants them; nothing takes anything.

    `known` is the blob that has the same bytes, if that was looked up before; `facts` what these are, if they
    were probed before.

    Raises `Refused` with the reason when they are not to be kept, `OSError` when that can not be told now.
    Bytes that are here already are not read again. Slow: never inside of a transaction.
    """
    blob = known
    if not upload.sha256:
        complete_bytes(upload)
        blob = Blob.objects.filter(sha256=upload.sha256).first()
    if blob is not None and blob.medium:
        facts = facts_of(blob)
    else:
        require_bytes(upload)
        facts = facts or probe(upload.staged, upload.name)
    for medium in wanted:
        require(facts, medium, upload.name)
    name = fit_suffix(upload.name, facts.media_type)
    return Prepared(upload, upload.staged, upload.sha256, upload.size, name, facts, blob)


def prepare_subtitles(upload: Upload, wanted: Iterable[Medium] = ()) -> Prepared:
    """The same for subtitles, which are kept as WebVTT in UTF-8, whatever they were."""
    complete_bytes(upload)
    require_bytes(upload)
    with upload.staged.open("rb") as file:
        # One byte more than is taken: it is refused for its size then, and not read whole.
        converted = convert(file.read(LIMIT + 1), upload.name)
    for medium in wanted:
        require(FACTS, medium, upload.name)
    source = upload.staged.with_name(f"{upload.pk}.vtt")
    # Never half there: a worker that stood still for a while may come back while another one is placing it.
    part = upload.staged.with_name(f"{upload.pk}.{uuid4().hex}.vtt")
    try:
        with part.open("wb") as file:
            file.write(converted.vtt)
            file.flush()
            os.fsync(file.fileno())
        part.replace(source)
    finally:
        part.unlink(missing_ok=True)
    sha256 = hashlib.sha256(converted.vtt).hexdigest()
    return Prepared(
        upload,
        source,
        sha256,
        len(converted.vtt),
        fit_suffix(upload.name, VTT),
        FACTS,
        Blob.objects.filter(sha256=sha256).first(),
        converted.encoding if converted.guessed else "",
    )


def facts_of(blob: Blob) -> Facts:
    """What probing found when the blob was new."""
    return Facts(
        Medium(blob.medium),
        blob.what,
        blob.media_type,
        duration=blob.duration,
        width=blob.width,
        height=blob.height,
        codecs=blob.codecs,
        playable=blob.playable,
    )
