"""Nucleated cells of a tube: stated on the sheet, else told by reference loci that were amplified beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Any

from clonotrack.library.calibration import Calibrators, fit, points_of
from clonotrack.library.capture import Capture, stated
from clonotrack.library.tubes import Cells, calibrators, control_counts, nucleated_cells

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of one tube as they were counted.

    Attributes:
        table: CONTROLS; None where the library has none.
        reads: of each control.
        umis: of each control that has them; empty in a tube without UMIs.
    """

    table: pl.DataFrame | None
    reads: Mapping[str, int]
    umis: Mapping[str, int]

    @classmethod
    def of(cls, hits: pl.DataFrame, table: pl.DataFrame | None) -> Controls:
        """Those of the HITS rows of one tube."""
        return cls(table, control_counts(hits, "reads"), control_counts(hits, "umis"))

    def calibrators(self, config: Config, library: str | None) -> Calibrators:
        """The calibrators by their reads.

        Raises:
            QuantityError: one was not looked for in this tube, or has no copies.
        """
        return Calibrators((), 0.0) if self.table is None else calibrators(self.reads, self.table, config, library)

    def tagged(self) -> Calibrators:
        """The calibrators by their UMIs; a control whose UMIs could not be counted is left out."""
        if self.table is None:
            return Calibrators((), 0.0)
        counted = self.table.filter(self.table["control_id"].is_in(list(self.umis)))
        return Calibrators(points_of(counted, "calibrator", self.umis), 0.0)


def tube_cells(row: Mapping[str, Any], controls: Controls, config: Config) -> Cells | None:
    """Cells of the tube of one SAMPLES row: counted, else from the mass of DNA, else from reference loci.

    METHOD: what the sheet states goes first. A reference locus has a known number of copies in a cell, so its counts
    give cells: C = (counts per copy of a cell) / (counts per molecule put in). The second factor comes from
    calibrators, or from the capture of UMIs. Both errors are carried; that the marker's own calibration may share the
    second one is not used, which errs to the wide side.

    Raises:
        QuantityError: an amount is impossible, or a control was not looked for in this tube.
    """
    known = nucleated_cells(row, config.quantify.pg_per_cell)
    return known or referred(controls, config, row["library"])


def referred(controls: Controls, config: Config, library: str | None) -> Cells | None:
    """Cells of a tube by its reference loci; None without these, or without a way from their counts to molecules.

    Raises:
        QuantityError: a control was not looked for in this tube.
    """
    if controls.table is None:
        return None
    by_umi = bool(controls.umis)
    points = points_of(controls.table, "reference", controls.umis if by_umi else controls.reads)
    known = controls.tagged() if by_umi else controls.calibrators(config, library)
    capture = stated(config, library) if by_umi else None
    per_molecule, log_sd = _per_molecule(known, capture, config.library(library).strands_tagged)
    if not points or not per_molecule:
        return None
    found = fit(points, "tube", lambda _: known.inflation(per_molecule))
    number = found.per_copy / per_molecule
    return Cells(number, "reference_locus", None, hypot(found.wide_sd, log_sd)) if number else None


def _per_molecule(known: Calibrators, capture: Capture | None, strands: int) -> tuple[float, float]:
    """Counts per molecule at a reference locus, with its error; calibrators without a locus go before the others."""
    if known:
        free = [point for point in known.points if point.locus is None]
        found = fit(free or known.points, "tube", known.inflation)
        return found.per_copy, found.wide_sd
    return (capture.value * strands, capture.log_sd) if capture else (0.0, 0.0)
