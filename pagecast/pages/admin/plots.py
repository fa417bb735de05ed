"""Numbers over time as bars: what a template needs to draw them, in the reader's language and time zone."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format, number_format, time_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

# Pixels from the highest grid line to the lowest.
HEIGHT, SMALL_HEIGHT = 160, 80
# How many lines of a grid there are at most, beside the lowest one.
GRID_LINES = 4
# A single view among many is to be seen, too.
LEAST = 2
# What is left free of the room of a bar.
GAP = 0.25
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


class Period(models.TextChoices):
    """For how long, up to now."""

    TODAY = "today", _("Today")
    WEEK = "week", _("7 days")
    MONTH = "month", _("30 days")


DAYS = {Period.TODAY: 1, Period.WEEK: 7, Period.MONTH: 30}
# So many bars share one label, so that they have room at 390 pixels.
LABELLED = {Period.TODAY: 4, Period.WEEK: 1, Period.MONTH: 5}


@dataclass(frozen=True, slots=True)
class Bar:
    """The views of an hour or a day. Places are in percent of the plot's width, heights in pixels."""

    left: str
    middle: str
    width: str
    top: int
    height: int
    label: str
    views: str
    told: str
    tick: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid, with its number."""

    top: int
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """All that the template draws."""

    label: str
    total: str
    bars: list[Bar]
    lines: list[Line]
    height: int

    def draw(self) -> SafeString:
        """The plot as SVG, with a table of the same numbers for those who do not see it."""
        return render_to_string("front/plot.html", {"plot": self})


def since(period: Period) -> dt.datetime:
    """The hour with which the period begins. Where midnight is in its middle, the whole hour is in."""
    return _begin(period).astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def plot(views: Mapping[dt.datetime, int], period: Period, label: str, height: int = HEIGHT) -> Plot:
    """The views of the hours or days of a period as bars, the oldest first.

    `views` are those of moments; each goes to the last bar that begins no later.
    """
    starts = list(_starts(period))
    sums = [0] * len(starts)
    for moment, amount in views.items():
        # Sums of a database may come as decimals.
        sums[max(bisect_right(starts, moment) - 1, 0)] += int(amount)
    step = _step(max(sums))
    top = max(step * -(-max(sums) // step), step)
    bars = [
        _bar(period, start, amount, place / len(starts), 1 / len(starts), _height(amount, top, height))
        for place, (start, amount) in enumerate(zip(starts, sums, strict=True))
    ]
    ticks = LABELLED[period]
    drawn = [
        replace(bar, top=height - bar.height, tick=bar.tick if place % ticks == 0 else "")
        for place, bar in enumerate(bars)
    ]
    lines = [Line(height - height * value // top, number(value)) for value in range(0, top + 1, step)]
    return Plot(label, told(sum(sums)), drawn, lines, height)


def told(views: int) -> str:
    """So many views, in words."""
    return ngettext("%(views)s view", "%(views)s views", views) % {"views": number(views)}


def number(value: int) -> str:
    """A number with the separators of the reader's language."""
    return number_format(value, force_grouping=True)


def _bar(period: Period, start: dt.datetime, views: int, left: float, width: float, height: int) -> Bar:
    label, tick = _labels(period, start)
    return Bar(
        left=f"{100 * (left + width * GAP / 2):.2f}%",
        middle=f"{100 * (left + width / 2):.2f}%",
        width=f"{100 * width * (1 - GAP):.2f}%",
        top=0,
        height=height,
        label=label,
        views=number(views),
        told=told(views),
        tick=tick,
    )


def _labels(period: Period, start: dt.datetime) -> tuple[str, str]:
    """The name of an hour or a day, and a short one."""
    local = timezone.localtime(start)
    if period == Period.TODAY:
        hours = [time_format(moment, "H:i") for moment in (local, timezone.localtime(start + HOUR))]
        return "–".join(hours), hours[0]
    # Translators: days and short days without their year, in Django's format; in Russian j E and j.m
    day, short = gettext("F j"), gettext("j M")
    return date_format(local, day), date_format(local, "D" if period == Period.WEEK else short)


def _height(views: int, top: int, height: int) -> int:
    return max(views * height // top, LEAST) if views else 0


def _step(most: int) -> int:
    """The distance of grid lines: 1, 2 or 5 with some zeros, so that few of them reach the most views."""
    step = 1
    while step * GRID_LINES < most:
        # 1, 2, 5, 10 …
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


def _begin(period: Period) -> dt.datetime:
    return _midnight(timezone.localdate() - DAY * (DAYS[period] - 1))


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _starts(period: Period) -> Iterator[dt.datetime]:
    """When the hours or days of the period begin. A day of a change of the clock has 23 hours, or 25."""
    begin = _begin(period)
    if period != Period.TODAY:
        first = timezone.localdate(begin)
        yield from (_midnight(first + DAY * number) for number in range(DAYS[period]))
        return
    end, hour = _midnight(timezone.localdate() + DAY), begin.astimezone(dt.UTC)
    while hour < end:
        yield hour
        hour += HOUR
