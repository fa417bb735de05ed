"""What a file is: by its streams where it has any, else by its first bytes. Never by its name."""

from __future__ import annotations

from typing import Any, Final

import av
import imagesize
from av.container import InputContainer
from av.video.frame import VideoFrame

from . import kinds, signatures
from .durations import duration_of
from .mpeg_audio import lone_frame
from .opening import Source, demuxed
from .playability import plays
from .streams import codec_of, decodes, displayed, films, first_frame

Found = dict[str, Any]

# The demuxer of FFmpeg, and the kinds of films and of sounds in it.
_KINDS: Final = {
    "mov": ("mp4", "m4a"),
    "matroska": ("mkv", "mka"),
    "ogg": ("ogv", "ogg"),
    "avi": ("avi", "sound"),
    "flv": ("flv", "sound"),
    "asf": ("wmv", "wma"),
    "mpegts": ("ts", "sound"),
    "mpeg": ("mpg", "sound"),
    "mpegvideo": ("mpg", "sound"),
    "mxf": ("mxf", "sound"),
    **{name: ("film", name) for name in ("mp3", "aac", "flac", "wav", "aiff", "amr")},
}
# Containers that may be whole and yet hold nothing: without samples they promise none either.
_MAY_BE_EMPTY: Final = {"wav", "avi", "aiff"}
_DEMUXERS: Final = {
    **{name: f"{name}_pipe" for name in ("jpeg", "png", "webp", "bmp", "tiff", "psd")},
    **dict.fromkeys(("avif", "heic"), "mov"),
    "gif": "gif",
    "ico": "ico",
    "jp2": "j2k_pipe",
    "jxl": "jpegxl_pipe",
}


class Damaged(Exception):  # noqa: N818 - it is no error, but an answer
    """A film, a sound or a picture of which nothing can be read."""


def look(source: Source) -> Found:
    """The facts of a file, for the parent. Raises `Damaged`, and `OSError` when the disk fails."""
    head = source.head()
    kind = signatures.kind_of(head)
    if kind is None:
        return _look_into(source, head)
    if kind in _DEMUXERS:
        size = _size(source, kind)
        if size is None:
            raise Damaged
        return _found(kind, size=size)
    return _found(kind, size=_positive(imagesize.get(source)) if kind == "svg" else None)


def demuxer_of(kind: str) -> str | None:
    """FFmpeg's demuxer for a kind of picture, which it does not always recognise by itself."""
    return _DEMUXERS.get(kind)


def _found(
    kind: str,
    *,
    duration: float | None = None,
    size: tuple[int, int] | None = None,
    codecs: list[str] | None = None,
    playable: bool | None = None,
) -> Found:
    return {
        "kind": kind,
        "duration": duration,
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "codecs": ", ".join(codecs or ()),
        "playable": playable,
    }


def _size(source: Source, kind: str) -> tuple[int, int] | None:
    size = _positive(imagesize.get(source))
    if size is not None or (source.trouble is not None):
        return size
    try:
        with demuxed(source, _DEMUXERS[kind]) as container:
            stream = container.streams.video[0] if container.streams.video else None
            return displayed(stream, None) if stream is not None and decodes(stream) else None
    except av.FFmpegError:
        return None


def _positive(size: tuple[int, int]) -> tuple[int, int] | None:
    width, height = size
    return (width, height) if 0 < width < 1 << 31 and 0 < height < 1 << 31 else None


def _look_into(source: Source, head: bytes) -> Found:
    announced = signatures.media_by(head)
    try:
        with demuxed(source) as container:
            found = _media(container, source, head)
    except av.FFmpegError:
        found = None
    if found is not None:
        return found
    if (seconds := lone_frame(head, source.size)) is not None:
        return _found("mp3", duration=seconds, codecs=["mp3"], playable=True)
    if announced is not None:
        raise Damaged
    return _found(kinds.UNKNOWN)


def _media(container: InputContainer, source: Source, head: bytes) -> Found | None:
    """The facts of a film or a sound; None when nothing of it can be decoded."""
    pictures, sounds = films(container), list(container.streams.audio)
    main = pictures[0] if pictures else sounds[0] if sounds else None
    kind = _kind(container, head, is_film=bool(pictures) or not sounds)
    frame = first_frame(container, main) if main is not None and decodes(main) else None
    is_unknown = main is not None and not decodes(main)
    if frame is None and not _is_excused(container, is_unknown=is_unknown):
        return None
    picture = frame if isinstance(frame, VideoFrame) else None
    codecs = [*map(codec_of, pictures[:1]), *map(codec_of, sounds[:1])]
    pixels = pictures[0].codec_context.pix_fmt if pictures and decodes(pictures[0]) else None
    return _found(
        kind,
        duration=duration_of(container, source),
        size=displayed(pictures[0], picture) if pictures and decodes(pictures[0]) else None,
        codecs=[codec for codec in codecs if codec],
        playable=plays(kind, codecs, pixels),
    )


def _is_excused(container: InputContainer, *, is_unknown: bool) -> bool:
    """Whether a file may be whole although no frame of it was decoded."""
    name = container.format.name
    if is_unknown:
        # Of its packets we can not judge; there must be one.
        return next((True for packet in container.demux() if packet.size), False)
    if name.startswith("mov"):
        return not container.streams
    promised = [container.duration, *(stream.duration for stream in container.streams)]
    return name in _MAY_BE_EMPTY and not any(promised)


def _kind(container: InputContainer, head: bytes, *, is_film: bool) -> str:
    name = container.format.name.partition(",")[0]
    film, sound = _KINDS.get(name, ("film", "sound"))
    if name == "matroska" and b"webm" in head[:64]:
        film, sound = "webm", "weba"
    elif name == "mov":
        brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
        film = {b"qt  ": "mov", b"3gp4": "3gp", b"3gp5": "3gp", b"3gp6": "3gp", b"3g2a": "3gp"}.get(
            brand, film
        )
    return film if is_film else sound
