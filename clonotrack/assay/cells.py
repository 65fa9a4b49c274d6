"""A tube: how many nucleated cells went in, and how many reads a molecule put into it gave.

Used by `markers` (genome equivalents of a baseline) and `quantify` (everything). Symbols as in docs/statistics.md:
a tube holds C cells; a locus gives a = rho * capture reads per molecule put in.

Nucleated cells of a tube: stated on the sheet, else told by reference loci that were amplified beside the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, hypot, inf
from typing import TYPE_CHECKING, Any, Literal

from clonotrack.assay.calibration import Calibrators, fit, points_of
from clonotrack.assay.capture import Capture, stated
from clonotrack.errors import QuantityError
from clonotrack.tables import LOCI

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config


COUNTED = ("exact", "mismatch", "indel")
"""Match classes whose reads are the target's; `ambiguous` and `evolved` are told apart and never added."""

MOST_CELLS = 1e9
"""Nucleated cells that no tube holds: 6.5 mg of DNA."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Nucleated cells of a tube and where the number comes from.

    Attributes:
        number: C.
        source: counted, from the mass of DNA, or from reference loci.
        pg_per_cell: only where it was used.
        log_sd: standard error of log(C); 0 where the sheet states the amount.
    """

    number: float
    source: Literal["cells", "dna", "reference_locus"]
    pg_per_cell: float | None = None
    log_sd: float = 0.0


def nucleated_cells(row: Mapping[str, Any], pg_per_cell: float) -> Cells | None:
    """Cells of the tube of one SAMPLES row: counted, else from the mass of DNA; None where neither is given.

    METHOD: cells = 1000 * input_ng / pg_per_cell, diploid cells; 6.5 pg by default (6.6 is in use too).

    Raises:
        QuantityError: an amount is zero, negative, or no amount that a tube can hold.
    """
    for column in ("input_cells", "input_ng"):
        amount = row.get(column)
        if amount is not None and not 0 < amount < inf:
            raise QuantityError(
                f"sample {row['sample_id']} has {column} {amount:g}: give the amount that went into the tube, "
                "or leave the cell empty where it is not known"
            )
    found = _cells(row, pg_per_cell)
    if found and not 1 <= found.number <= MOST_CELLS:
        raise QuantityError(
            f"sample {row['sample_id']} has an input of {found.number:.3g} nucleated cells, and a tube holds 1 to "
            f"{MOST_CELLS:g}: correct input_cells or input_ng"
        )
    return found


def _cells(row: Mapping[str, Any], pg_per_cell: float) -> Cells | None:
    if row.get("input_cells") is not None:
        return Cells(float(row["input_cells"]), "cells")
    if row.get("input_ng") is not None:
        return Cells(1000.0 * row["input_ng"] / pg_per_cell, "dna", pg_per_cell)
    return None


def control_counts(hits: pl.DataFrame, column: Literal["reads", "umis"]) -> dict[str, int]:
    """Reads, or UMIs, of each control in the HITS rows of one tube; one without UMIs is missing."""
    import polars as pl  # noqa: PLC0415

    counted = hits.filter(
        pl.col("target_kind") == "control", pl.col("match_class").is_in(COUNTED), pl.col(column).is_not_null()
    )
    sums = counted.group_by("target_id").agg(pl.col(column).sum())
    return dict(sums.iter_rows())


def calibrators(reads: Mapping[str, int], controls: pl.DataFrame, config: Config, library: str | None) -> Calibrators:
    """The calibrators of a tube by their reads; none where CONTROLS has none.

    Raises:
        QuantityError: a calibrator was not looked for in this tube, or has no copies.
    """
    points = points_of(controls, "calibrator", reads)
    return Calibrators(points, exp(dispersion(config, library) ** 2) / stated(config, library).value)


def dispersion(config: Config, library: str | None) -> float:
    """The dispersion s of a library: what it states, else the configured default."""
    known = config.library(library).dispersion
    return config.quantify.dispersion if known is None else known


def reads_per_copy(hits: pl.DataFrame, controls: pl.DataFrame, config: Config, library: str | None) -> dict[str, float]:
    """Reads per copy of every locus of one tube; empty where calibrators say nothing of cells (RNA, none found).

    Args:
        hits: HITS of the tube.
        controls: CONTROLS of the tube.
        config: all settings.
        library: section of the settings that describes the tube's library.

    Raises:
        QuantityError: a calibrator was not looked for in this tube.
    """
    if config.library(library).template == "rna":
        return {}
    known = calibrators(control_counts(hits, "reads"), controls, config, library)
    found = {locus: known.of(locus).per_copy for locus in LOCI} if known else {}
    return {locus: coefficient for locus, coefficient in found.items() if coefficient}


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
