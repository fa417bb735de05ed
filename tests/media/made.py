"""Films, sounds and pictures, made on the spot in some milliseconds."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.fifo import AudioFifo
from av.video.codeccontext import VideoCodecContext

# White above, black below.
HALVES = "geq=lum='if(lt(Y,H/2),235,16)':cb=128:cr=128"
# An encoder that talks.
os.environ.setdefault("SVT_LOG", "0")

PICTURES = {
    "png": ("png", "rgb24"),
    "mjpeg": ("mjpeg", "yuvj420p"),
    "bmp": ("bmp", "bgr24"),
    "tiff": ("tiff", "rgb24"),
    "webp": ("libwebp", "yuv420p"),
    "gif": ("gif", "rgb8"),
    "apng": ("apng", "rgb24"),
    "avif": ("libsvtav1", "yuv420p"),
}


def film(
    container: str = "mp4",
    codec: str = "libx264",
    *,
    picture: str = "testsrc2=size=320x180:rate=10",
    seconds: float = 2,
    pixels: str = "yuv420p",
    sound: str | None = None,
    options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    turned: int = 0,
) -> bytes:
    """A film: a picture of FFmpeg's own sources, in this container, with this codec."""
    target = io.BytesIO()
    with _same_priority(), av.open(target, "w", format=container, options=options or {}) as output:
        stream: Any = output.add_stream(codec, rate=10)
        frames = _frames(picture, seconds)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, pixels
        stream.codec_context.gop_size = 5
        stream.codec_context.thread_count = 1
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        heard: Any = output.add_stream(sound, rate=48000, layout="stereo") if sound else None
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame.reformat(format=pixels)))
        output.mux(stream.encode(None))
        if heard is not None:
            _play(output, heard, seconds)
    return turned_by(target.getvalue(), turned) if turned else target.getvalue()


@contextmanager
def _same_priority() -> Iterator[None]:
    """SVT-AV1 gives root's process, and all that it starts, a real-time priority, which stops all others."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def sound(
    container: str = "mp3",
    codec: str = "libmp3lame",
    *,
    seconds: float = 2,
    codec_options: dict[str, str] | None = None,
    **options: str,
) -> bytes:
    """A sine, in this container, with this codec."""
    target = io.BytesIO()
    with av.open(target, "w", format=container, options=options) as output:
        stream: Any = output.add_stream(codec, rate=48000, options=codec_options, layout="stereo")
        _play(output, stream, seconds)
    return target.getvalue()


def picture(kind: str = "png", size: tuple[int, int] = (64, 64), pixels: str | None = None) -> bytes:
    """A still picture."""
    codec, usual = PICTURES[kind]
    if kind in {"gif", "apng", "avif"}:
        source = f"testsrc2=size={size[0]}x{size[1]}:rate=10"
        return film(kind, codec, picture=source, seconds=0.1 if kind == "avif" else 0.3, pixels=usual)
    frame = _frames(f"testsrc2=size={size[0]}x{size[1]}:rate=1", 1)[0]
    context: Any = VideoCodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt, context.time_base = *size, pixels or usual, Fraction(1)
    packets = [*context.encode(frame.reformat(format=pixels or usual)), *context.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def turned_by(film: bytes, degrees: int) -> bytes:
    """The MP4 with the matrix of its track set as phones set it: turned clockwise."""
    matrices = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    place = film.index(b"tkhd") + 44
    a, b, c, d = (value << 16 for value in matrices[degrees])
    return film[:place] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + film[place + 36 :]


def with_cover(sound: bytes, cover: bytes) -> bytes:
    """The MP3 with this JPEG as its cover."""
    body = b"\0image/jpeg\0\3\0" + cover
    frame = b"APIC" + struct.pack(">I", len(body)) + b"\0\0" + body
    return id3(frame) + sound


def mp3_of_two_rates() -> bytes:
    """Two seconds of many bits, then six of few, without a table: its first bit rate tells a wrong length."""
    loud, quiet = (
        sound(seconds=seconds, codec_options={"b": rate}, write_xing="0", id3v2_version="0", write_id3v1="0")
        for seconds, rate in ((2, "320k"), (6, "32k"))
    )
    return loud + quiet


def film_of_scenes(scenes: Sequence[str], container: str = "mp4") -> bytes:
    """A film of two seconds for each of these colours or sources."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream: Any = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.codec_context.gop_size = 320, 180, 5
        size = "size=320x180:rate=10"
        sources = [
            f"{scene}={size}" if scene == "testsrc2" else f"color=color={scene}:{size}" for scene in scenes
        ]
        frames = [frame for source in sources for frame in _frames(source, 2)]
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target.getvalue()


