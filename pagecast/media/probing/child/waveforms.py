"""The picture of a sound: bars as high as it is loud there."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from statistics import fmean
from typing import Final

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame

from .opening import patience
from .streams import alone

WIDTH, HEIGHT = 640, 160
_PITCH, _BAR = 6, 4
BARS: Final = WIDTH // _PITCH
# Colours as Y, Cb and Cr of full range: a slate that neither glares on black nor weighs on white, with a
# pale blue.
_GROUND: Final = (66, 141, 120)
_INK: Final = (196, 142, 108)
_RATE: Final = 8000
_SECONDS: Final = 8.0
# Up to this length all is decoded; of what is longer, a piece for each bar.
_WHOLE: Final = 300.0
_PIECE: Final = 2000
_LOWEST: Final = 2
_HIGHEST: Final = HEIGHT // 2 - 12
# Loudness is heard by its logarithm, more or less; this brings quiet passages up without making all alike.
_GAMMA: Final = 0.7
_MANY: Final = 10_000


def waveform(container: InputContainer, stream: AudioStream, duration: float | None) -> VideoFrame | None:
    """The picture, in full range 4:2:0; None where no sample can be decoded. Takes ten seconds at most."""
    alone(stream)
    if duration is None or duration <= _WHOLE:
        levels = _whole(container, stream)
    else:
        levels = _sampled(container, stream, duration)
    return _picture(levels) if levels else None


def _whole(container: InputContainer, stream: AudioStream) -> list[float]:
    samples: array[int] = array("h")
    time_left = patience(_SECONDS)
    _back(container, 0)
    for piece in _pieces(container, stream):
        samples.extend(piece)
        if not time_left() or len(samples) > 2 * _WHOLE * _RATE:
            break
    if not samples:
        return []
    edges = [len(samples) * bar // BARS for bar in range(BARS + 1)]
    return [_level(samples[start : max(end, start + 1)]) for start, end in pairwise(edges)]


def _sampled(container: InputContainer, stream: AudioStream, duration: float) -> list[float]:
    levels: list[float] = []
    time_left = patience(_SECONDS)
    for bar in range(BARS):
        if not time_left() or not _back(container, duration * (bar + 0.5) / BARS):
            break
        samples: array[int] = array("h")
        for piece in islice(_pieces(container, stream), _MANY):
            samples.extend(piece)
            if len(samples) >= _PIECE:
                break
        levels.append(_level(samples))
    return [*levels, *[0.0] * (BARS - len(levels))] if any(levels) else []


def _back(container: InputContainer, seconds: float) -> bool:
    try:
        container.seek((container.start_time or 0) + int(seconds * 1_000_000))
    except av.FFmpegError:
        return False
    return True


def _pieces(container: InputContainer, stream: AudioStream) -> Iterator[array[int]]:
    """Its samples from where the container stands: one channel, at a low rate."""
    resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
    try:
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    for resampled in resampler.resample(frame):
                        yield array("h", bytes(resampled.planes[0])[: resampled.samples * 2])
            except (av.FFmpegError, ValueError):
                # Damaged, or another format from here on.
                resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
    except av.FFmpegError:
        return


def _level(samples: Sequence[int]) -> float:
    """Between 0 and 1: the mean of the loudest and of what is loud on the whole."""
    if not samples:
        return 0.0
    highest, lowest = max(samples), min(samples)
    thinned = samples[:: max(1, len(samples) // 500)]
    power = fmean(sample * sample for sample in thinned)
    return min(1.0, (max(highest, -lowest) + math.sqrt(2 * power)) / 2 / 32768)


def _picture(levels: Sequence[float]) -> VideoFrame:
    loudest = max(levels)
    reach = [
        _LOWEST + round((_HIGHEST - _LOWEST) * (level / loudest) ** _GAMMA) if loudest else _LOWEST
        for level in levels
    ]
    frame = VideoFrame(WIDTH, HEIGHT, "yuvj420p")
    for plane, step, ink, ground in zip(frame.planes, (1, 2, 2), _INK, _GROUND, strict=True):
        rows = [_row(reach, row * step, step, (ink, ground)) for row in range(HEIGHT // step)]
        gap = bytes(plane.line_size - WIDTH // step)
        data = b"".join(row + gap for row in rows)
        plane.update(data + bytes(plane.buffer_size - len(data)))
    return frame


def _row(reach: Sequence[int], row: int, step: int, colours: tuple[int, int]) -> bytes:
    """One row of a plane, `step` pixels of the picture for each of its own."""
    ink, ground = colours
    away = abs(row + 0.5 - HEIGHT / 2)
    bar, space = bytes([ink]) * (_BAR // step), bytes([ground]) * (_BAR // step)
    gap = bytes([ground]) * ((_PITCH - _BAR) // step)
    bars = b"".join((bar if away < height else space) + gap for height in reach)
    margin = WIDTH // step - len(bars)
    # Both halves stay even, for the planes of half the size.
    left = margin // 2 // 2 * 2 if step == 1 else margin // 2
    return bytes([ground]) * left + bars + bytes([ground]) * (margin - left)
