"""From CLONOTYPES to MARKERS.

One MARKERS table of several baselines of a patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from clonotrack.config import Markers
from clonotrack.markers.dominance import Criterion, Ranks, criteria
from clonotrack.markers.target_region import target
from clonotrack.tables import MARKERS, check

Row = dict[str, Any]
PerLocus = Mapping[str, float]
SELECTED = "Selected"


def select(
    clonotypes: pl.DataFrame,
    settings: Markers,
    *,
    subject_id: str,
    sample_id: str | None,
    input_cells: float | PerLocus | None,
    reads_per_copy: PerLocus | None,
    umis_per_copy: PerLocus | None = None,
    capture_assumed: bool = False,
) -> pl.DataFrame:
    """Apply the dominance rule to the clonotypes of one baseline.

    Args:
        clonotypes: CLONOTYPES of the baseline.
        settings: thresholds of the rule.
        subject_id: the patient.
        sample_id: the baseline.
        input_cells: nucleated cells of the tube, by locus where tubes of several libraries were united; None where
            not known.
        reads_per_copy: reads of a molecule put into the tube, by locus, from calibrators; None without them.
        umis_per_copy: UMIs of a molecule put into the tube, by locus; for clonotypes counted by UMI.
        capture_assumed: `umis_per_copy` is the configured default, which the reasons then say.

    Returns:
        MARKERS: the `considered` most abundant clonotypes, calibrators left out, and every other that meets the rule;
        by falling reads, each with its `reason`. A criterion that lacks data does not refuse a clonotype.
    """
    ranked = _ranked(clonotypes)
    top = pl.col("place") < settings.considered
    rows = ranked.filter(top | (pl.col("fraction_of_locus") >= settings.min_fraction)).to_dicts()
    ranks = Ranks(ranked)
    names = _names(rows, subject_id)
    markers: list[Row] = []
    for row in rows:
        cells = _cells(row, reads_per_copy, umis_per_copy)
        judged = criteria(row, ranks, cells, _of_locus(input_cells, row["locus"]), settings)
        if row["place"] < settings.considered or _meets(judged):
            taken = sum(marker["selected"] for marker in markers)
            found = {"marker_id": names[row["clone_id"]], "sample_id": sample_id, "cells": cells}
            if capture_assumed and row["unit"] == "molecules" and cells is not None:
                judged = (*judged, Criterion(None, "cells at an assumed capture of UMIs"))
            markers.append(row | found | _decided(row, judged, taken, settings))
    always = {"subject_id": subject_id, "copies_per_cell": 1.0, "background_rate": None}
    always |= {"max_edits": None, "edits_reason": None}
    return check(pl.DataFrame([marker | always for marker in markers], schema=MARKERS.schema()), MARKERS)


def _decided(row: Row, judged: tuple[Criterion, ...], taken: int, settings: Markers) -> Row:
    """What is tracked of a clonotype, whether it is, and why."""
    part = target(row["sequence"], row["key_region"], settings.min_target_length)
    verdict = _verdict(judged, taken, settings, known=part.known)
    return {
        "sequence": part.sequence,
        "target_start": part.start,
        "target_end": part.end,
        "selected": verdict == SELECTED,
        "reason": f"{verdict}: {'; '.join(criterion.clause for criterion in judged)}.",
    }


def _meets(judged: tuple[Criterion, ...]) -> bool:
    """Whether no criterion refuses."""
    return all(criterion.met is not False for criterion in judged)


def _verdict(judged: tuple[Criterion, ...], taken: int, settings: Markers, *, known: bool) -> str:
    if not _meets(judged):
        return "Refused"
    if not known:
        return "Refused although it meets the rule, as its clone-specific part holds an unknown base"
    if taken >= settings.max_selected:
        return f"Refused although it meets the rule, as {taken} larger markers were taken, the most of one baseline"
    return SELECTED


def _names(rows: list[Row], subject_id: str) -> dict[str, str]:
    """The marker_id of each clone_id: its first eight digits, or all where two of the patient would be alike."""
    short = {row["clone_id"]: f"{subject_id}.{row['system']}.{row['clone_id'][:8]}" for row in rows}
    uses = Counter(short.values())
    return {
        row["clone_id"]: short[row["clone_id"]]
        if uses[short[row["clone_id"]]] == 1
        else f"{subject_id}.{row['system']}.{row['clone_id']}"
        for row in rows
    }


def _ranked(clonotypes: pl.DataFrame) -> pl.DataFrame:
    """Clonotypes by falling `abundance`, in molecules where UMIs count all, else in reads; calibrators left out."""
    by_umi = clonotypes["umi_count"].null_count() == 0
    own = clonotypes.filter(pl.col("control_id").is_null()).with_columns(
        abundance=pl.col("umi_count" if by_umi else "duplicate_count"), unit=pl.lit("molecules" if by_umi else "reads")
    )
    order = ["abundance", "duplicate_count", "clone_id"]
    return own.sort(order, descending=[True, True, False]).with_row_index("place")


def _cells(row: Row, reads_per_copy: PerLocus | None, umis_per_copy: PerLocus | None) -> float | None:
    """Clone cells in the tube, at one copy a cell, by UMIs, else by reads; None without a way to them."""
    if row["umi_count"] is not None and (coefficient := (umis_per_copy or {}).get(row["locus"])):
        return float(row["umi_count"] / coefficient)
    coefficient = (reads_per_copy or {}).get(row["locus"])
    return row["duplicate_count"] / coefficient if coefficient else None


def _of_locus(amount: float | PerLocus | None, locus: str) -> float | None:
    return amount.get(locus) if isinstance(amount, Mapping) else amount


def unite(baselines: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The markers of all baselines; of one that several hold, the row that was selected, then with most reads.

    Args:
        baselines: MARKERS of one patient, from `select`.
    """
    rows = pl.concat(list(baselines))
    order = rows.sort("selected", "duplicate_count", descending=True, maintain_order=True)
    best = order.unique("marker_id", keep="first", maintain_order=True)
    by_size = ["duplicate_count", "marker_id"]
    return check(best.sort(by_size, descending=[True, False], nulls_last=True), MARKERS)
