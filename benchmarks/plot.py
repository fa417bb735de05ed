"""The report's picture: answers a second, and how the figures stand to their bounds."""

from pathlib import Path
from statistics import median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from .figures import rates, verdicts
from .verdict import Data

# Nothing in the file that differs from drawing to drawing.
mpl.rcParams["svg.hashsalt"] = "pagecast"
SERVER, CHECKED, MET, MISSED = "#4c6ef5", "#9775fa", "#2f9e44", "#e03131"
# How far a bar goes, and where the logarithm starts.
FAR, LEAST = 30.0, 50.0


def draw(data: Data, file: Path) -> None:
    """Draw what was measured into an SVG file."""
    rows = max(len(data["targets"]), len(verdicts(data)), 4)
    figure = Figure(figsize=(15, 1.6 + 0.36 * rows), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_rates(left, data)
    _draw_shares(right, data)
    figure.savefig(file, format="svg", metadata={"Date": None})


def _draw_rates(axes: Axes, data: Data) -> None:
    targets = data["targets"]
    for seat, what, color, shift in (
        ("wrk", "wrk", SERVER, -0.2),
        ("checked", "readers who check every answer", CHECKED, 0.2),
    ):
        found = {row: rates(data, name, seat) for row, name in enumerate(targets) if rates(data, name, seat)}
        middles = [median(each) for each in found.values()]
        ends = [
            [middle - min(each) for middle, each in zip(middles, found.values(), strict=True)],
            [max(each) - middle for middle, each in zip(middles, found.values(), strict=True)],
        ]
        axes.barh([row + shift for row in found], middles, 0.38, color=color, xerr=ends, label=what)
    axes.set_yticks(range(len(targets)), [target["label"] for target in targets.values()])
    _finish(axes, "answers a second (median, least and greatest round)")
    axes.set_xlim(left=LEAST)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)


def _draw_shares(axes: Axes, data: Data) -> None:
    found = [(verdict, verdict.share) for verdict in verdicts(data) if verdict.share is not None]
    for row, (verdict, measured) in enumerate(found):
        share = min(max(measured, 1 / FAR), FAR)
        axes.barh(row, share - 1, left=1, height=0.7, color=MET if measured >= 1 else MISSED)
        # Of several numbers the first will do here.
        axes.annotate(f" {verdict.measured.split(',')[0]}", (max(share, 1), row), va="center", fontsize=8)
    axes.set_yticks(range(len(found)), [verdict.what for verdict, _share in found])
    _finish(axes, "measured ÷ bound: 1 or more is met")
    axes.set_xlim(1 / FAR**0.5, 2 * FAR)
    axes.axvline(1, color="black", linewidth=1)


def _finish(axes: Axes, what: str) -> None:
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_xlabel(what)
    axes.grid(axis="x", alpha=0.3)
