"""Choosing the frame that stands for a film."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from statistics import fmean, pstdev
from typing import Final, Literal

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .durations import sensible
from .opening import patience
from .streams import alone, first_frame

# Where to look, in the order of preference between frames that are equally good.
_PLACES: Final = (0.1, 0.25, 0.5, 0.75)
_SECONDS: Final = 25.0
_PACKETS: Final = 600
# Where nothing can be found by seeking, this many key frames from the start are looked at.
_KEY_FRAMES: Final = 30
_SKIPPED: Final[tuple[Literal["NONKEY"], Literal["DEFAULT"]]] = ("NONKEY", "DEFAULT")
_THUMBNAIL: Final = (32, 18)
# Of 255. Below and above it a frame is black or white to the eye, titles and all.
_DARK: Final = 28
_BRIGHT: Final = 230
# A contrast that any ordinary picture has; a fade has less.
_GOOD: Final = 30.0


def still_of(container: InputContainer, stream: VideoStream, duration: float | None) -> VideoFrame | None:
    """The best of some frames by brightness and contrast: neither black nor part of a fade, if one can be."""
    alone(stream)
    time_left = patience(_SECONDS)
    best: VideoFrame | None = None
    highest = -1.0
    for frame in _sought(container, stream, sensible(duration)):
        score = _score(frame)
        if score > highest:
            best, highest = frame, score
        if not time_left():
            return best
    if highest >= _GOOD:
        return best
    for frame in _from_the_start(container, stream):
        score = _score(frame)
        if score > highest:
            best, highest = frame, score
        if highest >= _GOOD or not time_left():
            break
    return best


def _sought(container: InputContainer, stream: VideoStream, duration: float | None) -> Iterator[VideoFrame]:
    stream.codec_context.skip_frame = "NONKEY"
    start = container.start_time or 0
    for place in _PLACES if duration is not None else ():
        try:
            container.seek(start + int((duration or 0) * place * 1_000_000))
        except av.FFmpegError:
            continue
        frame = first_frame(container, stream, _PACKETS, _SECONDS / len(_PLACES))
        if isinstance(frame, VideoFrame):
            yield frame


def _from_the_start(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    # Some films have no key frames, but a picture that is refreshed bit by bit.
    for skipped in _SKIPPED:
        stream.codec_context.skip_frame = skipped
        # Where it can not go back it can still be read on.
        with suppress(av.FFmpegError):
            container.seek(container.start_time or 0)
        for _number in range(_KEY_FRAMES):
            frame = first_frame(container, stream, _PACKETS)
            if not isinstance(frame, VideoFrame):
                break
            yield frame


def _score(frame: VideoFrame) -> float:
    """Contrast, as far as brightness lets it be seen."""
    try:
        small = frame.reformat(*_THUMBNAIL, format="gray8", dst_color_range="JPEG", threads=1)
    except (av.FFmpegError, ValueError):
        return 0.0
    plane, (width, height) = small.planes[0], _THUMBNAIL
    data = bytes(plane)
    points = [value for row in range(height) for value in data[row * plane.line_size :][:width]]
    brightness, contrast = fmean(points), pstdev(points)
    if brightness < _DARK:
        return contrast * brightness / _DARK / 2
    if brightness > _BRIGHT:
        return contrast / 2
    return contrast