def wave(samples: bytes, rate: int = 8000) -> bytes:
    """A WAV of 16 bits and one channel."""
    header = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVE" + header + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def sound_of_a_bang(loudness: int = 20_000) -> bytes:
    """Three seconds of silence, with a noise in the middle of it."""
    bang = struct.pack("<hh", loudness, -loudness) * 4000
    return wave(bytes(16000) + bang + bytes(16000))


def long_wave(hours: int) -> bytes:
    """A noise of a thousand samples a second, for hours."""
    return wave(struct.pack("<hh", 9000, -9000) * 1800 * 1000 * hours, 1000)


def remuxed(data: bytes, container: str, **options: str) -> bytes:
    """The first stream of this file as it is, in another container."""
    target = io.BytesIO()
    source: Any = av.open(io.BytesIO(data))
    with source, av.open(target, "w", format=container, options=options) as output:
        stream: Any = output.add_stream_from_template(source.streams[0])
        for packet in source.demux(source.streams[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return target.getvalue()


def id3(frames: bytes) -> bytes:
    return b"ID3\3\0\0" + bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0)) + frames


SOUNDS = {
    "mp3": ("mp3", "libmp3lame"),
    "m4a": ("ipod", "aac"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "wav": ("wav", "pcm_s16le"),
    "aac": ("adts", "aac"),
}
# What is no film, no sound and no picture, and what it is called.
PLAIN = {
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "a PDF"),
    "zip": (b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(64), "a ZIP archive"),
    "exe": (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff" + bytes(64), "a program"),
    "elf": (b"\x7fELF\x02\x01\x01" + bytes(64), "a program"),
    "mid": (b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0", "a MIDI file"),
    "gz": (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(64), "an archive"),
    "woff2": (b"wOF2\0\x01\0\0" + bytes(64), "a font"),
    "svg": (b'<?xml version="1.0"?>\n<!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>', "a picture (SVG)"),
    "html": (b"<!DOCTYPE html><title>x</title>", "a web page (HTML)"),
    "txt": ("Привет".encode("koi8-r"), "a text"),
    "utf16": ("WEBVTT\n\n".encode("utf-16"), "a subtitle file (WebVTT)"),
    "srt": (b"1\r\n00:00:00,000 --> 00:00:01,000\r\nHello\r\n", "a subtitle file (SubRip)"),
    "m3u8": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "a playlist (M3U)"),
}


def _frames(picture: str, seconds: float) -> list[Any]:
    name, _, arguments = picture.partition("=")
    graph = av.filter.Graph()
    if name == "geq":
        # It draws over another picture.
        source = graph.add("color", f"size=320x180:rate=10:duration={seconds}")
        shape = graph.add(name, arguments)
        source.link_to(shape)
        source = shape
    else:
        source = graph.add(name, f"{arguments}:duration={seconds}")
    graph.link_nodes(source, graph.add("format", "yuv420p"), graph.add("buffersink")).configure()
    frames = []
    while True:
        try:
            frames.append(graph.vpull())
        except (av.BlockingIOError, av.EOFError):
            return frames


def _play(output: Any, stream: Any, seconds: float) -> None:
    graph = av.filter.Graph()
    context: AudioCodecContext = stream.codec_context
    if not context.is_open:
        context.open()
    source = graph.add("sine", f"frequency=440:sample_rate=48000:duration={seconds}")
    shape = graph.add("aformat", f"sample_fmts={context.format.name}:channel_layouts=stereo")
    graph.link_nodes(source, shape, graph.add("abuffersink")).configure()
    fifo: Any = AudioFifo()
    done = False
    while not done:
        try:
            fifo.write(graph.pull())
        except (av.BlockingIOError, av.EOFError):
            done = True
        while frame := fifo.read(context.frame_size or 1024, partial=done):
            output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
