"""From what was counted to the HITS table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from clonotrack.germline import LOCI
from clonotrack.sequences import I64
from clonotrack.tables import HITS, TOTALS, check
from clonotrack.track.count_hits import Counted
from clonotrack.track.targets import Target

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Whose reads are searched, as the sample sheet says it; all but the first may be unknown."""

    sample_id: str
    subject_id: str | None = None
    role: str | None = None
    run_id: str | None = None
    library: str | None = None
    replicate: str | None = None


def hits_frame(
    sample: Sample,
    targets: Sequence[Target],
    counted: Iterable[Counted],
    loci: I64,
    totals: Mapping[str, int],
    unseen: Collection[str] = (),
    *,
    tagged: bool = False,
) -> pl.DataFrame:
    """HITS of one tube.

    Args:
        sample: named in every row.
        targets: what was looked for.
        counted: fragments by target, class and distance.
        loci: shape (7,); reads by the locus of their J.
        totals: reads by what became of them.
        unseen: markers that the reads are too short for; each has a row without a match class, which says so.
        tagged: the library has UMIs.
    """
    rows = [*_target_rows(targets, counted, unseen, 0 if tagged else None), *_locus_rows(loci), *_total_rows(totals)]
    about = asdict(sample)
    frame = pl.DataFrame([about | row for row in rows], schema=HITS.schema())
    return check(frame, HITS)


def _target_rows(
    targets: Sequence[Target], counted: Iterable[Counted], unseen: Collection[str], no_umis: int | None
) -> Iterator[Row]:
    by_target: dict[int, list[Counted]] = defaultdict(list)
    for row in counted:
        by_target[row.target].append(row)
    for number, target in enumerate(targets):
        about = {
            "target_id": target.target_id,
            "target_subject_id": target.subject_id,
            "target_kind": target.kind,
            "locus": target.locus,
        }
        if target.kind == "marker" and target.target_id in unseen:
            yield about | {"reads": 0, "umis": no_umis}
        elif all(row.match_class == "evolved" for row in by_target[number]):
            yield about | {"match_class": "exact", "edit_distance": 0, "reads": 0, "shared_reads": 0, "umis": no_umis}
        for row in by_target[number]:
            yield about | {
                "match_class": row.match_class,
                "edit_distance": row.distance,
                "reads": row.reads,
                "umis": row.umis,
                "shared_reads": row.shared,
                "sequence": row.sequence,
            }


def _locus_rows(loci: I64) -> Iterator[Row]:
    for locus, reads in zip(LOCI, loci.tolist(), strict=True):
        yield {"target_id": locus, "target_kind": "locus", "locus": locus, "reads": reads}


def _total_rows(totals: Mapping[str, int]) -> Iterator[Row]:
    for name in TOTALS:
        yield {"target_id": name, "target_kind": "total", "reads": totals[name]}
