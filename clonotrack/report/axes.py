"""Compute pixel positions in the plot: of samples by day, of levels on a logarithmic axis, and of labels."""

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
    """Logarithmic axis of levels [clone cells per nucleated cell].

    Attributes:
        low: power of ten of the lowest level, which is drawn at `bottom`.
        high: power of ten of the highest level, which is drawn at `top`.
        top: y coordinate of the upper end [px].
        bottom: y coordinate of the lower end [px].
    """

    low: int
    high: int
    top: float
    bottom: float

    def y(self, level: float) -> float:
        """Compute the y coordinate of a level [px]; a level outside the axis is drawn at its nearer end."""
        if level <= 0:
            return self.bottom
        share = (math.log10(level) - self.low) / (self.high - self.low)
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)


def fit_decades(series: PatientSeries, top: float, bottom: float) -> Decades:
    """Choose the whole decades that contain all estimates, LoDs, the target level and the upper limits of intervals.

    The lower limit of an interval is included only as far as a tenth of the lowest estimate, LoD or target level.

    Args:
        series: results of the patient.
        top: y coordinate of the upper end of the axis [px].
        bottom: y coordinate of the lower end of the axis [px].
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
    """Return the level at which a result is drawn: the estimate if positive, otherwise the LoD; None if failed."""
    if row["call"] == "failed":
        return None
    return formats.number(row["mrd"] if is_positive(row) else row["lod"])


def sample_positions(series: PatientSeries, left: float, right: float) -> list[float]:
    """Compute the x coordinate of each sample [px] by its day, or by its order if a sample has no day.

    Samples close in time are moved apart, so that their symbols do not overlap.

    Args:
        series: results of the patient, with the samples by day.
        left: x coordinate of the first sample [px].
        right: x coordinate of the last sample [px].
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
    """Compute how far the symbols of each line are moved sideways from the position of the sample [px].

    Args:
        x: x coordinates of the samples [px].
        lines: number of lines: `combined` and the markers.

    Returns:
        0 for `combined`, then the offset of each marker, alternately to the left and the right.
    """
    room = min((after - before for before, after in pairwise(x)), default=60.0)
    step = min(11.0, 0.8 * room / max(lines, 1))
    return [0.0, *(((i + 2) // 2) * step * (-1 if i % 2 == 0 else 1) for i in range(lines - 1))]


@dataclass(frozen=True, slots=True)
class Label:
    """A text of the x axis, centred at `x` [px]."""

    x: float
    text: str


def fit_labels(x: Sequence[float], texts: Sequence[str], left: float, right: float) -> list[Label]:
    """Choose the labels of the x axis that fit without overlap; the first and the last label have priority.

    Args:
        x: x coordinate of each label [px].
        texts: text of each label.
        left: smallest x coordinate of a text [px].
        right: largest x coordinate of a text [px].

    Returns:
        The labels that fit, in the order of `x`.
    """
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
