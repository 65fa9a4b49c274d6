"""Estimate the background of each marker: clone-like molecules per nucleated cell in people without the clone.

METHOD: gamma-Poisson, empirical Bayes. The background rate b of a marker has a gamma prior of shape 1/2, because rates
differ between markers by far more than their mean. The mean of the prior is the rate that MARKERS states (from a
recombination model). If MARKERS states none, it comes from the counts of the other markers in the same controls. The
counts of the marker itself in these controls update the prior. The rate of a single sample varies about b. The formulas
are in docs/statistics.md, Background.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.quantify.index_hopping import IndexHopping
from clonotrack.quantify.tube import Conversion, Marker, Tube, marker_count, molecule_model
from clonotrack.sequences import F64
from clonotrack.stats.count_model import GammaRate

MARKER_SHAPE = 0.5
"""Gamma shape of the background rate b over markers."""
SAMPLE_SHAPE = 2.0
"""Gamma shape of the rate of one sample about the marker's b. The relative variance between people is 1/2."""
OTHER_MARKER_WEIGHT = 0.1
"""Weight of the molecules and control cells of another marker in the prior of a marker."""

_MAX_MOLECULES = 10.0
_GRID = np.geomspace(1e-13, 1.0, 157)


@dataclass(frozen=True, slots=True)
class ControlCount:
    """Counts of one marker in one tube of a person without the clone.

    Attributes:
        cells: nucleated cells of the tube.
        exposure: cells times the share of molecules that are counted [cells].
        count: reads of the marker, or molecules if they are counted by UMI.
        expected_carry_over: expected counts from other samples of the run.
        counts_per_molecule: mean reads of a captured molecule; 1 if molecules are counted by UMI.
        inflation: variance of the counts divided by their mean.
    """

    cells: float
    exposure: float
    count: int
    expected_carry_over: float
    counts_per_molecule: float
    inflation: float

    @property
    def molecules(self) -> float:
        """Molecules after subtraction of the expected carry-over; 0 if carry-over explains the counts."""
        beyond = self.count - self.expected_carry_over
        return beyond / self.counts_per_molecule if beyond > 2 * self.expected_carry_over**0.5 else 0.0


@dataclass(frozen=True, slots=True)
class Background:
    """Background of one marker.

    Attributes:
        rate: background rate in a new sample, molecules per nucleated cell.
        prior: mean of the prior of b, molecules per nucleated cell: without the marker's counts in controls.
        stated: whether MARKERS states the rate.
        controls: counts of the marker in tubes of people without the clone.
    """

    rate: GammaRate
    prior: float
    stated: bool
    controls: tuple[ControlCount, ...]

    @property
    def control_cells(self) -> float:
        """Nucleated cells of people without the clone in which the marker was tracked."""
        return sum(control.cells for control in self.controls)

    @property
    def control_counts(self) -> int:
        """Counts of the marker in all tubes of people without the clone."""
        return sum(control.count for control in self.controls)

    @property
    def in_controls(self) -> bool:
        """Whether a control has more counts of the marker than carry-over explains."""
        return any(control.molecules for control in self.controls)


def estimate_backgrounds(
    markers: Sequence[Marker], tubes: Sequence[Tube], runs: Mapping[str | None, IndexHopping], settings: Quantify
) -> dict[str, Background]:
    """Estimate the background of each marker from MARKERS and from all tubes of people without the clone.

    Args:
        markers: MARKERS rows of all patients.
        tubes: tubes of patients and controls.
        runs: index hopping by run_id.
        settings: section `quantify` of the settings.

    Returns:
        Background by marker_id.
    """
    controls = {marker["marker_id"]: tuple(_control_counts(marker, tubes, runs)) for marker in markers}
    result = {}
    for marker in markers:
        name, stated = marker["marker_id"], marker["background_rate"]
        others = [control for other, of_other in controls.items() if other != name for control in of_other]
        prior = prior_mean(others, settings.background_rate) if stated is None else stated + excess_rate(others, stated)
        result[name] = Background(posterior_rate(prior, controls[name]), prior, stated is not None, controls[name])
    return result


def _control_counts(
    marker: Marker, tubes: Sequence[Tube], runs: Mapping[str | None, IndexHopping]
) -> list[ControlCount]:
    name, result = marker["marker_id"], []
    for tube in tubes:
        counts = tube.counts
        if name not in counts.marker_reads or tube.cells is None or counts.subject_id == marker["subject_id"]:
            continue
        conversion = tube.conversion(marker)
        can_count = tube.amplifies(marker["locus"]) and name not in counts.too_short_for
        if isinstance(conversion, Conversion) and can_count:
            model = molecule_model(tube, name, conversion)
            share = model.counts_per_molecule if model.umi else 1.0
            rho = model.reads_per_molecule
            result.append(
                ControlCount(
                    cells=tube.cells.number,
                    exposure=tube.cells.number * model.capture * share,
                    count=marker_count(tube, name, conversion),
                    expected_carry_over=runs[counts.run_id].expected_counts(name, tube).mean,
                    counts_per_molecule=1.0 if model.umi else rho,
                    inflation=1.0 if model.umi else 1.0 + rho * exp(model.dispersion**2),
                )
            )
    return result


