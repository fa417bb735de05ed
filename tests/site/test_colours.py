"""An accent can be read, whatever the colour and the background."""

from __future__ import annotations

import colorsys

from hypothesis import example, given
from hypothesis import strategies as some

from pagecast.site.colours import DARKEST_LIGHT, ENOUGH, LIGHTEST_DARK, for_dark, for_light, luminance

COLOURS = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def contrast(one: str, other: str) -> float:
    """From 1 for the same to 21 for black on white: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@given(COLOURS)
@example("#000000")
@example("#ffffff")
@example("#ffff00")
@example("#0000ff")
def test_both_shades_can_be_read(colour: str) -> None:
    for background in ("#ffffff", DARKEST_LIGHT):
        assert contrast(for_light(colour), background) >= ENOUGH
    for background in ("#000000", "#111111", LIGHTEST_DARK):
        assert contrast(for_dark(colour), background) >= ENOUGH


@given(COLOURS)
def test_a_colour_that_can_be_read_stays_as_it_is(colour: str) -> None:
    assert (for_light(colour) == colour) == (contrast(colour, DARKEST_LIGHT) >= ENOUGH)
    assert (for_dark(colour) == colour) == (contrast(colour, LIGHTEST_DARK) >= ENOUGH)


def hue(colour: str) -> float:
    return 360 * colorsys.rgb_to_hls(*(part / 255 for part in bytes.fromhex(colour[1:])))[0]


def test_yellow_stays_yellow_and_blue_stays_blue() -> None:
    assert abs(hue(for_light("#ffdd00")) - hue("#ffdd00")) < 10
    assert abs(hue(for_dark("#0000c0")) - hue("#0000c0")) < 10


def test_contrast_is_that_of_the_standard() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
