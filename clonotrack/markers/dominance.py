"""The four criteria of dominance, each with the words that say how a clonotype stands to it.

METHOD: the rule is that of the clonoSEQ assay (Adaptive Biotechnologies, technical summary; FDA DEN170080): a sequence
is dominant if it makes at least 3 % of all like sequences and at least 0.2 % of all nucleated cells, has at most five
sequences in the next decade of the ranked frequencies, and at least 40 genome equivalents were analysed. All four are
asked for; one that cannot be judged for want of data is told as not assessed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from clonotrack.config import Markers


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: whether it is met, None where it could not be assessed, and a clause that says so."""

    met: bool | None
    clause: str


class Ranks:
    """Ranked clonotypes of each locus, for the discontinuity criterion."""

    def __init__(self, clonotypes: pl.DataFrame) -> None:
        """Rank clonotypes (CLONOTYPES with `abundance`; no calibrators)."""
        self._loci = _ranked(clonotypes, "locus")
        self._families = _ranked(clonotypes, "family_id")

    def next_decade(self, row: Mapping[str, Any]) -> tuple[int, int]:
        """Clonotypes in the next decade: those that are no relatives, and relatives.

        METHOD: the next decade of a clonotype of frequency f are the other clonotypes of its locus with a frequency
        from f / 10 to f. Relatives (one `family_id`) are counted apart: mutation of the clone itself makes them, and
        the criterion asks whether the clone stands out of other cells' rearrangements.
        """
        abundance = row["abundance"]
        near = _between(self._loci[row["locus"]], abundance) - 1
        relatives = _between(self._families[row["family_id"]], abundance) - 1
        return near - relatives, relatives


def _ranked(clonotypes: pl.DataFrame, by: str) -> dict[str, list[int]]:
    """Rising abundance of the clonotypes of each value of `by`."""
    return dict(clonotypes.group_by(by).agg(pl.col("abundance").sort()).iter_rows())


def _between(ranked: list[int], abundance: int) -> int:
    return bisect_right(ranked, abundance) - bisect_left(ranked, -(-abundance // 10))


def criteria(
    row: Mapping[str, Any], ranks: Ranks, cells: float | None, input_cells: float | None, settings: Markers
) -> tuple[Criterion, ...]:
    """How one clonotype stands to the four criteria.

    Args:
        row: of CLONOTYPES with `abundance` and its `unit`, no calibrator.
        ranks: of all clonotypes of the sample.
        cells: its clone cells in the tube, where known.
        input_cells: nucleated cells of the tube, where known.
        settings: thresholds.
    """
    return (
        _like_sequences(row, settings.min_fraction),
        _nucleated_cells(cells, input_cells, settings.min_cell_fraction),
        _discontinuity(*ranks.next_decade(row), settings.max_next_decade),
        _genome_equivalents(cells, row["abundance"], row["unit"], settings.min_genome_equivalents),
    )


def _like_sequences(row: Mapping[str, Any], least: float) -> Criterion:
    share = row["fraction_of_locus"]
    return _at_least(share >= least, f"{_percent(share)} of the {row['locus']} {row['unit']}", _percent(least))


def _nucleated_cells(cells: float | None, input_cells: float | None, least: float) -> Criterion:
    if input_cells is None:
        return Criterion(None, "share of nucleated cells not assessed (their number is not known)")
    if cells is None:
        return Criterion(None, "share of nucleated cells not assessed (no calibrator tells the clone's cells)")
    share = cells / input_cells
    return _at_least(share >= least, f"{_percent(share)} of nucleated cells", _percent(least))


def _discontinuity(near: int, relatives: int, most: int) -> Criterion:
    found = f"{near} {'sequence' if near == 1 else 'sequences'} in the next decade"
    found += f" beside {relatives} of its family" if relatives else ""
    return Criterion(near <= most, f"{found} (at most {most})" if near <= most else f"{found}, more than {most}")


def _genome_equivalents(cells: float | None, seen: int, unit: str, least: float) -> Criterion:
    """METHOD: without a way to cells the reads are the most genome equivalents that can have been seen."""
    if cells is not None:
        return _at_least(cells >= least, f"{cells:,.{0 if cells >= 100 else 1}f} genome equivalents", f"{least:g}")
    if seen < least and unit == "reads":
        return Criterion(False, f"at most {seen} genome equivalents, one a read, fewer than {least:g}")
    return Criterion(None, "genome equivalents not assessed (no calibrator)")


def _at_least(met: bool, found: str, least: str) -> Criterion:
    return Criterion(met, f"{found} (at least {least})" if met else f"{found}, less than {least}")


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
