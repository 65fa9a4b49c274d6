"""Estimate the capture, the probability that a molecule in the tube becomes visible in the reads."""

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
        value: the capture c.
        low: lower end of the 95 % range of c; c itself if there is no range.
        high: upper end of the 95 % range of c; c itself if there is no range.
        log_sd: standard deviation of log(c); 0 if there is no range.
        source: ``calibrators`` (estimated), ``given`` (by the settings of the library) or ``assumed`` (the default).
    """

    value: float
    low: float
    high: float
    log_sd: float
    source: Literal["calibrators", "given", "assumed"]

    @property
    def possible(self) -> bool:
        """Whether the range of the estimated capture contains a value of at most 1.

        Otherwise more calibrator molecules are found than were put in.
        """
        return self.low <= 1


def stated_capture(config: Config, library: str | None) -> Capture:
    """Look up the capture of a library: `libraries.<name>.capture`, or `quantify.default_capture` if not stated.

    The setting is one value, [low, high] or [low, value, high]. [low, high] is the 95 % range of a log-normal
    distribution, whose value is the geometric mean of low and high unless the setting states it.

    Args:
        config: all settings.
        library: name of the section of the settings that describes the library of the tube; None if the sample sheet
            names none.
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
    """Estimate the capture from calibrators counted by UMI.

    METHOD: c = UMIs / (copies x strands). The standard error of log(c) is that of the calibration. The numbers of
    pipetted and of captured molecules are Poisson, so the numbers of their UMIs are Poisson. Scatter of the calibrators
    beyond Poisson widens the range. Captured molecules without a read have no UMI, so this loss is part of c.

    Args:
        calibration: coefficient of calibrators, in UMIs per copy.
        strands: number of strands of a molecule that get a UMI.

    Returns:
        The capture and its 95 % range; by chance the value can exceed 1.
    """
    value, log_sd = calibration.counts_per_copy / strands, calibration.log_sd_with_scatter
    factor = exp(Z * log_sd)
    return Capture(value, value / factor, value * factor, log_sd, "calibrators")
