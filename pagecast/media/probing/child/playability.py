"""Whether the browsers of today play a file: Chromium, Firefox and Safari, on the desktop and on phones.

The table is the common ground of
https://developer.mozilla.org/en-US/docs/Web/Media/Guides/Formats/Containers and its neighbours on video and
audio codecs. Two entries are young: Safari plays AV1 only where the machine decodes it itself (since 17), and
Opus and Vorbis in Ogg only since 18.4.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_EIGHT_BITS: Final = {"yuv420p", "yuvj420p"}
_MP4: Final = {"h264", "vp9", "av1", "aac", "mp3", "opus", "flac"}
_WEBM: Final = {"vp8", "vp9", "av1", "vorbis", "opus"}
# MP4 allows more in a QuickTime file than browsers play: PCM of cameras, ProRes, Apple Lossless.
_PLAYED: Final = {
    "mp4": _MP4,
    "mov": {"h264", "aac", "mp3"},
    "webm": _WEBM,
    "m4a": {"aac", "mp3", "opus", "flac"},
    "weba": {"vorbis", "opus"},
    "ogg": {"vorbis", "opus"},
    "mp3": {"mp3"},
    "aac": {"aac"},
    "flac": {"flac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"},
}
# Chroma is subsampled and samples have eight bits everywhere; only AV1 plays ten bits everywhere.
_SAMPLES: Final = {
    "h264": _EIGHT_BITS,
    "vp8": {*_EIGHT_BITS, "yuva420p"},
    "vp9": {*_EIGHT_BITS, "yuva420p"},
    "av1": {*_EIGHT_BITS, "yuv420p10le", "gray", "gray10le"},
}


def plays(kind: str, codecs: Collection[str], pixels: str | None) -> bool:
    """Whether they play a file of this kind with these codecs, as FFmpeg names these and its pixel format."""
    if not codecs or not set(codecs) <= _PLAYED.get(kind, set()):
        return False
    return all(pixels in _SAMPLES[codec] for codec in codecs if codec in _SAMPLES)
