"""Calibrate a tube with spike-in calibrators: reads, or UMIs, per molecule put into it.

The coefficient belongs to a V family, a locus or the whole tube. Symbols as in docs/statistics.md: a = rho * capture,
the reads per molecule put in; tau, its standard error on the log scale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Literal

Scope = Literal["family", "locus", "tube"]
"""Whose calibrators a coefficient is of."""

MIN_FAMILY_CALIBRATORS = 3
"""Calibrators from which a V family has its own coefficient; among fewer, no outlier can be recognised."""

_MAX_SCORE = 4.0
_V_FAMILY = re.compile(r"(IG[HKL]|TR[ABGD])V\d+")


@dataclass(frozen=True, slots=True)
class ControlCount:
    """One control in one tube.

    Attributes:
        control_id: as in CONTROLS.
        locus: None if it counts for every locus.
        family: V family; None if it has none.
        copies: molecules put into the tube.
        count: reads or UMIs.
    """

    control_id: str
    locus: str | None
    family: str | None
    copies: float
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficient of one V family, one locus or one tube, from its calibrators.

    Attributes:
        counts_per_copy: a, reads or UMIs per molecule put into the tube; 0 if the tube has no reads of calibrators.
        log_sd: tau, standard error of log(a) by counting.
        scatter: variance of the calibrators' counts about the fit, relative to that of counting; 0 for one calibrator.
        scope: whose calibrators were used.
        controls: the calibrators that were used.
        failed: control_id of the outliers, which were not used.
    """

    counts_per_copy: float
    log_sd: float
    scatter: float
    scope: Scope
    controls: tuple[ControlCount, ...]
    failed: tuple[str, ...]

    @property
    def log_sd_with_scatter(self) -> float:
        """Standard error of log(a) by the scatter of the calibrators, if that is more than by counting."""
        return self.log_sd * sqrt(max(1.0, self.scatter))

    @property
    def used(self) -> tuple[str, ...]:
        """control_id of the calibrators that were used."""
        return tuple(control.control_id for control in self.controls)

    @property
    def pooled(self) -> bool:
        """Whether calibrators of other loci were used."""
        return self.scope == "tube"


@dataclass(frozen=True, slots=True)
class Calibrators:
    """The spike-in calibrators of one tube.

    Attributes:
        controls: their counts.
        unevenness: exp(s^2) / capture: increase of variance over mean for each read per copy; 0 for UMIs.
    """

    controls: tuple[ControlCount, ...]
    unevenness: float

    def __bool__(self) -> bool:
        return bool(self.controls)

    def calibration(self, locus: str | None, family: str | None = None) -> Calibration:
        """Fit the coefficient for a marker, from the calibrators of its V family, its locus or the whole tube.

        METHOD: a line through zero, the sum of counts over the sum of copies, as Vidjil's spike-in script fits one for
        each V family. A family with fewer than `MIN_FAMILY_CALIBRATORS` uses those of its locus. A locus without
        calibrators uses those of the tube. A calibrator without a locus counts for every locus. Sequencing errors lose
        the same share of the reads of calibrators and markers, so a contains this loss.

        Args:
            locus: of the marker.
            family: V family of the marker.
        """
        of_family = [control for control in self.controls if family and control.family == family]
        if len(of_family) >= MIN_FAMILY_CALIBRATORS:
            return fit(of_family, "family", self.inflation)
        of_locus = [control for control in self.controls if locus and control.locus in (locus, None)]
        return fit(of_locus, "locus", self.inflation) if of_locus else fit(self.controls, "tube", self.inflation)

    def inflation(self, counts_per_copy: float) -> float:
        """Compute variance over mean of the counts of Poisson(copies) molecules: 1 + rho exp(s^2)."""
        return 1.0 + counts_per_copy * self.unevenness


def fit(controls: Sequence[ControlCount], scope: Scope, inflation: Callable[[float], float]) -> Calibration:
    """Fit one coefficient to the counts of controls, without outliers.

    METHOD: molecules are Poisson and have uneven yields, so the variance of a count is `inflation` times that of a
    Poisson count. Scatter beyond that is the efficiency of sequences (`estimate_efficiency`).

    Args:
        controls: counts of controls.
        scope: of the coefficient.
        inflation: variance over mean of a count, for a number of counts per copy.
    """
    failed = outliers(controls, inflation)
    kept = tuple(control for control in controls if control.control_id not in failed)
    total = sum(control.count for control in kept)
    if not total:
        return Calibration(0.0, 0.0, 0.0, scope, (), tuple(control.control_id for control in controls))
    coefficient = total / sum(control.copies for control in kept)
    inflated = inflation(coefficient)
    spread = scatter([(control.count, control.copies * coefficient) for control in kept]) / inflated
    return Calibration(coefficient, sqrt(inflated / total), spread, scope, kept, failed)


def scatter(counts: Sequence[tuple[float, float]]) -> float:
    """Compute the variance of counts about their means, over the mean (Pearson's statistic); 0 for a single count.

    Args:
        counts: (observed, mean) of each count.
    """
    if len(counts) < 2:
        return 0.0
    return sum((observed - mean) ** 2 / mean for observed, mean in counts) / (len(counts) - 1)


def outliers(controls: Sequence[ControlCount], inflation: Callable[[float], float]) -> tuple[str, ...]:
    """Find the controls that are farther from the median than counting and the scatter of the others explain.

    METHOD: the score of a control is d = 2 sqrt(copies) (sqrt(count / copies) - median). Its variance is that of the
    counts over their mean (square-root transformation, Bartlett 1936). A control is an outlier if d is above four times
    the larger of two deviations: the standard deviation of the model, and 1.4826 times the median absolute score. Among
    fewer than three controls there is no outlier.

    Args:
        controls: counts of controls.
        inflation: variance over mean of a count, for a number of counts per copy.

    Returns:
        control_id of the outliers.
    """
    if len(controls) < MIN_FAMILY_CALIBRATORS:
        return ()
    square_roots = [sqrt(control.count / control.copies) for control in controls]
    middle = median(square_roots)
    scores = [
        2 * sqrt(control.copies) * abs(square_root - middle)
        for control, square_root in zip(controls, square_roots, strict=True)
    ]
    allowed = _MAX_SCORE * max(sqrt(inflation(middle**2)), 1.4826 * median(scores))
    return tuple(control.control_id for control, score in zip(controls, scores, strict=True) if score > allowed)


def v_family(v_call: str | None) -> str | None:
    """Find the V family of a call if all its ties have the same: IGHV3 of ``IGHV3-23*01,IGHV3-23D*01``."""
    families = {match[0] for call in (v_call or "").split(",") if (match := _V_FAMILY.match(call))}
    return families.pop() if len(families) == 1 else None
