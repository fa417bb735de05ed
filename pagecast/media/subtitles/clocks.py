"""The times of TTML: clock times, frames, ticks and offsets. Source: https://www.w3.org/TR/ttml1/#timing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

_CLOCK = re.compile(
    r"([0-9]{1,6}):([0-5]?[0-9]):([0-5]?[0-9])(?:\.([0-9]{1,12})|:([0-9]{1,4})(?:\.([0-9]{1,4}))?)?"
)
_OFFSET = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,12})?)(h|ms|m|s|f|t)")
# What most files have.
_SECONDS = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,3}))?s")
_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_NUMBER = re.compile(r"[0-9]{1,9}")
_RATIO = re.compile(r"([0-9]{1,9})[\s:]+([0-9]{1,9})")
_DEFAULT_RATE = 30


@dataclass(frozen=True, slots=True)
class Clock:
    """How a document counts."""

    frames: int = _DEFAULT_RATE
    multiplier: Fraction = Fraction(1)
    subframes: int = 1
    ticks: Fraction = Fraction(1)
    is_smpte: bool = False
    drop: str = "nonDrop"

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Clock":
        """The clock of the parameters of a root element; what cannot be read counts as absent."""
        frames = _number(parameters, "frameRate")
        ratio = _RATIO.fullmatch(parameters.get("frameRateMultiplier", "").strip())
        multiplier = (
            Fraction(int(ratio[1]), int(ratio[2]))
            if ratio and int(ratio[1]) and int(ratio[2])
            else Fraction(1)
        )
        subframes = _number(parameters, "subFrameRate") or 1
        ticks = _number(parameters, "tickRate") or ((frames or 0) * multiplier * subframes) or 1
        is_smpte = parameters.get("timeBase") == "smpte"
        drop = parameters.get("dropMode", "nonDrop")
        return cls(frames or _DEFAULT_RATE, multiplier, subframes, Fraction(ticks), is_smpte, drop)

    def milliseconds(self, text: str) -> int | None:
        """The time that an attribute tells, or None if it cannot be read."""
        text = text.strip()
        if found := _SECONDS.fullmatch(text):
            return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
        if found := _OFFSET.fullmatch(text):
            return round(Fraction(found[1]) * self._unit(found[2]))
        if found := _CLOCK.fullmatch(text):
            hours, minutes, seconds = map(int, found.group(1, 2, 3))
            whole = (hours * 60 + minutes) * 60 + seconds
            if found[5] is None:
                return round(Fraction(f"{whole}.{found[4] or 0}") * 1000)
            frames = int(found[5]) + Fraction(int(found[6] or 0), self.subframes)
            if self.is_smpte:
                frames += whole * self.frames - self._dropped(hours, minutes)
                return round(frames * self._unit("f"))
            return round(whole * 1000 + frames * self._unit("f"))
        return None

    def _unit(self, metric: str) -> Fraction | int:
        """Milliseconds in a unit."""
        if metric == "f":
            return 1000 / (self.frames * self.multiplier)
        return 1000 / self.ticks if metric == "t" else _UNITS[metric]

    def _dropped(self, hours: int, minutes: int) -> int:
        """The frame numbers that were left out so far."""
        if self.drop == "dropNTSC":
            return (hours * 54 + minutes - minutes // 10) * 2
        if self.drop == "dropPAL":
            return (hours * 27 + minutes // 2 - minutes // 20) * 4
        return 0


def _number(parameters: Mapping[str, str], name: str) -> int:
    text = parameters.get(name, "").strip()
    return int(text) if _NUMBER.fullmatch(text) else 0
