"""Find the nucleated cells of a tube: from the sample sheet, or from reference loci amplified in the same tube."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot, inf
from typing import TYPE_CHECKING, Any, Literal

from clonotrack.assay.calibration import Calibrators, fit
from clonotrack.assay.capture import Capture, stated_capture
from clonotrack.assay.controls import TubeControls, controls_of_kind
from clonotrack.errors import QuantityError

if TYPE_CHECKING:
    from clonotrack.config import Config

MAX_CELLS = 1e9
"""Most nucleated cells that a tube can hold; their DNA has a mass of 6.5 mg."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Number of nucleated cells of a tube and its source.

    Attributes:
        number: number of nucleated cells, C in docs/statistics.md.
        source: ``cells`` (counted), ``dna`` (from the mass of DNA) or ``reference_locus``.
        pg_per_cell: assumed mass of DNA of a cell [pg], if the number comes from the mass of DNA; otherwise None.
        log_sd: standard error of log(number); 0 if the sample sheet states cells or DNA.
    """

    number: float
    source: Literal["cells", "dna", "reference_locus"]
    pg_per_cell: float | None = None
    log_sd: float = 0.0


def nucleated_cells(row: Mapping[str, Any], pg_per_cell: float) -> Cells | None:
    """Compute the nucleated cells of a tube from its row of SAMPLES: `input_cells`, otherwise from `input_ng`.

    METHOD: cells = 1000 * input_ng / pg_per_cell, for diploid cells. The default is 6.5 pg; 6.6 pg is also used.

    Args:
        row: row of SAMPLES.
        pg_per_cell: mass of DNA of a diploid cell [pg].

    Returns:
        The cells; None if the row states neither `input_cells` nor `input_ng`.

    Raises:
        QuantityError: an amount is zero, negative or infinite, or the cells are fewer than 1 or more than `MAX_CELLS`.
    """
    for column in ("input_cells", "input_ng"):
        amount = row.get(column)
        if amount is not None and not 0 < amount < inf:
            raise QuantityError(
                f"sample {row['sample_id']} has {column} {amount:g}: give the amount that went into the tube, "
                f"or leave {column} empty if the amount is not known"
            )
    cells = _stated_cells(row, pg_per_cell)
    if cells and not 1 <= cells.number <= MAX_CELLS:
        raise QuantityError(
            f"sample {row['sample_id']} has an input of {cells.number:.3g} nucleated cells, and a tube holds 1 to "
            f"{MAX_CELLS:g}: correct input_cells or input_ng"
        )
    return cells


def _stated_cells(row: Mapping[str, Any], pg_per_cell: float) -> Cells | None:
    """Compute the cells that a row of SAMPLES states, without a check; None if it states neither cells nor DNA."""
    if row.get("input_cells") is not None:
        return Cells(float(row["input_cells"]), "cells")
    if row.get("input_ng") is not None:
        return Cells(1000.0 * row["input_ng"] / pg_per_cell, "dna", pg_per_cell)
    return None


def tube_cells(row: Mapping[str, Any], controls: TubeControls, config: Config) -> Cells | None:
    """Find the nucleated cells of a tube: as its row of SAMPLES states them, otherwise estimated by reference loci.

    Args:
        row: row of SAMPLES.
        controls: controls of the tube with their counts.
        config: all settings.

    Returns:
        The cells; None if neither the row nor reference loci give a number.

    Raises:
        QuantityError: an amount is impossible, or a control has no count in this tube.
    """
    stated = nucleated_cells(row, config.quantify.pg_per_cell)
    return stated or cells_by_reference_loci(controls, config, row["library"])


def cells_by_reference_loci(controls: TubeControls, config: Config, library: str | None) -> Cells | None:
    """Estimate the cells of a tube from its reference loci.

    METHOD: a reference locus has a known number of copies in a cell. The number of cells is r / a, with r the counts of
    the reference loci per copy in a cell, and a the counts per molecule put into the tube. a comes from calibrators, or
    from the capture if UMIs are counted. The standard errors of log(r) and log(a) are combined as if independent. The
    calibration of a marker may use the same a. This dependence is not used, so the interval of the marker is too wide
    rather than too narrow.

    Args:
        controls: controls of the tube with their counts.
        config: all settings.
        library: name of the section of the settings that describes the library of the tube.

    Returns:
        The cells; None without reference loci, or if neither calibrators nor a capture give the counts per molecule.

    Raises:
        QuantityError: a control has no count in this tube.
    """
    if controls.table is None:
        return None
    by_umi = bool(controls.umis)
    references = controls_of_kind(controls.table, "reference", controls.umis if by_umi else controls.reads)
    calibrators = controls.calibrators_by_umis() if by_umi else controls.calibrators_by_reads(config, library)
    capture = stated_capture(config, library) if by_umi else None
    per_molecule, log_sd = _counts_per_molecule(calibrators, capture, config.library(library).strands_tagged)
    if not references or not per_molecule:
        return None
    per_cell_copy = fit(references, "tube", lambda _: calibrators.inflation(per_molecule))
    number = per_cell_copy.counts_per_copy / per_molecule
    log_sd = hypot(per_cell_copy.log_sd_with_scatter, log_sd)
    return Cells(number, "reference_locus", None, log_sd) if number else None


def _counts_per_molecule(calibrators: Calibrators, capture: Capture | None, strands: int) -> tuple[float, float]:
    """Estimate the counts per molecule put into the tube at a reference locus.

    Args:
        calibrators: calibrators of the tube; those without a locus are preferred.
        capture: capture, used if there are no calibrators; None if reads are counted.
        strands: number of strands of a molecule that get a UMI.

    Returns:
        Counts per molecule (0 if not known), and the standard error of their logarithm.
    """
    if calibrators:
        without_locus = [control for control in calibrators.controls if control.locus is None]
        calibration = fit(without_locus or calibrators.controls, "tube", calibrators.inflation)
        return calibration.counts_per_copy, calibration.log_sd_with_scatter
    return (capture.value * strands, capture.log_sd) if capture else (0.0, 0.0)
