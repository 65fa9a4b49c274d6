"""Plan a tube: compute the cells, DNA and sequencing depth that detect an MRD level."""

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
    """A tube in which an MRD level is called positive in 95 % of samples.

    Attributes:
        level: this level, the LoD [clone cells per nucleated cell].
        cells: nucleated cells in the tube.
        nanograms: DNA of these cells [ng].
        reads_per_molecule: mean reads of a captured molecule.
        reads: reads that a locus needs; None if the share of cells with a rearrangement of the locus is not given.
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
    """Compute MRD level, cells or depth of a planned tube from the other two.

    `level` alone gives the cells that detect this level at `reads_per_molecule`. `cells` alone give the level that they
    detect. `level` and `cells` together give the reads per molecule at which these cells detect this level.

    METHOD: a level is detected if it is at or above the LoD that `quantify` would report for such a sample. The counts
    per molecule are taken as measured without error. The efficiency of the marker's sequence varies by `efficiency_sd`
    of the settings.

    Args:
        level: level to detect [clone cells per nucleated cell].
        cells: nucleated cells in the tube.
        reads_per_molecule: mean reads of a captured molecule; computed if both level and cells are given.
        capture: probability that a molecule in the tube becomes visible in the reads.
        markers: number of markers of the patient that are tracked in the tube.
        fraction: share of the cells with a rearrangement of the locus, for the reads of the locus.
        background: molecules of a marker per nucleated cell in people without the clone.
        umi: if true, molecules are counted by UMI; otherwise reads are counted.
        settings: decision rule, dispersion, efficiency and DNA of a cell; the defaults if omitted.

    Raises:
        QuantityError: neither level nor cells are given, a number is out of its range, or no depth or number of cells
            detects the level.
    """
    chosen = settings or Quantify()
    check_in_range(level=level, fraction=fraction, cells=cells, reads_per_molecule=reads_per_molecule, capture=capture)
    if level is None and cells is None:
        raise QuantityError("neither an MRD level nor a number of cells is given: give a level, cells or both")
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
    """Find the number of nucleated cells at which the LoD of the sample is `level`."""

    def lod(cells: float) -> float:
        return limit_of_detection(replace(sample, cells=cells), markers, settings)

    if lod(_MAX_CELLS) > level:
        raise QuantityError(
            f"no number of cells detects an MRD level of {level:.1e} against a background of {sample.background:.1e} "
            "molecules per cell: choose a marker with less background, or a higher level"
        )
    return solve_decreasing(lod, level, 3 / (level * sample.capture))


def _depth_for(level: float, sample: Sample, markers: int, settings: Quantify) -> float:
    """Find the reads per molecule at which the LoD of the sample is `level`."""

    def lod(depth: float) -> float:
        return limit_of_detection(replace(sample, reads_per_molecule=depth), markers, settings)

    if lod(_MAX_DEPTH) > level:
        raise QuantityError(
            f"{sample.cells:,.0f} cells do not detect an MRD level of {level:.1e} at any depth: plan more cells, or a "
            "higher level"
        )
    return _MIN_DEPTH if lod(_MIN_DEPTH) <= level else solve_decreasing(lod, level, 1.0)
