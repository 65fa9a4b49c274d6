"""A tube: how many nucleated cells went in, and how many reads a molecule put into it gave.

Used by `markers` (genome equivalents of a baseline) and `quantify` (everything). Symbols as in docs/statistics.md:
a tube holds C cells; a locus gives a = rho * capture reads per molecule put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf
from typing import TYPE_CHECKING, Any, Literal

from clonotrack.errors import QuantityError
from clonotrack.library.calibration import Calibrators, points_of
from clonotrack.library.capture import stated
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
