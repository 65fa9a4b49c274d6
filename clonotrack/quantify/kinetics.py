"""How a patient's MRD moved from sample to sample: KINETICS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, log, log10
from typing import Any

import polars as pl

from clonotrack.tables import KINETICS, check

RISE = 10.0
"""Times the lowest level before it at which a positive sample is a rise: one log."""

Row = Mapping[str, Any]
Limits = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """What one sample says of the level: an estimate with its limits, or less than `value` where none was detected."""

    value: float
    low: float = 0.0
    high: float = inf
    detected: bool = True

    @classmethod
    def of(cls, row: Row) -> Level | None:
        """Of a row of MRD; None where it failed.

        METHOD: what was not called is censored at its LoD (Helsel, Statistics for Censored Environmental Data, 2012),
        or at its estimate where that is higher, being explained by something else.
        """
        if row["call"] == "failed":
            return None
        if row["call"].startswith("positive"):
            return cls(row["mrd"], row["mrd_low"], row["mrd_high"])
        return cls(max(row["lod"], row["mrd"]), detected=False)


@dataclass(frozen=True, slots=True)
class Point:
    """One sample of a series: its day, its level if it has one, and what else its row says."""

    row: Row
    day: float
    level: Level | None

    @property
    def positive(self) -> bool:
        """Whether the clone was found."""
        return bool(self.row["call"].startswith("positive"))

    @property
    def negative(self) -> bool:
        """Whether it was not, by a sample that could have shown it."""
        return bool(self.row["call"] == "negative")


def kinetics(mrd: pl.DataFrame, samples: pl.DataFrame, sustained_days: float) -> pl.DataFrame:
    """KINETICS: each sample of a patient beside those before it of the same tissue, by marker and `combined`.

    Samples without a day cannot be put in order and are left out.

    Args:
        mrd: MRD.
        samples: SAMPLES, for role and tissue.
        sustained_days: between the first and the last of negatives that are sustained.
    """
    about = {row["sample_id"]: row for row in samples.iter_rows(named=True)}
    series: dict[tuple[Any, ...], list[Point]] = {}
    for row in mrd.filter(pl.col("day").is_not_null()).sort("day", maintain_order=True).iter_rows(named=True):
        tissue = about.get(row["sample_id"], {}).get("tissue")
        point = Point(row | {"tissue": tissue}, row["day"], Level.of(row))
        series.setdefault((row["subject_id"], row["marker_id"], tissue), []).append(point)
    baselines = {name for name, row in about.items() if row["role"] == "baseline"}
    rows = [row for points in series.values() for row in _course(points, baselines, sustained_days)]
    return check(pl.DataFrame(rows, schema=KINETICS.schema()).sort("subject_id", maintain_order=True), KINETICS)


def _course(points: Sequence[Point], baselines: set[str], sustained_days: float) -> Iterable[dict[str, Any]]:
    first = next((p for p in points if p.row["sample_id"] in baselines and p.level), None)
    for place, point in enumerate(points):
        before = [earlier for earlier in points[:place] if earlier.level]
        if before:
            yield {
                **{name: point.row[name] for name in ("subject_id", "marker_id", "tissue", "sample_id", "day", "call")},
                "previous_sample_id": before[-1].row["sample_id"],
                "days_between": point.day - before[-1].day,
                **_change(before[-1].level, point.level),
                **_reduction(first, point),
                **_rise(before, point),
                **_doubling(before[-1], point),
                **_negativity(points[: place + 1], first, sustained_days),
            }


def _change(earlier: Level | None, later: Level | None) -> dict[str, Any]:
    """Change on the log scale, and which way it is open; nothing where neither sample detected the clone."""
    if not earlier or not later or not (earlier.detected or later.detected):
        return {}
    bound = None if earlier.detected and later.detected else "at_most" if earlier.detected else "at_least"
    return {"log10_change": log10(later.value / earlier.value), "change_bound": bound}


def _reduction(first: Point | None, point: Point) -> dict[str, Any]:
    """Log reduction since the first baseline, which has to have shown the clone."""
    if not first or first is point or not first.level or not first.level.detected or not point.level:
        return {}
    bound = None if point.level.detected else "at_least"
    return {"log10_reduction": log10(first.level.value / point.level.value), "reduction_bound": bound}


def _rise(before: Sequence[Point], point: Point) -> dict[str, Any]:
    lowest = min(earlier.level.value for earlier in before if earlier.level)
    rose = point.positive and point.level is not None and point.level.value >= RISE * lowest
    return {"lowest": lowest, "rise": rose}


def doubling_time(days: float, earlier: Limits, later: Limits) -> tuple[float, float, float | None] | None:
    """Doubling time between two levels of which the later is higher, with its 95 % limits; None without growth.

    METHOD: exponential growth, T = days ln 2 / ln(ratio). The interval of ln(ratio) is MOVER's, the distances of the
    two levels' limits from their estimates in quadrature (Zou & Donner, Stat Med 2008); the upper limit is None where
    it holds no growth at all.

    Args:
        days: between the two.
        earlier: estimate, lower and upper 95 % limit.
        later: the same.

    Returns:
        Days: the estimate, its lower and its upper limit.
    """
    (old, old_low, old_high), (new, new_low, new_high) = earlier, later
    if days <= 0 or new <= old:
        return None
    time, growth = days * log(2), log(new / old)
    most = growth + hypot(log(new_high / new), _log(old, old_low))
    least = growth - hypot(_log(new, new_low), log(old_high / old))
    return time / growth, time / most, time / least if least > 0 else None


def _doubling(earlier: Point, later: Point) -> dict[str, Any]:
    """Doubling time since the sample before; after one that detected nothing only its upper limit, from the LoD."""
    days, old, new = later.day - earlier.day, earlier.level, later.level
    if not old or not new or not new.detected:
        return {}
    if old.detected:
        found = doubling_time(days, (old.value, old.low, old.high), (new.value, new.low, new.high))
        names = ("doubling_days", "doubling_low", "doubling_high")
        return dict(zip(names, found, strict=True)) if found else {}
    return {"doubling_high": days * log(2) / log(new.low / old.value)} if days > 0 and new.low > old.value else {}


def _log(value: float, low: float) -> float:
    return log(value / low) if low > 0 else inf


def _negativity(points: Sequence[Point], first: Point | None, sustained_days: float) -> dict[str, Any]:
    """Time to the first negative and how long it lasts; failed and insufficient samples neither count nor break it."""
    start = first.day if first else None
    negatives = [point for point in points if point.negative and (start is None or point.day > start)]
    found: dict[str, Any] = {"sustained": False}
    if negatives and start is not None:
        positive = [point.day for point in points if point.positive and point.day < negatives[0].day]
        found |= {
            "days_to_negativity": negatives[0].day - start,
            "days_positive": positive[-1] - start if positive else None,
        }
    since = [point for point in negatives if not any(p.positive and p.day >= point.day for p in points)]
    if since:
        lasted = points[-1].negative and points[-1].day - since[0].day >= sustained_days
        found |= {"negative_since": since[0].day, "sustained": lasted}
    return found
