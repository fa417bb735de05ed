"""One colour of somebody's choice, as two that can be read: on light and on dark backgrounds.

What it measures by: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from collections.abc import Callable
from math import ceil, floor

#: What the site has behind its text, at most: nothing light is darker than this, and nothing dark lighter.
DARKEST_LIGHT, LIGHTEST_DARK = "#f2f2f2", "#262626"
#: The least contrast of text that is read with ease.
ENOUGH = 4.5
# Where the curve of sRGB bends, as it is written and in light.
_BEND, _BEND_IN_LIGHT = 0.04045, 0.0031308


def for_light(colour: str) -> str:
    """The colour, as much darker as it takes to be read on light backgrounds. Its hue stays."""
    most = (luminance(DARKEST_LIGHT) + 0.05) / ENOUGH - 0.05
    part = min(1.0, most / max(luminance(colour), most))
    return colour if part == 1 else _written([part * each for each in _linear(colour)], floor)


def for_dark(colour: str) -> str:
    """The colour, with as much white in it as it takes to be read on dark backgrounds."""
    least = (luminance(LIGHTEST_DARK) + 0.05) * ENOUGH - 0.05
    now = luminance(colour)
    if now >= least:
        return colour
    white = (least - now) / (1 - now)
    return _written([each + white * (1 - each) for each in _linear(colour)], ceil)


def luminance(colour: str) -> float:
    """From 0 for black to 1 for white."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> list[float]:
    """How much light there is of each, out of #rrggbb."""
    parts = [part / 255 for part in bytes.fromhex(colour.removeprefix("#"))]
    return [part / 12.92 if part <= _BEND else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _written(linear: list[float], whole: Callable[[float], int]) -> str:
    parts = [part * 12.92 if part <= _BEND_IN_LIGHT else 1.055 * part ** (1 / 2.4) - 0.055 for part in linear]
    return "#" + bytes(min(255, max(0, whole(part * 255))) for part in parts).hex()
