"""Files that mean harm, and ways to damage those that do not."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Sequence

from tests.media.made import PICTURES, PLAIN, SOUNDS, film, id3, picture, sound


def png(width: int, height: int) -> bytes:
    """A PNG that says it has this size, and is black: a bomb, when it is large."""
    data = zlib.compress(bytes(1 << 20))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data * 8), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def gif(width: int, height: int) -> bytes:
    """A GIF of one point that says that its canvas has this size."""
    canvas = struct.pack("<HH", width, height)
    return b"GIF89a" + canvas + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def with_id3(sound: bytes, size: int) -> bytes:
    """The MP3 behind a tag that holds a picture of this many bytes."""
    body = b"\0image/png\0\3\0" + bytes(size)
    return id3(b"APIC" + struct.pack(">I", len(body)) + b"\0\0" + body) + sound


Mutation = Callable[[random.Random, bytes, bytes], bytes]


def _truncated(chance: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: chance.randrange(1, len(data))]


def _beheaded(chance: random.Random, data: bytes, other: bytes) -> bytes:
    return data[chance.randrange(1, len(data)) :]


def _flipped(chance: random.Random, data: bytes, other: bytes) -> bytes:
    changed = bytearray(data)
    for _number in range(chance.choice((1, 3, 30, 300))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _flipped_in_front(chance: random.Random, data: bytes, other: bytes) -> bytes:
    front = min(len(data), 1024)
    return _flipped(chance, data[:front], other) + data[front:]


def _spliced(chance: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: chance.randrange(1, len(data))] + other[chance.randrange(len(other)) :]


def _repeated(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 4096)]
    return data[:start] + piece * chance.choice((2, 10, 50)) + data[start:]


def _zeroed(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(data))
    length = min(chance.randrange(1, 8192), len(data) - start)
    return data[:start] + bytes(length) + data[start + length :]


def _filled(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """Sizes and counts become as large as they can be."""
    start = chance.randrange(min(len(data), 2048))
    return data[:start] + b"\xff" * chance.choice((1, 2, 4, 8)) + data[start + 8 :]


def _inserted(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + chance.randbytes(chance.randrange(1, 2048)) + data[start:]


MUTATIONS: Sequence[Mutation] = (
    _truncated,
    _beheaded,
    _flipped,
    _flipped_in_front,
    _spliced,
    _repeated,
    _zeroed,
    _filled,
    _inserted,
)


def mutated(chance: random.Random, media: Sequence[bytes]) -> bytes:
    """One of these media, damaged in one or several ways."""
    data = chance.choice(media)
    for _number in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(MUTATIONS)(chance, data if len(data) > 1 else b"??", chance.choice(media))
    return data or b"?"


def small_media() -> list[bytes]:
    """One small file of many kinds."""
    return [
        film(seconds=1, sound="aac"),
        film(seconds=1, options={"movflags": "frag_keyframe+empty_moov"}),
        film("webm", "libvpx", seconds=1, sound="libopus"),
        film("matroska", "mpeg4", seconds=1),
        film("avi", "mpeg4", seconds=1),
        film("mpegts", "libx264", seconds=1),
        film("flv", "flv", seconds=1),
        *(sound(name, codec, seconds=1) for name, codec in SOUNDS.values()),
        *map(picture, PICTURES),
        *(PLAIN[name][0] for name in ("pdf", "svg", "m3u8")),
    ]