def prior_mean(others: Sequence[ControlCount], default: float) -> float:
    """Compute the prior mean of a marker's background rate b from the counts of the other markers in controls.

    METHOD: (1/2 + 0.1 M) / (1 / (2 default) + 0.1 Y), with M molecules of other markers in Y cells. The default rate
    has the weight of half a molecule in 1 / (2 default) cells. Molecules and cells of other markers have a weight of
    0.1, because rates differ between markers by far more than their mean. At most ten molecules of a tube are used, so
    that one shared rearrangement does not dominate.

    Args:
        others: counts of other markers in controls.
        default: rate in the settings, molecules per nucleated cell; at 0 the prior mean is 0.

    Returns:
        Molecules per nucleated cell.
    """
    if not default:
        return 0.0
    molecules = sum(min(control.molecules, _MAX_MOLECULES) for control in others)
    cells = sum(control.exposure for control in others)
    return (0.5 + OTHER_MARKER_WEIGHT * molecules) / (0.5 / default + OTHER_MARKER_WEIGHT * cells)


def excess_rate(others: Sequence[ControlCount], stated: float) -> float:
    """Compute by how much the rate of the other markers in controls exceeds the stated rate of a marker.

    A recombination model states how often healthy cells make a sequence. It does not include contamination, which
    raises the counts of all markers in controls.

    Args:
        others: counts of other markers in controls.
        stated: background rate in MARKERS, molecules per nucleated cell.

    Returns:
        Molecules per nucleated cell; 0 if the other markers do not exceed the stated rate.
    """
    molecules = sum(min(control.molecules, _MAX_MOLECULES) for control in others)
    cells = sum(control.exposure for control in others)
    return max(0.0, molecules / cells - stated) if molecules else 0.0


def posterior_rate(prior: float, controls: Sequence[ControlCount]) -> GammaRate:
    """Compute the background rate of a marker in a new sample from the prior mean and the marker's counts in controls.

    METHOD: posterior of the rate b on a grid. A control without counts has the likelihood exp(-b x exposure). A control
    with counts has the quasi-Poisson likelihood with the variance of the count model (Wedderburn, Biometrika 1974). A
    gamma distribution with the mean and the variance of the posterior replaces the posterior. The variance between
    people is added: 1 + relative variance = (1 + relative variance of the posterior) (1 + 1/2).

    Args:
        prior: mean of the prior of b. If it is 0, the rate is 0 unless a control contains the marker.
        controls: counts of the marker in tubes of people without the clone.
    """
    if not prior:
        if not any(control.molecules for control in controls):
            return GammaRate()
        return posterior_rate(_smallest_prior(controls), controls)
    score = MARKER_SHAPE * (np.log(_GRID / prior) - _GRID / prior)
    for control in controls:
        score += _log_likelihood(control)
    weights = np.exp(score - score.max())
    mean = float(weights @ _GRID / weights.sum())
    variance = float(weights @ (_GRID - mean) ** 2 / weights.sum())
    relative = (1 + variance / mean**2) * (1 + 1 / SAMPLE_SHAPE) - 1
    return GammaRate(mean, 1 / relative)


def _smallest_prior(controls: Sequence[ControlCount]) -> float:
    """Return the prior mean if MARKERS states 0 but a control has the marker: half a molecule in the control cells."""
    return 0.5 / sum(control.exposure for control in controls)


def _log_likelihood(control: ControlCount) -> F64:
    if control.count == 0:
        return -_GRID * control.exposure
    mean = control.expected_carry_over + _GRID * control.exposure * control.counts_per_molecule
    result: F64 = (control.count * np.log(mean) - mean) / control.inflation
    return result


def check_unrelated(tubes: Sequence[Tube], subjects: Collection[str | None]) -> None:
    """Check that no background sample is of a patient whose samples are quantified.

    Args:
        tubes: tubes of the background samples.
        subjects: subject_id of the patients whose samples are quantified.

    Raises:
        QuantityError: a background sample is of one of these patients.
    """
    for counts in (tube.counts for tube in tubes):
        if counts.subject_id is not None and counts.subject_id in subjects:
            raise QuantityError(
                f"background sample {counts.sample_id} is of patient {counts.subject_id}, whose samples are "
                "quantified: remove it from the background (--background), or give samples of other people"
            )
