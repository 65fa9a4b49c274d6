"""Select the MARKERS of a patient from the CLONOTYPES of one or several baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from clonotrack.config import Markers
from clonotrack.markers.dominance import Criterion, RankedAbundances, assess
from clonotrack.markers.target_region import target_region
from clonotrack.tables import MARKERS, check

Row = dict[str, Any]
ByLocus = Mapping[str, float]
SELECTED = "Selected"


def select_markers(
    clonotypes: pl.DataFrame,
    settings: Markers,
    *,
    subject_id: str,
    sample_id: str | None,
    input_cells: float | ByLocus | None,
    reads_per_copy: ByLocus | None,
    umis_per_copy: ByLocus | None = None,
    capture_assumed: bool = False,
) -> pl.DataFrame:
    """Apply the dominance rule to the clonotypes of one baseline.

    Args:
        clonotypes: CLONOTYPES of the baseline.
        settings: thresholds of the rule.
        subject_id: id of the patient.
        sample_id: id of the baseline sample; None if not known.
        input_cells: nucleated cells of the tube, by locus if tubes of several libraries were joined; None if not known.
        reads_per_copy: reads per molecule put into the tube, by locus, from calibrators; None without calibrators.
        umis_per_copy: UMIs per molecule put into the tube, by locus, for clonotypes counted by UMI; None if not known.
        capture_assumed: whether `umis_per_copy` comes from the default capture; each `reason` then states this.

    Returns:
        MARKERS by falling abundance (molecules if every clonotype is counted by UMI, otherwise reads), each with its
        `reason`. They are the `settings.considered` most abundant clonotypes, and every other clonotype that meets the
        rule. Calibrators are left out. A clonotype is not rejected because of a criterion without data.
    """
    ranked = _by_abundance(clonotypes)
    considered = pl.col("rank") < settings.considered
    rows = ranked.filter(considered | (pl.col("fraction_of_locus") >= settings.min_fraction)).to_dicts()
    ranks = RankedAbundances(ranked)
    names = _marker_ids(rows, subject_id)
    markers: list[Row] = []
    for row in rows:
        cells = _clone_cells(row, reads_per_copy, umis_per_copy)
        criteria = assess(row, ranks, cells, _for_locus(input_cells, row["locus"]), settings)
        if row["rank"] < settings.considered or _meets(criteria):
            selected = sum(marker["selected"] for marker in markers)
            columns = {"marker_id": names[row["clone_id"]], "sample_id": sample_id, "cells": cells}
            if capture_assumed and row["unit"] == "molecules" and cells is not None:
                criteria = (*criteria, Criterion(None, "cells at an assumed capture of UMIs"))
            markers.append(row | columns | _decide(row, criteria, selected, settings))
    constant = {"subject_id": subject_id, "copies_per_cell": 1.0, "background_rate": None}
    constant |= {"max_edits": None, "edits_reason": None}
    return check(pl.DataFrame([marker | constant for marker in markers], schema=MARKERS.schema()), MARKERS)


def _decide(row: Row, criteria: tuple[Criterion, ...], selected: int, settings: Markers) -> Row:
    """Compute the columns of MARKERS that state the tracked sequence, the selection and the reason.

    Args:
        row: row of CLONOTYPES.
        criteria: results of the criteria for this clonotype.
        selected: number of more abundant clonotypes that are selected.
        settings: thresholds of the rule, and most markers of a baseline.

    Returns:
        `sequence`, `target_start`, `target_end`, `selected` and `reason`.
    """
    region = target_region(row["sequence"], row["key_region"], settings.min_target_length)
    verdict = _verdict(criteria, selected, settings, trackable=region.trackable)
    return {
        "sequence": region.sequence,
        "target_start": region.start,
        "target_end": region.end,
        "selected": verdict == SELECTED,
        "reason": f"{verdict}: {'; '.join(criterion.clause for criterion in criteria)}.",
    }


def _meets(criteria: tuple[Criterion, ...]) -> bool:
    """Check that no criterion is failed; a criterion that was not assessed counts as met."""
    return all(criterion.met is not False for criterion in criteria)


def _verdict(criteria: tuple[Criterion, ...], selected: int, settings: Markers, *, trackable: bool) -> str:
    """Return the first words of the column `reason`: the decision, and why if the rule is met without selection.

    Args:
        criteria: results of the criteria.
        selected: number of more abundant clonotypes that are selected.
        settings: most markers of a baseline.
        trackable: whether the clone-specific part has no unknown base.
    """
    if not _meets(criteria):
        return "Refused"
    if not trackable:
        return "Refused although it meets the rule, as its clone-specific part holds an unknown base"
    if selected >= settings.max_selected:
        return f"Refused although it meets the rule, as {selected} larger markers were taken, the most of one baseline"
    return SELECTED


def _marker_ids(rows: list[Row], subject_id: str) -> dict[str, str]:
    """Name the marker of each `clone_id`: `<subject_id>.<system>.<first 8 digits of the clone_id>`.

    If two markers would have the same name, all 16 digits are used for both.
    """
    short = {row["clone_id"]: f"{subject_id}.{row['system']}.{row['clone_id'][:8]}" for row in rows}
    uses = Counter(short.values())
    return {
        row["clone_id"]: short[row["clone_id"]]
        if uses[short[row["clone_id"]]] == 1
        else f"{subject_id}.{row['system']}.{row['clone_id']}"
        for row in rows
    }


def _by_abundance(clonotypes: pl.DataFrame) -> pl.DataFrame:
    """Sort clonotypes by falling `abundance`, without calibrators; add `abundance`, `unit` and `rank`.

    The unit is molecules if all clonotypes are counted by UMI, otherwise reads.
    """
    by_umi = clonotypes["umi_count"].null_count() == 0
    own = clonotypes.filter(pl.col("control_id").is_null()).with_columns(
        abundance=pl.col("umi_count" if by_umi else "duplicate_count"), unit=pl.lit("molecules" if by_umi else "reads")
    )
    order = ["abundance", "duplicate_count", "clone_id"]
    return own.sort(order, descending=[True, True, False]).with_row_index("rank")


def _clone_cells(row: Row, reads_per_copy: ByLocus | None, umis_per_copy: ByLocus | None) -> float | None:
    """Compute the number of cells with a clonotype in the tube, if each cell has one copy.

    Args:
        row: row of CLONOTYPES.
        reads_per_copy: reads per molecule put into the tube, by locus.
        umis_per_copy: UMIs per molecule put into the tube, by locus; preferred if the clonotype is counted by UMI.

    Returns:
        Number of cells; None if neither UMIs nor reads per copy are known for the locus.
    """
    if row["umi_count"] is not None and (coefficient := (umis_per_copy or {}).get(row["locus"])):
        return float(row["umi_count"] / coefficient)
    coefficient = (reads_per_copy or {}).get(row["locus"])
    return row["duplicate_count"] / coefficient if coefficient else None


def _for_locus(amount: float | ByLocus | None, locus: str) -> float | None:
    """Return the amount for a locus; a single number holds for all loci. None if the amount is not known."""
    return amount.get(locus) if isinstance(amount, Mapping) else amount


def unite_baselines(baselines: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Unite the markers of several baselines of a patient.

    A marker in several baselines gets one row: a selected row before one that is not selected, then the row with the
    most reads.

    Args:
        baselines: MARKERS of each baseline of one patient, from `select_markers`.

    Returns:
        MARKERS by falling reads.
    """
    rows = pl.concat(list(baselines))
    order = rows.sort("selected", "duplicate_count", descending=True, maintain_order=True)
    best = order.unique("marker_id", keep="first", maintain_order=True)
    by_reads = ["duplicate_count", "marker_id"]
    return check(best.sort(by_reads, descending=[True, False], nulls_last=True), MARKERS)
