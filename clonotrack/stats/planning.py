"""What has to go into a tube, and how deeply it has to be read, so that a level can be detected."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.stats.api import Sample, limit_of_detection, refuse_impossible
from clonotrack.stats.roots import crossing

_MOST_CELLS = 1e9
_DEEPEST, _SHALLOWEST = 1e3, 1e-2


@dataclass(frozen=True, slots=True)
class Plan:
    """A tube that detects a level in 95 % of samples.

    Attributes:
        level: clone cells per nucleated cell, the LoD.
        cells: nucleated cells in the tube.
        nanograms: DNA of these cells.
        reads_per_molecule: rho, depth of sequencing.
        reads: reads of each rearranged locus, where the share of cells that carry one is known.
    """

    level: float
    cells: float
    nanograms: float
    reads_per_molecule: float
    reads: float | None


def plan(
    *,
    level: float | None = None,
    cells: float | None = None,
    reads_per_molecule: float = 3.0,
    capture: float = 0.6,
    markers: int = 1,
    fraction: float | None = None,
    background: float = 0.0,
    umi: bool = False,
    settings: Quantify | None = None,
) -> Plan:
    """What a sensitivity takes, before an experiment: two of level, cells and depth give the third.

    With a level alone: the cells that detect it at this depth. With cells alone: the level that they detect. With both:
    the depth at which these cells detect this level.

    METHOD: the LoD of the decision rule itself, as it is stated for a sample; calibrators are taken as exact, the
    efficiency of the marker's sequence as the settings have it.

    Args:
        level: clone cells per nucleated cell.
        cells: nucleated cells in the tube.
        reads_per_molecule: reads of a captured molecule; looked for where both level and cells are given.
        capture: share of rearranged molecules that end in the data.
        markers: markers of the patient that are tracked in the tube.
        fraction: share of the cells with a rearrangement of the locus; each gives reads.
        background: molecules of a marker per nucleated cell of people without the clone.
        umi: whether molecules are counted by UMI.
        settings: rule, dispersion, efficiency and DNA of a cell; the defaults where missing.

    Raises:
        QuantityError: a number is out of its range, or no depth or number of cells detects the level.
    """
    rule = settings or Quantify()
    refuse_impossible(
        level=level, fraction=fraction, cells=cells, reads_per_molecule=reads_per_molecule, capture=capture
    )
    if level is None and cells is None:
        raise QuantityError("neither a level nor a number of cells is given: give one of them")
    sample = Sample(cells or 1.0, reads_per_molecule, capture, background=background, umi=umi)
    if cells is None:
        sample = replace(sample, cells=_cells_for(level or 0.0, sample, markers, rule))
    elif level is not None:
        sample = replace(sample, reads_per_molecule=_depth_for(level, sample, markers, rule))
    depth = sample.reads_per_molecule
    return Plan(
        level=level or limit_of_detection(sample, markers, rule),
        cells=sample.cells,
        nanograms=sample.cells * rule.pg_per_cell / 1000,
        reads_per_molecule=depth,
        reads=None if fraction is None else sample.cells * fraction * capture * depth,
    )


def _limit(cells: float, sample: Sample, markers: int, settings: Quantify) -> float:
    return limit_of_detection(replace(sample, cells=cells), markers, settings)


def _cells_for(level: float, sample: Sample, markers: int, settings: Quantify) -> float:
    """Cells whose LoD is this level."""
    if _limit(_MOST_CELLS, sample, markers, settings) > level:
        raise QuantityError(
            f"no tube detects {level:.1e} against a background of {sample.background:.1e} molecules a cell: choose "
            "a marker with less background or a higher level"
        )
    return crossing(lambda cells: _limit(cells, sample, markers, settings), level, 3 / (level * sample.capture))


def _depth_for(level: float, sample: Sample, markers: int, settings: Quantify) -> float:
    """Reads per molecule at which the LoD of the sample's cells is this level."""

    def limit(depth: float) -> float:
        return limit_of_detection(replace(sample, reads_per_molecule=depth), markers, settings)

    if limit(_DEEPEST) > level:
        raise QuantityError(f"{sample.cells:,.0f} cells do not detect {level:.1e} at any depth: put in more cells")
    return _SHALLOWEST if limit(_SHALLOWEST) <= level else crossing(limit, level, 1.0)
