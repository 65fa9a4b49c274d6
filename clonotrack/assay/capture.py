"""Capture: the probability that a molecule in the tube becomes visible in the reads, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from clonotrack.assay.calibration import Calibration
    from clonotrack.config import Config

Z = 1.959963984540054
"""Normal quantile of a two-sided 95 % range."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Capture with its 95 % range.

    Attributes:
        value: c.
        low: lower end of the range; c if there is no range.
        high: upper end of the range; c if there is no range.
        log_sd: standard deviation of log(c); 0 if there is no range.
        source: estimated from calibrators, given in the library's settings, or the assumed default.
    """

    value: float
    low: float
    high: float
    log_sd: float
    source: Literal["calibrators", "given", "assumed"]

    @property
    def possible(self) -> bool:
        """Whether the range contains a share of at most 1: no more molecules are found than were put in."""
        return self.low <= 1


def stated_capture(config: Config, library: str | None) -> Capture:
    """Look up the capture of a library: its own setting, or the default of `quantify`, which is only assumed.

    A range [low, high] is the 95 % range of a log-normal distribution. Without a value, its geometric mean is taken.
    """
    given = config.library(library).capture
    if given is None:
        default = config.quantify.default_capture
        return Capture(default, default, default, 0.0, "assumed")
    if isinstance(given, float):
        return Capture(given, given, given, 0.0, "given")
    low, high = given[0], given[-1]
    value = given[1] if len(given) == 3 else sqrt(low * high)
    return Capture(value, low, high, log(high / low) / (2 * Z), "given")


def estimate_capture(calibration: Calibration, strands: float) -> Capture:
    """Estimate the capture from calibrators counted by UMI; by chance it can exceed 1.

    METHOD: c = UMIs / (copies x strands), with the error of the calibration. Pipetted and captured molecules are
    Poisson, so their UMIs are. Scatter of the calibrators beyond that widens the range. Calibrators also lose the
    molecules that have no read, so this loss is part of c.

    Args:
        calibration: with UMIs per copy.
        strands: strands of a molecule that get a UMI.
    """
    value, log_sd = calibration.counts_per_copy / strands, calibration.log_sd_with_scatter
    factor = exp(Z * log_sd)
    return Capture(value, value / factor, value * factor, log_sd, "calibrators")
