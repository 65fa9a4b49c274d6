"""Where things stand in the plot: samples along the days, levels along the decades, labels that do not collide."""

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
    """A log10 axis from 10^`low` at pixel `bottom` up to 10^`high` at pixel `top`."""

    low: int
    high: int
    top: float
    bottom: float

    def y(self, level: float) -> float:
        """Pixel of a level; what lies under the axis stands on its foot."""
        if level <= 0:
            return self.bottom
        share = (math.log10(level) - self.low) / (self.high - self.low)
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)


def fit_decades(series: PatientSeries, top: float, bottom: float) -> Decades:
    """Whole decades that hold every point and floor, an interval's foot as far as a decade under them."""
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
    """Whether the decision rule called the clone."""
    return str(row["call"]).startswith("positive")


def plotted_level(row: Row) -> float | None:
    """The level that a result is drawn at: its estimate where the clone was called, else its LoD; None if failed."""
    if row["call"] == "failed":
        return None
    return formats.number(row["mrd"] if is_positive(row) else row["lod"])


def sample_positions(series: PatientSeries, left: float, right: float) -> list[float]:
    """Pixel of each sample: by day, or by order where a day is missing; never closer than legible."""
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
    """Offset of each series from its sample's place [px]: `combined` in the middle, markers to both sides."""
    room = min((after - before for before, after in pairwise(x)), default=60.0)
    step = min(11.0, 0.8 * room / max(lines, 1))
    return [0.0, *(((i + 2) // 2) * step * (-1 if i % 2 == 0 else 1) for i in range(lines - 1))]


@dataclass(frozen=True, slots=True)
class Label:
    """A text centred at a pixel of the x axis."""

    x: float
    text: str


def fit_labels(x: Sequence[float], texts: Sequence[str], left: float, right: float) -> list[Label]:
    """As many labels as stand side by side between two pixels; first and last before the others."""
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
