"""Calibrate a tube with spike-in calibrators: estimate the reads, or UMIs, per molecule put into the tube.

The estimated coefficient holds for a V family, a locus or the whole tube. Symbols, as in docs/statistics.md:

- c: capture, the probability that a molecule in the tube becomes visible in the reads.
- rho: mean reads of one captured molecule.
- a = rho c: reads per molecule put into the tube, the coefficient.
- tau: standard error of log(a).
- s: standard deviation of the log PCR yield of a molecule (dispersion).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Literal

Scope = Literal["family", "locus", "tube"]
"""Calibrators from which a coefficient is estimated: those of a V family, of a locus or of the whole tube."""

MIN_FAMILY_CALIBRATORS = 3
"""Fewest calibrators of a V family for a coefficient of its own; among fewer, no outlier can be recognised."""

_MAX_SCORE = 4.0  # largest deviation of a control that is no outlier, in standard deviations
_V_FAMILY = re.compile(r"(IG[HKL]|TR[ABGD])V\d+")


@dataclass(frozen=True, slots=True)
class ControlCount:
    """Count of one control in one tube.

    Attributes:
        control_id: id of the control in CONTROLS.
        locus: locus that the control calibrates; None if it calibrates every locus.
        family: V family of the control, such as IGHV3; None if it has none.
        copies: number of molecules put into the tube.
        count: number of reads, or of UMIs, of the control in the tube.
    """

    control_id: str
    locus: str | None
    family: str | None
    copies: float
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficient of one V family, one locus or one tube, estimated from calibrators.

    Attributes:
        counts_per_copy: a, reads or UMIs per molecule put into the tube; 0 if the calibrators have no reads.
        log_sd: tau, standard error of log(a) by counting error alone.
        scatter: variance of the calibrators' counts about the fit, divided by the variance of counting error; 0 for one
            calibrator.
        scope: calibrators that were used: of the V family, of the locus or of the tube.
        controls: counts of the calibrators that were used.
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
        """Standard error of log(a) from the scatter of the calibrators, or from counting error if that is larger."""
        return self.log_sd * sqrt(max(1.0, self.scatter))

    @property
    def used(self) -> tuple[str, ...]:
        """control_id of the calibrators that were used."""
        return tuple(control.control_id for control in self.controls)

    @property
    def pooled(self) -> bool:
        """Whether the calibrators of the whole tube were used, because the marker's locus has none."""
        return self.scope == "tube"


@dataclass(frozen=True, slots=True)
class Calibrators:
    """The spike-in calibrators of one tube.

    Attributes:
        controls: counts of the calibrators.
        unevenness: exp(s^2) / c, with s the dispersion and c the capture of the library; 0 for counts of UMIs. A count
            with a reads per copy has variance / mean = 1 + a exp(s^2) / c.
    """

    controls: tuple[ControlCount, ...]
    unevenness: float

    def __bool__(self) -> bool:
        return bool(self.controls)

    def calibration(self, locus: str | None, family: str | None = None) -> Calibration:
        """Fit the coefficient for a marker, from the calibrators of its V family, its locus or the whole tube.

        METHOD: a line through zero: the sum of counts divided by the sum of copies. Vidjil's spike-in script fits such
        a line for each V family. If the V family has fewer than `MIN_FAMILY_CALIBRATORS` calibrators, those of the
        locus are used. If the locus has no calibrators, all calibrators of the tube are used. A calibrator without a
        locus counts for every locus. Sequencing errors lose the same share of the reads of calibrators and markers, so
        the coefficient contains this loss.

        Args:
            locus: locus of the marker; None if not known.
            family: V family of the marker; None if not known.
        """
        of_family = [control for control in self.controls if family and control.family == family]
        if len(of_family) >= MIN_FAMILY_CALIBRATORS:
            return fit(of_family, "family", self.inflation)
        of_locus = [control for control in self.controls if locus and control.locus in (locus, None)]
        return fit(of_locus, "locus", self.inflation) if of_locus else fit(self.controls, "tube", self.inflation)

    def inflation(self, counts_per_copy: float) -> float:
        """Compute the ratio of variance to mean of a count, if the number of molecules is Poisson: 1 + rho exp(s^2).

        Args:
            counts_per_copy: a, reads or UMIs per molecule put into the tube.
        """
        return 1.0 + counts_per_copy * self.unevenness


def fit(controls: Sequence[ControlCount], scope: Scope, inflation: Callable[[float], float]) -> Calibration:
    """Fit one coefficient to the counts of controls, without outliers.

    METHOD: the number of molecules is Poisson and their PCR yields differ, so the variance of a count is `inflation`
    times its mean. Scatter beyond this variance comes from different amplification efficiencies of the sequences
    (`clonotrack.assay.efficiency.estimate_efficiency`).

    Args:
        controls: counts of the controls of one tube.
        scope: scope of the coefficient.
        inflation: function that computes the ratio of variance to mean of a count from the counts per copy.
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
    """Compute the scatter of counts: mean of (observed - expected)^2 / expected, with n - 1 degrees of freedom.

    This is Pearson's statistic. Its expected value is 1 for Poisson counts.

    Args:
        counts: observed and expected number of each count.

    Returns:
        Scatter; 0 for a single count.
    """
    if len(counts) < 2:
        return 0.0
    return sum((observed - mean) ** 2 / mean for observed, mean in counts) / (len(counts) - 1)


def outliers(controls: Sequence[ControlCount], inflation: Callable[[float], float]) -> tuple[str, ...]:
    """Find the controls that differ more from the median control than counting error and scatter explain.

    METHOD: the score of a control is d = 2 sqrt(copies) |sqrt(count / copies) - m|, with m the median of
    sqrt(count / copies) over the controls. The variance of d is the ratio of variance to mean of a count (square-root
    transformation, Bartlett 1936). A control is an outlier if d is more than four times the larger of two deviations:
    the square root of this ratio, which `inflation` computes, and 1.4826 times the median of d. Among fewer than three
    controls there is no outlier.

    Args:
        controls: counts of the controls of one tube.
        inflation: function that computes the ratio of variance to mean of a count from the counts per copy.

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
    """Find the V family of a call, such as IGHV3 for ``IGHV3-23*01,IGHV3-23D*01``.

    Args:
        v_call: allele, or tied alleles separated by commas; None if there is no V.

    Returns:
        The family; None if the tied alleles have different families or there is no V.
    """
    families = {match[0] for call in (v_call or "").split(",") if (match := _V_FAMILY.match(call))}
    return families.pop() if len(families) == 1 else None
