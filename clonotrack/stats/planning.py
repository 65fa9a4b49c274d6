"""Plan a tube: cells, DNA and depth of sequencing that detect a level."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clonotrack.config import Quantify
from clonotrack.errors import QuantityError
from clonotrack.stats.api import Sample, check_in_range, limit_of_detection
from clonotrack.stats.roots import solve_decreasing

_MAX_CELLS = 1e9
_MAX_DEPTH, _MIN_DEPTH = 1e3, 1e-2


@dataclass(frozen=True, slots=True)
class Plan:
    """A tube that detects a level in 95 % of samples.

    Attributes:
        level: the LoD, clone cells per nucleated cell.
        cells: nucleated cells in the tube.
        nanograms: DNA of these cells.
        reads_per_molecule: mean reads of a captured molecule.
        reads: reads of each rearranged locus; None if the share of cells with a rearrangement is not given.
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
    """Compute what a sensitivity takes before an experiment: two of level, cells and depth give the third.

    A level alone gives the cells that detect it at this depth. Cells alone give the level that they detect. Both give
    the depth at which these cells detect this level.

    METHOD: the LoD of the decision rule itself, as a sample states it. Calibrators are taken as exact. The efficiency
    of the marker's sequence varies as the settings say.

    Args:
        level: clone cells per nucleated cell.
        cells: nucleated cells in the tube.
        reads_per_molecule: mean reads of a captured molecule; computed if both level and cells are given.
        capture: probability that a molecule in the tube becomes visible in the reads.
        markers: number of markers of the patient that are tracked in the tube.
        fraction: share of the cells with a rearrangement of the locus; it gives the reads.
        background: molecules of a marker per nucleated cell that healthy cells give.
        umi: whether molecules are counted by UMI.
        settings: decision rule, dispersion, efficiency and DNA of a cell; the defaults if omitted.

    Raises:
        QuantityError: a number is out of its range, or no depth or number of cells detects the level.
    """
    chosen = settings or Quantify()
    check_in_range(level=level, fraction=fraction, cells=cells, reads_per_molecule=reads_per_molecule, capture=capture)
    if level is None and cells is None:
        raise QuantityError("neither a level nor a number of cells is given: give one of them")
    sample = Sample(cells or 1.0, reads_per_molecule, capture, background=background, umi=umi)
    if cells is None:
        sample = replace(sample, cells=_cells_for(level or 0.0, sample, markers, chosen))
    elif level is not None:
        sample = replace(sample, reads_per_molecule=_depth_for(level, sample, markers, chosen))
    depth = sample.reads_per_molecule
    return Plan(
        level=level or limit_of_detection(sample, markers, chosen),
        cells=sample.cells,
        nanograms=sample.cells * chosen.pg_per_cell / 1000,
        reads_per_molecule=depth,
        reads=None if fraction is None else sample.cells * fraction * capture * depth,
    )


def _cells_for(level: float, sample: Sample, markers: int, settings: Quantify) -> float:
    """Find the nucleated cells whose LoD is this level."""

    def lod(cells: float) -> float:
        return limit_of_detection(replace(sample, cells=cells), markers, settings)

    if lod(_MAX_CELLS) > level:
        raise QuantityError(
            f"no tube detects {level:.1e} against a background of {sample.background:.1e} molecules a cell: choose "
            "a marker with less background or a higher level"
        )
    return solve_decreasing(lod, level, 3 / (level * sample.capture))


def _depth_for(level: float, sample: Sample, markers: int, settings: Quantify) -> float:
    """Find the reads per molecule at which the LoD of the sample's cells is this level."""

    def lod(depth: float) -> float:
        return limit_of_detection(replace(sample, reads_per_molecule=depth), markers, settings)

    if lod(_MAX_DEPTH) > level:
        raise QuantityError(f"{sample.cells:,.0f} cells do not detect {level:.1e} at any depth: put in more cells")
    return _MIN_DEPTH if lod(_MIN_DEPTH) <= level else solve_decreasing(lod, level, 1.0)
