"""How often a marker's sequence turns up where the clone cannot be: molecules per nucleated cell, with uncertainty.

METHOD: gamma-Poisson, empirical Bayes. Every marker's rate b is a draw from a gamma law of shape 1/2 (markers differ by
far more than their mean) whose mean is what MARKERS states (a recombination model), else what the other markers show
in the same controls; the marker's own controls update it; a sample's own rate varies about b.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.quantify.index_hopping import Hopping
from clonotrack.quantify.tube import Assay, Yield, count_of, seeing
from clonotrack.sequences import F64
from clonotrack.stats.count_model import Gamma

BETWEEN_MARKERS = 0.5
"""Shape of the law of b over markers."""
BETWEEN_SAMPLES = 2.0
"""Shape of a sample's rate about the marker's: relative variance 1/2 between people."""
OTHERS = 0.1
"""What a molecule or a cell of another marker's controls counts for this one's prior."""

_MOST_OF_ONE = 10.0
_GRID = np.geomspace(1e-13, 1.0, 157)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Control:
    """A marker in one tube of somebody without the clone.

    Attributes:
        cells: of the tube.
        exposure: cells times the share of molecules that are seen.
        count, carried: counts of the marker, and those expected by carry-over.
        per_molecule: counts of a seen molecule.
        inflation: variance over mean of the counts.
    """

    cells: float
    exposure: float
    count: int
    carried: float
    per_molecule: float
    inflation: float

    @property
    def molecules(self) -> float:
        """Molecules seen beyond carry-over; none where carry-over explains the counts."""
        beyond = self.count - self.carried
        return beyond / self.per_molecule if beyond > 2 * self.carried**0.5 else 0.0


@dataclass(frozen=True, slots=True)
class Background:
    """A marker's background.

    Attributes:
        rate: b of a sample, molecules per nucleated cell.
        prior: mean of b before the marker's own controls were looked at.
        stated: whether MARKERS states it.
        controls: what unrelated tubes show.
    """

    rate: Gamma
    prior: float
    stated: bool
    controls: tuple[Control, ...]

    @property
    def control_cells(self) -> float:
        """Cells of people without the clone that were looked at."""
        return sum(control.cells for control in self.controls)

    @property
    def control_counts(self) -> int:
        """Counts of the marker in them."""
        return sum(control.count for control in self.controls)

    @property
    def seen(self) -> bool:
        """Whether controls show the marker beyond carry-over."""
        return any(control.molecules for control in self.controls)


def backgrounds(
    markers: Sequence[Row], assays: Sequence[Assay], runs: Mapping[str | None, Hopping], settings: Quantify
) -> dict[str, Background]:
    """The background of every marker, from its table, the other markers, and every tube that is not of its patient."""
    controls = {marker["marker_id"]: tuple(_controls(marker, assays, runs)) for marker in markers}
    found = {}
    for marker in markers:
        name, stated = marker["marker_id"], marker["background_rate"]
        others = [control for other, seen in controls.items() if other != name for control in seen]
        prior = prior_mean(others, settings.background_rate) if stated is None else stated + excess(others, stated)
        found[name] = Background(posterior(prior, controls[name]), prior, stated is not None, controls[name])
    return found


def _controls(marker: Row, assays: Sequence[Assay], runs: Mapping[str | None, Hopping]) -> list[Control]:
    name, found = marker["marker_id"], []
    for assay in assays:
        tube = assay.observed
        if name not in tube.markers or assay.cells is None or tube.subject_id == marker["subject_id"]:
            continue
        way = assay.yield_of(marker)
        if isinstance(way, Yield) and assay.amplifies(marker["locus"]) and name not in tube.cut_short:
            view = seeing(assay, name, way)
            share = view.counts_per_molecule if view.umi else 1.0
            found.append(
                Control(
                    cells=assay.cells.number,
                    exposure=assay.cells.number * view.capture * share,
                    count=count_of(assay, name, way),
                    carried=runs[tube.run_id].expected(name, assay).mean,
                    per_molecule=1.0 if view.umi else view.rho,
                    inflation=1.0 if view.umi else 1.0 + view.rho * exp(view.dispersion**2),
                )
            )
    return found


def prior_mean(others: Sequence[Control], default: float) -> float:
    """Mean of b over markers: what the other markers show, half a molecule added, over their cells.

    `default` stands for half a molecule in 1 / (2 default) cells that were looked at before; 0 is a certainty. What
    the others show counts a tenth, since markers differ far more than their mean tells, and ten molecules in a tube at
    most.
    """
    if not default:
        return 0.0
    molecules = sum(min(control.molecules, _MOST_OF_ONE) for control in others)
    cells = sum(control.exposure for control in others)
    return (0.5 + OTHERS * molecules) / (0.5 / default + OTHERS * cells)


def excess(others: Sequence[Control], stated: float) -> float:
    """What the other markers show over the stated rate: a recombination model knows nothing of contamination."""
    molecules = sum(min(control.molecules, _MOST_OF_ONE) for control in others)
    cells = sum(control.exposure for control in others)
    return max(0.0, molecules / cells - stated) if molecules else 0.0


def posterior(prior: float, controls: Sequence[Control]) -> Gamma:
    """The rate of a new sample: gamma prior, the marker's own controls, and the variation between samples.

    METHOD: on a grid of b; no count has the probability exp(-expected molecules), counts the quasi-Poisson likelihood
    with the variance of the model (Wedderburn, Biometrika 1974). The gamma law of the posterior's mean and variance is
    passed on, its relative variance multiplied with that between samples.
    """
    if not prior:
        return Gamma() if not any(control.molecules for control in controls) else posterior(_least(controls), controls)
    score = BETWEEN_MARKERS * (np.log(_GRID / prior) - _GRID / prior)
    for control in controls:
        score += _log_likelihood(control)
    weights = np.exp(score - score.max())
    mean = float(weights @ _GRID / weights.sum())
    variance = float(weights @ (_GRID - mean) ** 2 / weights.sum())
    relative = (1 + variance / mean**2) * (1 + 1 / BETWEEN_SAMPLES) - 1
    return Gamma(mean, 1 / relative)


def _least(controls: Sequence[Control]) -> float:
    """Half a molecule in the cells looked at: the prior where none was assumed and yet some were seen."""
    return 0.5 / sum(control.exposure for control in controls)


def _log_likelihood(control: Control) -> F64:
    if control.count == 0:
        return -_GRID * control.exposure
    mean = control.carried + _GRID * control.exposure * control.per_molecule
    result: F64 = (control.count * np.log(mean) - mean) / control.inflation
    return result


def refuse_own(assays: Sequence[Assay], subjects: Collection[str | None]) -> None:
    """Background has to come from people without the clone.

    Raises:
        QuantityError: a background sample is of one of the patients whose samples are judged.
    """
    for assay in assays:
        tube = assay.observed
        if tube.subject_id is not None and tube.subject_id in subjects:
            raise QuantityError(
                f"sample {tube.sample_id} is given as background and is of patient {tube.subject_id}, whose "
                "samples are judged: give samples of people without the clone"
            )
