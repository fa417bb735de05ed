"""Films and sounds made on the spot: real ones, as small as can be, each as different as a test wants it."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
from django.conf import settings

from pagecast.media.models import Blob


def film(mark: bytes | str | int = b"") -> bytes:
    """An MP4 that plays for a second in 32 x 32 pixels. Another mark makes another file of the same film."""
    return _marked(_film(), mark)


def sound(mark: bytes | str | int = b"") -> bytes:
    """An M4A with half a second of silence, marked like a film."""
    return _marked(_sound(), mark)


def picture(mark: bytes | str | int = b"") -> bytes:
    """A JPEG of 16 x 16 pixels; what stands behind its end is passed over."""
    return _picture() + (mark if isinstance(mark, bytes) else str(mark).encode())


def _marked(data: bytes, mark: bytes | str | int) -> bytes:
    """With a box at its end that players pass over (ISO/IEC 14496-12, 8.1.2)."""
    text = mark if isinstance(mark, bytes) else str(mark).encode()
    return data + (len(text) + 8).to_bytes(4) + b"free" + text


@cache
def _film() -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as file:
        stream = file.add_stream("libx264", 10, {"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame(32, 32, "rgb24")
            frame.planes[0].update(bytes([40 + 20 * number % 200]) * frame.planes[0].buffer_size)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return target.getvalue()


@cache
def _sound() -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="ipod") as file:
        stream = file.add_stream("aac", 8000)
        stream.layout = "mono"
        for _number in range(4):
            frame = av.AudioFrame("fltp", "mono", 1024)
            frame.sample_rate = 8000
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return target.getvalue()


@cache
def _picture() -> bytes:
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 16, 16, "yuvj420p", Fraction(1, 1)
    frame = av.VideoFrame(16, 16, "yuvj420p")
    for plane in frame.planes:
        plane.update(bytes([120]) * plane.buffer_size)
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


def kept(blob: Blob | None) -> Path:
    """Where the bytes of a blob lie, in tests that keep files in a folder."""
    assert blob is not None
    return Path(settings.MEDIA_ROOT) / blob.path
