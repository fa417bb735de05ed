"""A sound of a single MP3 frame, which FFmpeg does not take for one."""

from __future__ import annotations

from typing import Final

# ISO/IEC 11172-3 2.4.2.3 and ISO/IEC 13818-3 2.4.2.3, layer III. MPEG 2.5 is Fraunhofer's continuation.
_KILOBITS_1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MPEG_1: Final = 3
_LAYER_3: Final = 1
_SYNC: Final = 0xFFE00000


def lone_frame(head: bytes, size: int) -> float | None:
    """The seconds of a file that is one frame of MP3 and nothing else; None for any other file."""
    header = int.from_bytes(head[:4], "big")
    version, layer = header >> 19 & 3, header >> 17 & 3
    rates = _RATES.get(version)
    bit_rate, rate = header >> 12 & 15, header >> 10 & 3
    if header & _SYNC != _SYNC or rates is None or layer != _LAYER_3:
        return None
    if bit_rate in {0, 15} or rate >= len(rates):
        return None
    samples = 1152 if version == _MPEG_1 else 576
    kilobits = (_KILOBITS_1 if version == _MPEG_1 else _KILOBITS_2)[bit_rate - 1]
    length = samples * kilobits * 125 // rates[rate] + (header >> 9 & 1)
    return samples / rates[rate] if size == length else None
