"""The streams of a film or a sound: which are meant, and whether anything comes out of them."""

from __future__ import annotations

from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .opening import patience

# Covers and the pictures of chapters are no film.
_NO_FILM: Final = Disposition.attached_pic | Disposition.timed_thumbnails
# A transport stream that was cut anywhere shows a picture after ten seconds or so.
_PACKETS: Final = 2000
_SECONDS: Final = 6.0
# What a display may ask for; beyond it is damage.
_WIDEST_PIXEL: Final = 16


def films(container: InputContainer) -> list[VideoStream]:
    """The moving pictures of a container."""
    return [stream for stream in container.streams.video if not stream.disposition & _NO_FILM]


def covers(container: InputContainer) -> list[VideoStream]:
    """The pictures that are attached to a sound."""
    return [stream for stream in container.streams.video if stream.disposition & Disposition.attached_pic]


def decodes(stream: AudioStream | VideoStream) -> bool:
    """Whether there is a decoder for it here."""
    return getattr(stream, "codec_context", None) is not None


def first_frame(
    container: InputContainer,
    stream: AudioStream | VideoStream,
    packets: int = _PACKETS,
    seconds: float = _SECONDS,
) -> VideoFrame | AudioFrame | None:
    """The next frame that can be decoded, from where the container stands; None where none comes."""
    alone(stream)
    time_left = patience(seconds)
    for number, packet in enumerate(container.demux(stream)):
        if number >= packets or not time_left():
            break
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            # Damaged; the next one may be whole.
            continue
        for frame in frames:
            if isinstance(frame, VideoFrame | AudioFrame):
                return frame
    return None


def alone(stream: AudioStream | VideoStream) -> None:
    """Decode without threads: the first frame comes at once, and takes the memory of one."""
    if not stream.codec_context.is_open:
        stream.codec_context.thread_count = 1


def displayed(stream: VideoStream, frame: VideoFrame | None) -> tuple[int, int] | None:
    """Its size as displayed: with square pixels, and turned as it asks for."""
    context = stream.codec_context
    width, height = (frame.width, frame.height) if frame is not None else (context.width, context.height)
    if width <= 0 or height <= 0:
        return None
    aspect = stream.sample_aspect_ratio
    if aspect and 1 / _WIDEST_PIXEL <= aspect <= _WIDEST_PIXEL:
        width = max(1, round(width * aspect))
    return (height, width) if frame is not None and quarter_turns(frame) % 2 else (width, height)


def quarter_turns(frame: VideoFrame) -> int:
    """How often it has to be turned by 90 degrees, clockwise, to be seen upright."""
    # FFmpeg counts degrees against the clock.
    return round(-frame.rotation / 90) % 4


def codec_of(stream: AudioStream | VideoStream) -> str:
    """The codec by FFmpeg's name for it; empty where it has none."""
    return stream.codec_context.codec.canonical_name if decodes(stream) else ""
