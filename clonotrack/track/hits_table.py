"""Write the counts of one tube as HITS."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from clonotrack.germline import LOCI
from clonotrack.sequences import I64
from clonotrack.tables import HITS, TOTALS, check
from clonotrack.track.targets import Target

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TubeIdentity:
    """The columns of HITS that identify a tube, with the values of the sample sheet; None for a value not stated."""

    sample_id: str
    subject_id: str | None = None
    role: str | None = None
    run_id: str | None = None
    library: str | None = None
    replicate: str | None = None


def hits_table(
    tube: TubeIdentity,
    targets: Sequence[Target],
    rows_by_target: Mapping[int, Sequence[Row]],
    locus_reads: I64,
    totals: Mapping[str, int],
    too_long: Collection[str] = (),
    *,
    has_umis: bool = False,
) -> pl.DataFrame:
    """Make HITS of one tube.

    Args:
        tube: columns that identify the tube in every row.
        targets: all targets of the tube.
        rows_by_target: rows of counts by number of the target, from `clonotrack.track.count_hits.HitCounts.rows`.
        locus_reads: number of reads by the locus of their J, shape (7,).
        totals: number of fragments by outcome (`clonotrack.tables.TOTALS`).
        too_long: ids of the markers that are longer than the reads; each gets a row without a match class.
        has_umis: whether the library has UMIs.
    """
    rows = [
        *_target_rows(targets, rows_by_target, too_long, 0 if has_umis else None),
        *_locus_rows(locus_reads),
        *_total_rows(totals),
    ]
    columns = asdict(tube)
    table = pl.DataFrame([columns | row for row in rows], schema=HITS.schema())
    return check(table, HITS)


def _target_rows(
    targets: Sequence[Target],
    rows_by_target: Mapping[int, Sequence[Row]],
    too_long: Collection[str],
    no_umis: int | None,
) -> Iterator[Row]:
    for number, target in enumerate(targets):
        columns = {
            "target_id": target.target_id,
            "target_subject_id": target.subject_id,
            "target_kind": target.kind,
            "locus": target.locus,
        }
        rows = rows_by_target.get(number, ())
        if target.kind == "marker" and target.target_id in too_long:
            yield columns | {"reads": 0, "umis": no_umis}
        elif all(row["match_class"] == "evolved" for row in rows):
            zero = {"match_class": "exact", "edit_distance": 0, "reads": 0, "shared_reads": 0, "umis": no_umis}
            yield columns | zero
        for row in rows:
            yield columns | row


def _locus_rows(locus_reads: I64) -> Iterator[Row]:
    for locus, reads in zip(LOCI, locus_reads.tolist(), strict=True):
        yield {"target_id": locus, "target_kind": "locus", "locus": locus, "reads": reads}


def _total_rows(totals: Mapping[str, int]) -> Iterator[Row]:
    for name in TOTALS:
        yield {"target_id": name, "target_kind": "total", "reads": totals[name]}
