"""Change of a patient's MRD from sample to sample: the table KINETICS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, log, log10
from typing import Any

import polars as pl

from clonotrack.tables import KINETICS, check

RISE_FACTOR = 10.0
"""A positive sample is a rise from this many times the lowest level before it: one log."""

Row = Mapping[str, Any]
Estimate = tuple[float, float, float]
"""A level with its lower and upper 95 % limit."""


@dataclass(frozen=True, slots=True)
class Level:
    """Level of one sample: an estimate with its limits, or an upper bound if the clone was not detected.

    Attributes:
        value: the estimate, or the bound.
        low: lower 95 % limit.
        high: upper 95 % limit.
        detected: whether `value` is an estimate; otherwise the level is below it.
    """

    value: float
    low: float = 0.0
    high: float = inf
    detected: bool = True

    @classmethod
    def of(cls, row: Row) -> Level | None:
        """Take the level from a row of MRD; None if it failed.

        METHOD: a sample that is not called positive is censored at its LoD (Helsel, Statistics for Censored
        Environmental Data, 2012). If its estimate is higher, it is censored there: something else explains the counts.
        """
        if row["call"] == "failed":
            return None
        if row["call"].startswith("positive"):
            return cls(row["mrd"], row["mrd_low"], row["mrd_high"])
        return cls(max(row["lod"], row["mrd"]), detected=False)


@dataclass(frozen=True, slots=True)
class TimePoint:
    """One sample of a series.

    Attributes:
        row: of MRD, with the tissue of the sample.
        day: of the sample.
        level: None if the sample failed.
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
        """Whether the sample was called negative, which takes an LoD that reaches the target."""
        return bool(self.row["call"] == "negative")


def kinetics(mrd: pl.DataFrame, samples: pl.DataFrame, sustained_days: float) -> pl.DataFrame:
    """Build the table KINETICS: compare each sample with those before it of the same patient, marker and tissue.

    Samples without a day cannot be put in order and are left out.

    Args:
        mrd: MRD.
        samples: SAMPLES, for role and tissue.
        sustained_days: days between the first and the last negative sample that make negativity sustained.
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
    """Compute the doubling time between two levels, with its 95 % limits; None without growth.

    METHOD: T = days ln 2 / ln(later / earlier), exponential growth. The interval of ln(ratio) is MOVER's: the distances
    of both levels' limits from their estimates, added in quadrature (Zou & Donner, Stat Med 2008). The upper limit is
    None if the interval of ln(ratio) includes no growth.

    Args:
        days: between the two samples.
        earlier: estimate, lower and upper 95 % limit of the level.
        later: the same of the later level.

    Returns:
        Estimate, lower and upper limit in days.
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
    """Compute the log10 change and whether it is a bound; nothing if neither sample detected the clone."""
    if not earlier or not later or not (earlier.detected or later.detected):
        return {}
    bound = None if earlier.detected and later.detected else "at_most" if earlier.detected else "at_least"
    return {"log10_change": log10(later.value / earlier.value), "change_bound": bound}


def _reduction(first: TimePoint | None, point: TimePoint) -> dict[str, Any]:
    """Compute the log10 reduction since the first baseline; nothing if that did not detect the clone."""
    if not first or first is point or not first.level or not first.level.detected or not point.level:
        return {}
    bound = None if point.level.detected else "at_least"
    return {"log10_reduction": log10(first.level.value / point.level.value), "reduction_bound": bound}


def _rise(before: Sequence[TimePoint], point: TimePoint) -> dict[str, Any]:
    lowest = min(earlier.level.value for earlier in before if earlier.level)
    rise = point.positive and point.level is not None and point.level.value >= RISE_FACTOR * lowest
    return {"lowest": lowest, "rise": rise}


def _doubling(earlier: TimePoint, later: TimePoint) -> dict[str, Any]:
    """Compute the doubling time since the sample before.

    If that did not detect the clone there is an upper limit only: from its LoD to the lower limit of the later level.
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
    """Compute the time to the first negative sample, and whether negativity is sustained.

    Failed and insufficient samples neither count nor interrupt it.
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
