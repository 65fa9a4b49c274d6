from __future__ import annotations

from typing import Any

import polars as pl

from clonotrack.quantify.control_checks import cross_sample_table
from clonotrack.quantify.counts import counts_by_tube
from clonotrack.tables import HITS


def row(sample: str, subject: str | None, marker: str, match: str, reads: int, **more: Any) -> dict[str, Any]:
    about = {"sample_id": sample, "subject_id": subject, "target_id": marker, "target_subject_id": marker[0]}
    return about | {"target_kind": "marker", "match_class": match, "edit_distance": 0, "reads": reads} | more


def test_every_marker_has_its_reads_in_its_own_and_in_all_other_samples() -> None:
    rows = [
        row("dx", "p", "p.1", "exact", 900, replicate="1", shared_reads=30),
        row("dx", "p", "p.1", "indel", 7, replicate="2", shared_reads=1),
        row("dx", "p", "p.1", "ambiguous", 5, replicate="2", shared_reads=5),
        row("dx", "p", "p.1", "evolved", 40, replicate="2"),
        row("dx", "p", "q.1", "exact", 31, shared_reads=31),
        row("other", "q", "p.1", "mismatch", 2),
        row("water", None, "p.1", "exact", 0),
    ]
    frame = pl.DataFrame([{name: one.get(name) for name in HITS.names} for one in rows], schema=HITS.schema())
    columns = ("marker_id", "target_subject_id", "sample_id", "subject_id", "own", "reads", "shared_reads")
    assert cross_sample_table(counts_by_tube(frame)).select(columns).rows() == [
        ("p.1", "p", "dx", "p", True, 907, 31),
        ("p.1", "p", "other", "q", False, 2, 0),
        ("p.1", "p", "water", None, False, 0, 0),
        ("q.1", "q", "dx", "p", False, 31, 31),
    ]
