"""A tube: how many nucleated cells went in, and how many reads a molecule put into it gave.

Used by `markers` (genome equivalents of a baseline) and `quantify` (everything). Symbols as in docs/statistics.md:
a tube holds C cells; a locus gives a = rho * capture reads per molecule put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from clonotrack.errors import QuantityError
from clonotrack.tables import LOCI

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config

COUNTED = ("exact", "mismatch", "indel")
"""Match classes whose reads are the target's; `ambiguous` and `evolved` are told apart and never added."""

MOST_CELLS = 1e9
"""Nucleated cells that no tube holds: 6.5 mg of DNA."""

_ALLOWED_SCORE = 4.0
_LEAST_TO_JUDGE = 3


@dataclass(frozen=True, slots=True)
class Cells:
    """Nucleated cells of a tube and where the number comes from; `pg_per_cell` only where it was used."""

    number: float
    source: Literal["cells", "dna"]
    pg_per_cell: float | None = None


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


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the calibrators of a tube say about one locus.

    Attributes:
        reads_per_copy: a, reads per molecule put into the tube; 0 where no calibrator was found.
        log_sd: tau, standard error of log(a).
        used: control_id of the calibrators that count.
        refused: control_id of those far from the others.
        pooled: the locus has no calibrator of its own; all of the tube were used.
    """

    reads_per_copy: float
    log_sd: float
    used: tuple[str, ...]
    refused: tuple[str, ...]
    pooled: bool


def control_reads(hits: pl.DataFrame) -> dict[str, int]:
    """Reads of each control in the HITS rows of one tube."""
    import polars as pl  # noqa: PLC0415

    counted = hits.filter(pl.col("target_kind") == "control", pl.col("match_class").is_in(COUNTED))
    sums = counted.group_by("target_id").agg(pl.col("reads").sum())
    return dict(sums.iter_rows())


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
    settings = config.library(library)
    if settings.template == "rna":
        return {}
    capture, dispersion = assumed(config, library)
    found = calibrate(control_reads(hits), controls, capture=capture, dispersion=dispersion)
    return {
        locus: calibration.reads_per_copy
        for locus, calibration in found.items()
        if locus is not None and calibration.reads_per_copy
    }


def assumed(config: Config, library: str | None) -> tuple[float, float]:
    """Capture and dispersion of a library: what it states, else the configured defaults."""
    stated, defaults = config.library(library), config.quantify
    return (
        defaults.default_capture if stated.capture is None else stated.capture,
        defaults.dispersion if stated.dispersion is None else stated.dispersion,
    )


def calibrate(
    reads: Mapping[str, int], controls: pl.DataFrame, *, capture: float, dispersion: float
) -> dict[str | None, Calibration]:
    """Reads per copy of every locus of one tube; empty where CONTROLS has no calibrator.

    A calibrator without locus counts for every locus. The key None holds all calibrators together, for markers
    outside the receptor loci.

    METHOD: a = reads / copies summed over the calibrators, a line through zero as Vidjil's spike-in script fits one
    for each V family; here by locus, and pooled where a locus has none. Reads lost to sequencing errors are lost alike
    in calibrators and markers, so a carries them.

    Args:
        reads: reads of each control in this tube; a control that was not looked for is missing here.
        controls: CONTROLS of the tube's library.
        capture: share of molecules that end in the data.
        dispersion: standard deviation of the log PCR yield of a molecule.

    Raises:
        QuantityError: a calibrator was not looked for in this tube, or has no copies.
    """
    given = [row for row in controls.iter_rows(named=True) if row["kind"] == "calibrator"]
    for row in given:
        if not row["copies"] > 0:
            raise QuantityError(
                f"control {row['control_id']} has {row['copies']:g} copies: state what went into a tube"
            )
        if row["control_id"] not in reads:
            raise QuantityError(
                f"calibrator {row['control_id']} was not looked for in this tube: run `track` again with --controls"
            )
    points = [(row["control_id"], row["locus"], reads[row["control_id"]], float(row["copies"])) for row in given]
    result: dict[str | None, Calibration] = {}
    for locus in (*LOCI, None) if points else ():
        own = [(name, seen, copies) for name, where, seen, copies in points if where in (locus, None)]
        pooled = locus is None or not own
        chosen = [(name, seen, copies) for name, _, seen, copies in points] if pooled else own
        result[locus] = _fit(chosen, pooled=pooled, capture=capture, dispersion=dispersion)
    return result


def _fit(points: list[tuple[str, int, float]], *, pooled: bool, capture: float, dispersion: float) -> Calibration:
    """One coefficient from (name, reads, copies); robust against a calibrator that failed."""
    refused = _outliers(points, capture=capture, dispersion=dispersion)
    kept = [point for point in points if point[0] not in refused]
    total = sum(seen for _, seen, _ in kept)
    coefficient = total / sum(copies for *_, copies in kept)
    if not total:
        return Calibration(0.0, 0.0, (), tuple(name for name, *_ in points), pooled)
    inflation = _inflation(coefficient, capture, dispersion)
    if len(kept) > 1:
        residuals = sum((seen - copies * coefficient) ** 2 / (copies * coefficient) for _, seen, copies in kept)
        inflation = max(inflation, residuals / (len(kept) - 1))
    return Calibration(coefficient, sqrt(inflation / total), tuple(name for name, *_ in kept), refused, pooled)


def _inflation(reads_per_copy: float, capture: float, dispersion: float) -> float:
    """Variance over mean of the reads of Poisson(copies) molecules: 1 + rho * exp(dispersion^2)."""
    return 1.0 + reads_per_copy / capture * exp(dispersion**2)


def _outliers(points: list[tuple[str, int, float]], *, capture: float, dispersion: float) -> tuple[str, ...]:
    """Names of the calibrators that are further from the median than chance and the others' scatter explain.

    METHOD: scores d = 2 sqrt(copies) (sqrt(reads / copies) - median), whose variance is that of reads over their
    mean (square-root transformation, Bartlett 1936); refused beyond four times the larger of the model's standard
    deviation and 1.4826 times the median absolute score.
    """
    if len(points) < _LEAST_TO_JUDGE:
        return ()
    roots = [sqrt(seen / copies) for _, seen, copies in points]
    middle = median(roots)
    scores = [2 * sqrt(copies) * abs(root - middle) for (*_, copies), root in zip(points, roots, strict=True)]
    scale = max(sqrt(_inflation(middle**2, capture, dispersion)), 1.4826 * median(scores))
    return tuple(name for (name, *_), score in zip(points, scores, strict=True) if score > _ALLOWED_SCORE * scale)
