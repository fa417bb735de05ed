"""A still picture of a file."""

from __future__ import annotations

from typing import Final

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from . import kinds, signatures
from .durations import duration_of
from .jpegs import encode, fitted
from .looking import demuxer_of
from .opening import Source, demuxed
from .stills import still_of
from .streams import covers, decodes, displayed, films, first_frame
from .waveforms import waveform

_PACKETS_OF_A_COVER: Final = 3


def picture_of(source: Source, medium: str) -> bytes | None:
    """A JPEG that shows a file of this medium; None where there is none to be had. Raises `OSError`."""
    kind = signatures.kind_of(source.head())
    try:
        with demuxed(source, demuxer_of(kind) if kind is not None else None) as container:
            frame = _frame(container, source, medium)
            return encode(frame) if frame is not None else None
    except (av.FFmpegError, ValueError):
        return None


def _frame(container: InputContainer, source: Source, medium: str) -> VideoFrame | None:
    if medium == kinds.VIDEO:
        return _of_film(container, source)
    if medium == kinds.AUDIO:
        return _of_sound(container, source)
    return _first(container) if medium == kinds.IMAGE else None


def _of_film(container: InputContainer, source: Source) -> VideoFrame | None:
    for stream in filter(decodes, films(container)):
        frame = still_of(container, stream, duration_of(container, source, roughly=True))
        size = displayed(stream, frame)
        if frame is not None and size is not None:
            return fitted(frame, size)
    return None


def _of_sound(container: InputContainer, source: Source) -> VideoFrame | None:
    for cover in filter(decodes, covers(container)):
        frame = first_frame(container, cover, _PACKETS_OF_A_COVER)
        if isinstance(frame, VideoFrame):
            return fitted(frame, (frame.width, frame.height))
    for stream in filter(decodes, container.streams.audio):
        return waveform(container, stream, duration_of(container, source, roughly=True))
    return None


def _first(container: InputContainer) -> VideoFrame | None:
    for stream in filter(decodes, container.streams.video):
        frame = first_frame(container, stream)
        size = displayed(stream, frame) if isinstance(frame, VideoFrame) else None
        if isinstance(frame, VideoFrame) and size is not None:
            return fitted(frame, size)
    return None
