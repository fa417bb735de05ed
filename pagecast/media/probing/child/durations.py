"""How long a film or a sound plays."""

from __future__ import annotations

import math
import re
from typing import Final

import av
from av.container import InputContainer

from .opening import Source, patience

_MICROSECONDS: Final = 1_000_000
# How long packets are counted where there is no other way, and where there is a guess that is good enough.
_SECONDS: Final = 8.0
_SECONDS_FOR_MORE: Final = 2.0
# Longer than anything that was ever recorded: damage.
_LONGEST: Final = 366 * 24 * 3600.0
# Their packets come without any table: FFmpeg guesses from the first bit rate.
_GUESSED: Final = {"mp3", "aac", "ac3", "eac3", "amr", "loas", "dts", "h264", "hevc", "m4v", "mpegvideo"}
# The tables of frames that encoders put into the first frame of an MP3 (http://gabriel.mp3-tech.org/mp3infotag.html).
_TABLE: Final = re.compile(rb"\A.{4,40}(?:Xing|Info|VBRI)", re.DOTALL)
_ID3_HEADER: Final = 10


def duration_of(container: InputContainer, source: Source, *, roughly: bool = False) -> float | None:
    """Seconds: by the container, else by its longest stream, else counted packet by packet; else None.

    `roughly` is content with what FFmpeg guesses from the first packets.
    """
    said = container.duration / _MICROSECONDS if container.duration is not None else None
    told = [
        float(stream.duration * stream.time_base)
        for stream in container.streams
        if stream.duration and stream.time_base
    ]
    if said is None and told:
        said = max(told)
    said = sensible(said)
    if said is not None and (roughly or not _is_guessed(container, source, len(told))):
        return said
    counted = sensible(_counted(container, _SECONDS if said is None else _SECONDS_FOR_MORE))
    return said if counted is None else counted


def sensible(seconds: float | None) -> float | None:
    """The same, or None where it can not be."""
    if seconds is None or not math.isfinite(seconds) or not 0 < seconds < _LONGEST:
        return None
    return round(seconds, 6)


def _is_guessed(container: InputContainer, source: Source, told: int) -> bool:
    if container.format.name.startswith("matroska"):
        # Only a guess is written to every stream; what the header says is kept for the whole.
        return told == len(container.streams)
    return container.format.name in _GUESSED and not _has_table(container, source)


def _has_table(container: InputContainer, source: Source) -> bool:
    if container.format.name != "mp3":
        return False
    place = source.tell()
    start = _past_id3(source.head(_ID3_HEADER))
    source.seek(start)
    frame = source.read(256)
    # FFmpeg goes on where it was.
    source.seek(place)
    return bool(_TABLE.match(frame))


def _past_id3(header: bytes) -> int:
    """Where an ID3v2 tag ends: https://id3.org/id3v2.4.0-structure, 3.1 and 6.2."""
    if len(header) < _ID3_HEADER or not header.startswith(b"ID3"):
        return 0
    size = 0
    for byte in header[6:10]:
        size = size << 7 | byte & 0x7F
    return _ID3_HEADER + size


def _counted(container: InputContainer, seconds: float) -> float | None:
    """From the first to the last packet; None when there is no time to see the last one."""
    time_left = patience(seconds)
    start, end = math.inf, -math.inf
    try:
        container.seek(container.start_time or 0)
        for packet in container.demux():
            if not time_left():
                return None
            moment = packet.pts if packet.pts is not None else packet.dts
            if moment is None or packet.time_base is None:
                continue
            start = min(start, float(moment * packet.time_base))
            end = max(end, float((moment + (packet.duration or 0)) * packet.time_base))
    except av.FFmpegError:
        # Damaged from here on: what came before it plays.
        pass
    return end - start
