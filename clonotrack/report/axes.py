"""Positions in the plot: samples along the days, levels along the decades, labels that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from clonotrack.report import formats
from clonotrack.report.series import PatientSeries, Row

FONT = 13
_LETTER = 0.56 * FONT  # mean width of a character [px]


@dataclass(frozen=True, slots=True)
class Decades:
    """Logarithmic axis of levels.

    Attributes:
        low: exponent of the lowest level, 10^low, at pixel `bottom`.
        high: exponent of the highest level, 10^high, at pixel `top`.
        top: pixel.
        bottom: pixel.
    """

    low: int
    high: int
    top: float
    bottom: float

    def y(self, level: float) -> float:
        """Compute the pixel of a level; a level below the axis is drawn at its bottom."""
        if level <= 0:
            return self.bottom
        share = (math.log10(level) - self.low) / (self.high - self.low)
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)


def fit_decades(series: PatientSeries, top: float, bottom: float) -> Decades:
    """Choose the whole decades that contain all estimates and LoDs.

    The lower end of an interval is included if it is at most a decade below the lowest of them.
    """
    rows = [row for sample in series.samples for row in sample.results if row["call"] != "failed"]
    points = [level for row in rows if (level := plotted_level(row))]
    points += [lod for row in rows if (lod := formats.number(row["lod"]))]
    points += [series.target] if series.target else []
    if not points:
        return Decades(-6, 0, top, bottom)
    feet = [foot for row in rows if is_positive(row) and (foot := formats.number(row["mrd_low"]))]
    heads = [head for row in rows if is_positive(row) and (head := formats.number(row["mrd_high"]))]
    low = math.floor(math.log10(max(min(points + feet), min(points) / 10)) - 0.08)
    high = math.ceil(math.log10(max(points + heads)))
    return Decades(low, max(high, low + 3), top, bottom)


def is_positive(row: Row) -> bool:
    """Return whether the decision rule called the result positive."""
    return str(row["call"]).startswith("positive")


def plotted_level(row: Row) -> float | None:
    """Return the level of a result in the plot: the estimate if positive, otherwise the LoD; None if it failed."""
    if row["call"] == "failed":
        return None
    return formats.number(row["mrd"] if is_positive(row) else row["lod"])


def sample_positions(series: PatientSeries, left: float, right: float) -> list[float]:
    """Compute the pixel of each sample by its day, or by its order if a day is missing.

    Samples close in time are moved apart until their symbols are legible.
    """
    number = len(series.samples)
    if number == 1:
        return [(left + right) / 2]
    days = [sample.day or 0.0 for sample in series.samples] if series.by_day else [float(i) for i in range(number)]
    span = days[-1] - days[0]
    if not span:
        days, span = [float(i) for i in range(number)], float(number - 1)
    apart = min(13.0, 0.9 * (right - left) / (number - 1))
    x = [left + (right - left) * (day - days[0]) / span for day in days]
    for i in range(1, number):
        x[i] = max(x[i], x[i - 1] + apart)
    for i in range(number - 1, -1, -1):
        x[i] = min(x[i], right - apart * (number - 1 - i))
    return x


def line_offsets(x: Sequence[float], lines: int) -> list[float]:
    """Compute the offset of each line from the position of its sample [px].

    `combined` stays in the middle, and the markers are placed on both sides.
    """
    room = min((after - before for before, after in pairwise(x)), default=60.0)
    step = min(11.0, 0.8 * room / max(lines, 1))
    return [0.0, *(((i + 2) // 2) * step * (-1 if i % 2 == 0 else 1) for i in range(lines - 1))]


@dataclass(frozen=True, slots=True)
class Label:
    """A text centred at a pixel of the x axis."""

    x: float
    text: str


def fit_labels(x: Sequence[float], texts: Sequence[str], left: float, right: float) -> list[Label]:
    """Choose the labels that fit between two pixels without overlap; the first and the last have priority."""
    taken: list[tuple[float, float]] = []
    chosen: list[tuple[int, Label]] = []
    order = dict.fromkeys([0, len(x) - 1, *range(len(x))])
    for i in order:
        half = len(texts[i]) * _LETTER / 2
        centre = min(max(x[i], left + half), right - half)
        start, end = centre - half - 5, centre + half + 5
        if all(end <= other_start or start >= other_end for other_start, other_end in taken):
            taken.append((start, end))
            chosen.append((i, Label(centre, texts[i])))
    return [label for _, label in sorted(chosen, key=lambda pair: pair[0])]
