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
"""Nucleated cells that no tube holds: 6.5 mg of DNA."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Nucleated cells of a tube and the source of the number.

    Attributes:
        number: C.
        source: counted cells, mass of DNA, or reference loci.
        pg_per_cell: DNA of a cell [pg], if C comes from the mass of DNA.
        log_sd: standard error of log(C); 0 if the sheet states the amount.
    """

    number: float
    source: Literal["cells", "dna", "reference_locus"]
    pg_per_cell: float | None = None
    log_sd: float = 0.0


def nucleated_cells(row: Mapping[str, Any], pg_per_cell: float) -> Cells | None:
    """Compute the cells of a tube from its row of SAMPLES: counted cells, otherwise the mass of DNA.

    METHOD: cells = 1000 * input_ng / pg_per_cell, for diploid cells; 6.5 pg by default (6.6 is in use, too).

    Args:
        row: of SAMPLES.
        pg_per_cell: DNA of a cell [pg].

    Returns:
        None if the row states neither.

    Raises:
        QuantityError: an amount is zero, negative, or more or less than a tube can hold.
    """
    for column in ("input_cells", "input_ng"):
        amount = row.get(column)
        if amount is not None and not 0 < amount < inf:
            raise QuantityError(
                f"sample {row['sample_id']} has {column} {amount:g}: give the amount that went into the tube, "
                "or leave the cell of the sheet empty if it is not known"
            )
    cells = _stated_cells(row, pg_per_cell)
    if cells and not 1 <= cells.number <= MAX_CELLS:
        raise QuantityError(
            f"sample {row['sample_id']} has an input of {cells.number:.3g} nucleated cells, and a tube holds 1 to "
            f"{MAX_CELLS:g}: correct input_cells or input_ng"
        )
    return cells


def _stated_cells(row: Mapping[str, Any], pg_per_cell: float) -> Cells | None:
    """Compute the cells that the row states."""
    if row.get("input_cells") is not None:
        return Cells(float(row["input_cells"]), "cells")
    if row.get("input_ng") is not None:
        return Cells(1000.0 * row["input_ng"] / pg_per_cell, "dna", pg_per_cell)
    return None


def tube_cells(row: Mapping[str, Any], controls: TubeControls, config: Config) -> Cells | None:
    """Find the cells of a tube: stated in its row of SAMPLES, otherwise by reference loci.

    Args:
        row: of SAMPLES.
        controls: of the tube.
        config: all settings.

    Returns:
        None if neither gives a number.

    Raises:
        QuantityError: an amount is impossible, or a control has no count in this tube.
    """
    stated = nucleated_cells(row, config.quantify.pg_per_cell)
    return stated or cells_by_reference_loci(controls, config, row["library"])


def cells_by_reference_loci(controls: TubeControls, config: Config, library: str | None) -> Cells | None:
    """Estimate the cells of a tube from its reference loci.

    METHOD: a reference locus has a known number of copies in a cell, so C = (counts per copy in a cell) / (counts per
    molecule put in). The second factor comes from calibrators, or from the capture if UMIs are counted. The errors of
    both are combined as if independent. The calibration of the marker may share the second one; this is not used, and
    the interval is too wide rather than too narrow.

    Args:
        controls: of the tube.
        config: all settings.
        library: section of the settings that describes the tube's library.

    Returns:
        None without reference loci, or if nothing gives the counts per molecule.

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
    """Estimate the counts per molecule at a reference locus, and the standard error of its logarithm.

    Calibrators without a locus are preferred; without calibrators, the capture times the tagged strands is used.
    """
    if calibrators:
        without_locus = [control for control in calibrators.controls if control.locus is None]
        calibration = fit(without_locus or calibrators.controls, "tube", calibrators.inflation)
        return calibration.counts_per_copy, calibration.log_sd_with_scatter
    return (capture.value * strands, capture.log_sd) if capture else (0.0, 0.0)
