"""Calibrators: how many reads, or UMIs, a molecule put into the tube gave: by V family, locus or over the whole tube.

Symbols as in docs/statistics.md: a = rho * capture reads per molecule put in, tau its standard error on the log scale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, Literal

from clonotrack.errors import QuantityError

if TYPE_CHECKING:
    import polars as pl

Scope = Literal["family", "locus", "tube"]

FAMILY_LEAST = 3
"""Calibrators of a V family from which it has a coefficient of its own: of fewer none can be judged."""
_ALLOWED_SCORE = 4.0
_FAMILY = re.compile(r"(IG[HKL]|TR[ABGD])V\d+")


@dataclass(frozen=True, slots=True)
class Point:
    """One control in one tube: copies put in, and the reads or UMIs that were counted of it."""

    control_id: str
    locus: str | None
    family: str | None
    copies: float
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the calibrators of a tube say about one locus or V family.

    Attributes:
        per_copy: a, reads or UMIs per molecule put into the tube; 0 where no calibrator was found.
        log_sd: tau, standard error of log(a) by counting.
        scatter: variance of the calibrators' counts about the line over that of counting; 0 for a single one.
        scope: whose calibrators were used: those of the V family, of the locus, or all of the tube.
        points: the calibrators that count.
        failed: control_id of those far from the others.
    """

    per_copy: float
    log_sd: float
    scatter: float
    scope: Scope
    points: tuple[Point, ...]
    failed: tuple[str, ...]

    @property
    def wide_sd(self) -> float:
        """Standard error of log(a) where the calibrators' scatter, if more than that of counting, takes its place."""
        return self.log_sd * sqrt(max(1.0, self.scatter))

    @property
    def used(self) -> tuple[str, ...]:
        """control_id of the calibrators that count."""
        return tuple(point.control_id for point in self.points)

    @property
    def pooled(self) -> bool:
        """Whether calibrators of other loci had to do."""
        return self.scope == "tube"


@dataclass(frozen=True, slots=True)
class Calibrators:
    """The calibrators of one tube.

    Attributes:
        points: what was counted of each.
        unevenness: exp(s^2) / capture, by which each read a copy gives raises the variance over mean; 0 for UMIs.
    """

    points: tuple[Point, ...]
    unevenness: float

    def __bool__(self) -> bool:
        return bool(self.points)

    def of(self, locus: str | None, family: str | None = None) -> Calibration:
        """The coefficient of a marker's V family, else of its locus, else of all calibrators of the tube.

        METHOD: a line through zero, reads / copies summed, as Vidjil's spike-in script fits one for each V family; a
        family with fewer than three calibrators falls back on its locus, a locus with none on the tube. A calibrator
        without locus counts for every locus. Reads lost to sequencing errors are lost alike in calibrators and
        markers, so a carries them.
        """
        kin = [point for point in self.points if family and point.family == family]
        if len(kin) >= FAMILY_LEAST:
            return fit(kin, "family", self.inflation)
        own = [point for point in self.points if locus and point.locus in (locus, None)]
        return fit(own, "locus", self.inflation) if own else fit(self.points, "tube", self.inflation)

    def inflation(self, per_copy: float) -> float:
        """Variance over mean of the counts of Poisson(copies) molecules: 1 + rho exp(s^2)."""
        return 1.0 + per_copy * self.unevenness


def fit(points: Sequence[Point], scope: Scope, inflation: Callable[[float], float]) -> Calibration:
    """One coefficient for these controls, robust against one that failed.

    METHOD: its error by counting is that of Poisson many molecules of uneven yield, whose counts have `inflation` times
    the variance of Poisson counts. Scatter beyond that is the efficiency of sequences (`efficiency_sd`).
    """
    failed = outliers(points, inflation)
    kept = tuple(point for point in points if point.control_id not in failed)
    total = sum(point.count for point in kept)
    if not total:
        return Calibration(0.0, 0.0, 0.0, scope, (), tuple(point.control_id for point in points))
    coefficient = total / sum(point.copies for point in kept)
    inflated = inflation(coefficient)
    spread = scatter([(point.count, point.copies * coefficient) for point in kept]) / inflated
    return Calibration(coefficient, sqrt(inflated / total), spread, scope, kept, failed)


def scatter(points: Sequence[tuple[float, float]]) -> float:
    """Variance over mean of counts about what is expected of them, Pearson's; 0 for a single one."""
    if len(points) < 2:
        return 0.0
    return sum((seen - mean) ** 2 / mean for seen, mean in points) / (len(points) - 1)


def outliers(points: Sequence[Point], inflation: Callable[[float], float]) -> tuple[str, ...]:
    """Names of the controls that are further from the median than chance and the others' scatter explain.

    METHOD: scores d = 2 sqrt(copies) (sqrt(count / copies) - median), whose variance is that of counts over their
    mean (square-root transformation, Bartlett 1936); refused beyond four times the larger of the model's standard
    deviation and 1.4826 times the median absolute score. Of fewer than three none is judged.
    """
    if len(points) < FAMILY_LEAST:
        return ()
    roots = [sqrt(point.count / point.copies) for point in points]
    middle = median(roots)
    scores = [2 * sqrt(point.copies) * abs(root - middle) for point, root in zip(points, roots, strict=True)]
    allowed = _ALLOWED_SCORE * max(sqrt(inflation(middle**2)), 1.4826 * median(scores))
    return tuple(point.control_id for point, score in zip(points, scores, strict=True) if score > allowed)


def points_of(controls: pl.DataFrame, kind: str, counts: Mapping[str, int]) -> tuple[Point, ...]:
    """The controls of one kind with what was counted of them, reads or UMIs, in a tube.

    Raises:
        QuantityError: a control was not looked for in this tube, or has no copies.
    """
    found = []
    for row in controls.filter(controls["kind"] == kind).iter_rows(named=True):
        name, copies = row["control_id"], float(row["copies"])
        if not copies > 0:
            raise QuantityError(f"control {name} has {copies:g} copies: state what went into a tube")
        if name not in counts:
            raise QuantityError(f"{kind} {name} was not looked for in this tube: run `track` again with --controls")
        found.append(Point(name, row["locus"], row.get("v_family"), copies, counts[name]))
    return tuple(found)


def family_of(v_call: str | None) -> str | None:
    """V family of a call, the one that all its ties agree on: IGHV3 of ``IGHV3-23*01,IGHV3-23D*01``."""
    families = {match[0] for call in (v_call or "").split(",") if (match := _FAMILY.match(call))}
    return families.pop() if len(families) == 1 else None
