"""A frame as a JPEG, upright and of a size for pages."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Final

from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from .streams import quarter_turns

WIDEST: Final = 1280
_TALLEST: Final = 2560
# The quantiser of FFmpeg's encoder: 2 is the finest, 31 the coarsest.
_QUANTISER: Final = 4
# What shines through a transparent picture.
_PAPER: Final = "white"
_TURNS: Final = {1: ("transpose=clock",), 2: ("hflip", "vflip"), 3: ("transpose=cclock",)}
_STILL: Final = Fraction(1, 25)


def fitted(frame: VideoFrame, displayed: tuple[int, int]) -> VideoFrame:
    """The frame upright, with square pixels, scaled down to what a page shows, and opaque.

    `displayed` is its size as displayed. Raises `av.FFmpegError`.
    """
    turns = quarter_turns(frame)
    across, down = _even(displayed)
    if turns % 2:
        across, down = down, across
    if _may_be_transparent(frame):
        frame = _on_paper(_scaled(frame, across, down, "rgba"))
    frame = _scaled(frame, across, down, "yuvj420p")
    for turn in _TURNS.get(turns, ()):
        frame = _filtered(frame, turn)
    return frame


def encode(frame: VideoFrame) -> bytes:
    """A frame of full range 4:2:0 as a JPEG. Raises `av.FFmpegError`."""
    context = VideoCodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuvj420p"
    context.color_range = ColorRange.JPEG
    context.time_base = _STILL
    context.thread_count = 1
    context.qmin = context.qmax = _QUANTISER
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


def write(data: bytes, target: bytes) -> None:
    """Write a new file. Raises `OSError`."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor is no path
        file.write(data)


def _even(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    scale = min(1.0, WIDEST / width, _TALLEST / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _scaled(frame: VideoFrame, width: int, height: int, pixels: str) -> VideoFrame:
    return frame.reformat(
        width,
        height,
        pixels,
        dst_colorspace=Colorspace.ITU601,
        interpolation=Interpolation.BICUBIC,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    )


def _may_be_transparent(frame: VideoFrame) -> bool:
    return frame.format.has_palette or any(component.is_alpha for component in frame.format.components)


def _on_paper(frame: VideoFrame) -> VideoFrame:
    graph = Graph()
    graph.threads = 1
    picture = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_STILL)
    paper = graph.add("color", f"{_PAPER}:s={frame.width}x{frame.height}:r=25:d=0.04")
    overlay, sink = graph.add("overlay", "format=rgb"), graph.add("buffersink")
    paper.link_to(overlay, 0, 0)
    picture.link_to(overlay, 0, 1)
    overlay.link_to(sink)
    return _through(graph, frame)


def _filtered(frame: VideoFrame, description: str) -> VideoFrame:
    graph = Graph()
    graph.threads = 1
    name, _, arguments = description.partition("=")
    picture = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_STILL)
    graph.link_nodes(picture, graph.add(name, arguments or None), graph.add("buffersink"))
    return _through(graph, frame)


def _through(graph: Graph, frame: VideoFrame) -> VideoFrame:
    graph.configure()
    frame.pts = 0
    graph.vpush(frame)
    graph.vpush(None)
    return graph.vpull()
