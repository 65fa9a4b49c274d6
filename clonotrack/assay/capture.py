"""Capture: the share of rearranged molecules that end in the data, and how well it is known."""

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
    """c, its 95 % range, the standard deviation of log(c), and where it comes from.

    Without a range all three shares are the same and the deviation is 0.
    """

    value: float
    low: float
    high: float
    log_sd: float
    source: Literal["calibrators", "given", "assumed"]

    @property
    def possible(self) -> bool:
        """Whether the range holds a share at all: no more molecules are found than were put in."""
        return self.low <= 1


def stated(config: Config, library: str | None) -> Capture:
    """What the library's settings state, else the configured default, which nothing but custom supports.

    A range [low, high] without a value has its geometric mean, and is taken for 95 % of a log-normal law.
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


def estimated(calibration: Calibration, strands: float) -> Capture:
    """From calibrators counted by UMI: UMIs / (copies x strands), with the calibration's error; by chance over 1.

    METHOD: molecules pipetted and captured are Poisson, so their UMIs are; scatter of the calibrators beyond that
    widens the range. What a molecule loses by having no read is lost by calibrators too and is in this number.
    """
    value, reach = calibration.per_copy / strands, exp(Z * calibration.wide_sd)
    return Capture(value, value / reach, value * reach, calibration.wide_sd, "calibrators")
