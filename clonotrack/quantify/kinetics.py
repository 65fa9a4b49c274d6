"""Compute the change of a patient's MRD between samples: the table KINETICS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, log, log10
from typing import Any

import polars as pl

from clonotrack.tables import KINETICS, check

RISE_FACTOR = 10.0
"""A positive sample is a rise if its level is at least this factor (one log) above the lowest earlier level."""

Row = Mapping[str, Any]
Estimate = tuple[float, float, float]
"""A level with its lower and upper 95 % limit [clone cells per nucleated cell]."""


@dataclass(frozen=True, slots=True)
class Level:
    """Level of one sample [clone cells per nucleated cell]: an estimate, or an upper bound if it was not positive.

    Attributes:
        value: the estimate, or the upper bound.
        low: lower 95 % limit; 0 for an upper bound.
        high: upper 95 % limit; infinite for an upper bound.
        detected: whether the sample was called positive, so that `value` is an estimate.
    """

    value: float
    low: float = 0.0
    high: float = inf
    detected: bool = True

    @classmethod
    def of(cls, row: Row) -> Level | None:
        """Take the level from a row of MRD; None if the call is `failed`.

        METHOD: a sample that is not called positive is censored at its LoD: its level is below the LoD (Helsel,
        Statistics for Censored Environmental Data, 2012). If its estimate is above the LoD, for example by carry-over,
        it is censored at the estimate.
        """
        if row["call"] == "failed":
            return None
        if row["call"].startswith("positive"):
            return cls(row["mrd"], row["mrd_low"], row["mrd_high"])
        return cls(max(row["lod"], row["mrd"]), detected=False)


@dataclass(frozen=True, slots=True)
class TimePoint:
    """One sample in the time series of a patient, marker and tissue.

    Attributes:
        row: row of MRD, with the tissue of the sample added.
        day: day of the sample.
        level: level of the sample; None if the sample failed.
    """

    row: Row
    day: float
    level: Level | None

    @property
    def positive(self) -> bool:
        """Whether the sample was called positive."""
        return bool(self.row["call"].startswith("positive"))

    @property
    def negative(self) -> bool:
        """Whether the call is `negative`: not positive, with an LoD at or below the target level."""
        return bool(self.row["call"] == "negative")


def kinetics(mrd: pl.DataFrame, samples: pl.DataFrame, sustained_days: float) -> pl.DataFrame:
    """Build the table KINETICS: compare each sample with the earlier samples of the same patient, marker and tissue.

    Samples without a day are left out, because their order is not known.

    Args:
        mrd: MRD.
        samples: SAMPLES, for role and tissue.
        sustained_days: smallest number of days from the first negative sample to this one, without a positive sample
            between them, at which negativity counts as sustained.
    """
    sheet = {row["sample_id"]: row for row in samples.iter_rows(named=True)}
    series: dict[tuple[Any, ...], list[TimePoint]] = {}
    for row in mrd.filter(pl.col("day").is_not_null()).sort("day", maintain_order=True).iter_rows(named=True):
        tissue = sheet.get(row["sample_id"], {}).get("tissue")
        point = TimePoint(row | {"tissue": tissue}, row["day"], Level.of(row))
        series.setdefault((row["subject_id"], row["marker_id"], tissue), []).append(point)
    baselines = {name for name, row in sheet.items() if row["role"] == "baseline"}
    rows = [row for points in series.values() for row in _series_rows(points, baselines, sustained_days)]
    return check(pl.DataFrame(rows, schema=KINETICS.schema()).sort("subject_id", maintain_order=True), KINETICS)


def doubling_time(days: float, earlier: Estimate, later: Estimate) -> tuple[float, float, float | None] | None:
    """Compute the doubling time between two levels, with its 95 % limits.

    METHOD: exponential growth, T = days ln 2 / ln(later / earlier). The limits of ln(later / earlier) come from MOVER:
    the distances of the limits of both levels from their estimates on the log scale, added in quadrature (Zou & Donner,
    Stat Med 2008).

    Args:
        days: days between the two samples.
        earlier: estimate, lower and upper 95 % limit of the earlier level [clone cells per nucleated cell].
        later: estimate, lower and upper 95 % limit of the later level [clone cells per nucleated cell].

    Returns:
        Doubling time, lower and upper 95 % limit [days]; None if the level did not rise. The upper limit is None if the
        limits of both levels are compatible with no growth.
    """
    (old, old_low, old_high), (new, new_low, new_high) = earlier, later
    if days <= 0 or new <= old:
        return None
    time, growth = days * log(2), log(new / old)
    most = growth + hypot(log(new_high / new), _log_ratio(old, old_low))
    least = growth - hypot(_log_ratio(new, new_low), log(old_high / old))
    return time / growth, time / most, time / least if least > 0 else None


def _log_ratio(value: float, low: float) -> float:
    return log(value / low) if low > 0 else inf


def _series_rows(points: Sequence[TimePoint], baselines: set[str], sustained_days: float) -> Iterable[dict[str, Any]]:
    first = next((point for point in points if point.row["sample_id"] in baselines and point.level), None)
    for i, point in enumerate(points):
        before = [earlier for earlier in points[:i] if earlier.level]
        if before:
            yield {
                **{name: point.row[name] for name in ("subject_id", "marker_id", "tissue", "sample_id", "day", "call")},
                "previous_sample_id": before[-1].row["sample_id"],
                "days_between": point.day - before[-1].day,
                **_change(before[-1].level, point.level),
                **_reduction(first, point),
                **_rise(before, point),
                **_doubling(before[-1], point),
                **_negativity(points[: i + 1], first, sustained_days),
            }


def _change(earlier: Level | None, later: Level | None) -> dict[str, Any]:
    """Return log10_change and change_bound; nothing if a sample failed or neither sample is positive."""
    if not earlier or not later or not (earlier.detected or later.detected):
        return {}
    bound = None if earlier.detected and later.detected else "at_most" if earlier.detected else "at_least"
    return {"log10_change": log10(later.value / earlier.value), "change_bound": bound}


def _reduction(first: TimePoint | None, point: TimePoint) -> dict[str, Any]:
    """Return log10_reduction since the first baseline, and reduction_bound; nothing if the baseline is not positive."""
    if not first or first is point or not first.level or not first.level.detected or not point.level:
        return {}
    bound = None if point.level.detected else "at_least"
    return {"log10_reduction": log10(first.level.value / point.level.value), "reduction_bound": bound}


def _rise(before: Sequence[TimePoint], point: TimePoint) -> dict[str, Any]:
    lowest = min(earlier.level.value for earlier in before if earlier.level)
    rise = point.positive and point.level is not None and point.level.value >= RISE_FACTOR * lowest
    return {"lowest": lowest, "rise": rise}


def _doubling(earlier: TimePoint, later: TimePoint) -> dict[str, Any]:
    """Return the doubling time since the previous sample, with its limits.

    If the previous sample is not positive, only the upper limit is known: growth from its LoD to the lower limit of the
    later level.
    """
    days, old, new = later.day - earlier.day, earlier.level, later.level
    if not old or not new or not new.detected:
        return {}
    if old.detected:
        times = doubling_time(days, (old.value, old.low, old.high), (new.value, new.low, new.high))
        names = ("doubling_days", "doubling_low", "doubling_high")
        return dict(zip(names, times, strict=True)) if times else {}
    return {"doubling_high": days * log(2) / log(new.low / old.value)} if days > 0 and new.low > old.value else {}


def _negativity(points: Sequence[TimePoint], first: TimePoint | None, sustained_days: float) -> dict[str, Any]:
    """Return the days to the first negative sample, and whether negativity is sustained.

    Failed and insufficient samples are ignored: they do not count as negative and do not end negativity.
    """
    start = first.day if first else None
    negatives = [point for point in points if point.negative and (start is None or point.day > start)]
    columns: dict[str, Any] = {"sustained": False}
    if negatives and start is not None:
        positive_days = [point.day for point in points if point.positive and point.day < negatives[0].day]
        columns |= {
            "days_to_negativity": negatives[0].day - start,
            "days_positive": positive_days[-1] - start if positive_days else None,
        }
    lasting = [point for point in negatives if not any(each.positive and each.day >= point.day for each in points)]
    if lasting:
        sustained = points[-1].negative and points[-1].day - lasting[0].day >= sustained_days
        columns |= {"negative_since": lasting[0].day, "sustained": sustained}
    return columns
