"""Background of each marker: clone-like molecules per nucleated cell in people without the clone.

METHOD: gamma-Poisson, empirical Bayes. The rate b of a marker has a gamma prior of shape 1/2, because markers differ by
far more than their mean. Its mean is the rate that MARKERS states (a recombination model), or what the other markers
show in the same controls. The marker's own controls update the prior. The rate of a single sample varies about b.
docs/statistics.md has the formulas.
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
"""Gamma shape of b over markers."""
SAMPLE_SHAPE = 2.0
"""Gamma shape of a sample's rate about the marker's b: relative variance 1/2 between people."""
OTHER_MARKER_WEIGHT = 0.1
"""Weight of a molecule or a cell of another marker's controls in the prior of this one."""

_MAX_MOLECULES = 10.0
_GRID = np.geomspace(1e-13, 1.0, 157)


@dataclass(frozen=True, slots=True)
class ControlCount:
    """One marker in one tube of a person without the clone.

    Attributes:
        cells: nucleated cells of the tube.
        exposure: cells times the share of their molecules that are counted.
        count: counts of the marker.
        expected_carry_over: expected counts from other samples of the run.
        counts_per_molecule: mean counts of a counted molecule.
        inflation: variance over mean of the counts.
    """

    cells: float
    exposure: float
    count: int
    expected_carry_over: float
    counts_per_molecule: float
    inflation: float

    @property
    def molecules(self) -> float:
        """Molecules beyond carry-over; 0 if carry-over explains the counts."""
        beyond = self.count - self.expected_carry_over
        return beyond / self.counts_per_molecule if beyond > 2 * self.expected_carry_over**0.5 else 0.0


@dataclass(frozen=True, slots=True)
class Background:
    """Background of one marker.

    Attributes:
        rate: b of a new sample, molecules per nucleated cell.
        prior: mean of b before the marker's own controls.
        stated: whether MARKERS states the rate.
        controls: counts of the marker in tubes of other people.
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
        """Counts of the marker in these cells."""
        return sum(control.count for control in self.controls)

    @property
    def in_controls(self) -> bool:
        """Whether controls contain the marker beyond carry-over."""
        return any(control.molecules for control in self.controls)


def estimate_backgrounds(
    markers: Sequence[Marker], tubes: Sequence[Tube], runs: Mapping[str | None, IndexHopping], settings: Quantify
) -> dict[str, Background]:
    """Estimate the background of each marker from its table, the other markers and all tubes of other people.

    Args:
        markers: MARKERS rows of all patients.
        tubes: of patients and controls.
        runs: index hopping by run_id.
        settings: of the stage.

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
    """Compute the prior mean of b from the controls of the other markers.

    METHOD: (1/2 + 0.1 M) / (1 / (2 default) + 0.1 Y), with M molecules of other markers in Y cells. The default stands
    for half a molecule in 1 / (2 default) cells. Other markers count a tenth, because markers differ by far more than
    their mean. At most ten molecules of a tube count, so that one shared rearrangement does not dominate.

    Args:
        others: counts of other markers in controls.
        default: rate of the settings; 0 is taken as certain.
    """
    if not default:
        return 0.0
    molecules = sum(min(control.molecules, _MAX_MOLECULES) for control in others)
    cells = sum(control.exposure for control in others)
    return (0.5 + OTHER_MARKER_WEIGHT * molecules) / (0.5 / default + OTHER_MARKER_WEIGHT * cells)


def excess_rate(others: Sequence[ControlCount], stated: float) -> float:
    """Compute the rate of the other markers beyond the stated one, as contamination can cause it.

    A recombination model states how often healthy cells make a sequence. It does not know of contamination.
    """
    molecules = sum(min(control.molecules, _MAX_MOLECULES) for control in others)
    cells = sum(control.exposure for control in others)
    return max(0.0, molecules / cells - stated) if molecules else 0.0


def posterior_rate(prior: float, controls: Sequence[ControlCount]) -> GammaRate:
    """Compute the background rate of a new sample from the prior mean and the marker's own controls.

    METHOD: posterior of b on a grid. A control without counts has the likelihood exp(-b x exposure). One with counts
    has the quasi-Poisson likelihood with the variance of the count model (Wedderburn, Biometrika 1974). A gamma
    variable takes over mean and variance of the posterior. Its relative variance is multiplied by that between samples,
    because people differ.

    Args:
        prior: mean of b; 0 holds until the controls contain the marker.
        controls: counts of the marker in tubes of other people.
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
    """Return half a molecule over the control cells: the prior if 0 was stated but controls contain the marker."""
    return 0.5 / sum(control.exposure for control in controls)


def _log_likelihood(control: ControlCount) -> F64:
    if control.count == 0:
        return -_GRID * control.exposure
    mean = control.expected_carry_over + _GRID * control.exposure * control.counts_per_molecule
    result: F64 = (control.count * np.log(mean) - mean) / control.inflation
    return result


def check_unrelated(tubes: Sequence[Tube], subjects: Collection[str | None]) -> None:
    """Check that the background samples are of people without the clone.

    Args:
        tubes: of the background samples.
        subjects: patients whose samples are quantified.

    Raises:
        QuantityError: a background sample is of one of these patients.
    """
    for counts in (tube.counts for tube in tubes):
        if counts.subject_id is not None and counts.subject_id in subjects:
            raise QuantityError(
                f"background sample {counts.sample_id} is of patient {counts.subject_id}, whose samples are "
                "quantified: give samples of people without the clone"
            )
