"""Apply the four criteria of the dominance rule to a clonotype.

METHOD: the rule of the clonoSEQ assay (Adaptive Biotechnologies, technical summary; FDA DEN170080). A sequence is
dominant if all four criteria are met: it is at least 3 % of all sequences of its locus (like sequences); it is in at
least 0.2 % of all nucleated cells; at most five sequences of its locus have a frequency from a tenth of its frequency
to its frequency (the next decade); and at least 40 genome equivalents of it were analysed. A criterion without data is
reported as not assessed.
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
    """Result of one criterion for one clonotype.

    Attributes:
        met: whether the clonotype meets the criterion; None if the criterion was not assessed.
        clause: figure and threshold in words, a part of the column `reason`.
    """

    met: bool | None
    clause: str


class RankedAbundances:
    """Rising abundances of the clonotypes of each locus and each clone family, for the discontinuity criterion."""

    def __init__(self, clonotypes: pl.DataFrame) -> None:
        """Rank clonotypes.

        Args:
            clonotypes: CLONOTYPES with `abundance`, without calibrators.
        """
        self._by_locus = _ranked(clonotypes, "locus")
        self._by_family = _ranked(clonotypes, "family_id")

    def next_decade(self, row: Mapping[str, Any]) -> tuple[int, int]:
        """Count the clonotypes in the next decade of a clonotype.

        METHOD: the next decade of a clonotype of frequency f are the other clonotypes of its locus with a frequency
        from f / 10 to f. Relatives (clonotypes with the same `family_id`) are counted separately. They arise by
        mutation of the clone itself, and the discontinuity criterion asks whether the clone is much more frequent than
        the rearrangements of other cells.

        Args:
            row: row of CLONOTYPES with `abundance` (reads or molecules).

        Returns:
            Number of clonotypes of other families in the next decade; number of relatives in the next decade.
        """
        abundance = row["abundance"]
        all_near = _in_decade(self._by_locus[row["locus"]], abundance) - 1
        relatives = _in_decade(self._by_family[row["family_id"]], abundance) - 1
        return all_near - relatives, relatives


def _ranked(clonotypes: pl.DataFrame, by: str) -> dict[str, list[int]]:
    """List the abundances of the clonotypes of each value of the column `by`, in rising order."""
    return dict(clonotypes.group_by(by).agg(pl.col("abundance").sort()).iter_rows())


def _in_decade(ranked: list[int], abundance: int) -> int:
    """Count the elements of `ranked` from a tenth of `abundance` to `abundance`, both included."""
    return bisect_right(ranked, abundance) - bisect_left(ranked, -(-abundance // 10))


def assess(
    row: Mapping[str, Any],
    ranks: RankedAbundances,
    cells: float | None,
    input_cells: float | None,
    settings: Markers,
) -> tuple[Criterion, ...]:
    """Assess the four criteria for one clonotype.

    Args:
        row: row of CLONOTYPES with `abundance` and the `unit` of the abundance; no calibrator.
        ranks: abundances of all clonotypes of the sample.
        cells: cells with this clonotype in the tube; None if not known.
        input_cells: nucleated cells of the tube; None if not known.
        settings: thresholds of the four criteria.

    Returns:
        The results for like sequences, nucleated cells, discontinuity and genome equivalents.
    """
    return (
        _like_sequences(row, settings.min_fraction),
        _nucleated_cells(cells, input_cells, settings.min_cell_fraction),
        _discontinuity(*ranks.next_decade(row), settings.max_next_decade),
        _genome_equivalents(cells, row["abundance"], row["unit"], settings.min_genome_equivalents),
    )


def _like_sequences(row: Mapping[str, Any], threshold: float) -> Criterion:
    share = row["fraction_of_locus"]
    figure = f"{_percent(share)} of the {row['locus']} {row['unit']}"
    return _at_least(share >= threshold, figure, _percent(threshold))


def _nucleated_cells(cells: float | None, input_cells: float | None, threshold: float) -> Criterion:
    if input_cells is None:
        return Criterion(None, "share of nucleated cells not assessed (their number is not known)")
    if cells is None:
        return Criterion(None, "share of nucleated cells not assessed (no calibrator tells the clone's cells)")
    share = cells / input_cells
    return _at_least(share >= threshold, f"{_percent(share)} of nucleated cells", _percent(threshold))


def _discontinuity(near: int, relatives: int, most: int) -> Criterion:
    figure = f"{near} {'sequence' if near == 1 else 'sequences'} in the next decade"
    figure += f" beside {relatives} of its family" if relatives else ""
    return Criterion(near <= most, f"{figure} (at most {most})" if near <= most else f"{figure}, more than {most}")


def _genome_equivalents(cells: float | None, abundance: int, unit: str, threshold: float) -> Criterion:
    """Assess the number of genome equivalents, which is the number of clone cells.

    METHOD: if the number of clone cells is not known, the genome equivalents analysed are at most the number of reads.
    """
    if cells is not None:
        digits = 0 if cells >= 100 else 1
        return _at_least(cells >= threshold, f"{cells:,.{digits}f} genome equivalents", f"{threshold:g}")
    if abundance < threshold and unit == "reads":
        return Criterion(False, f"at most {abundance} genome equivalents, one a read, fewer than {threshold:g}")
    return Criterion(None, "genome equivalents not assessed (no calibrator)")


def _at_least(met: bool, figure: str, threshold: str) -> Criterion:
    return Criterion(met, f"{figure} (at least {threshold})" if met else f"{figure}, less than {threshold}")


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
