from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clonotrack.germline import LOCI
from clonotrack.pgen.allowed_edits import matching_loss
from clonotrack.tables import HITS, QC, TOTALS, check
from clonotrack.track.hits_table import TubeIdentity, hits_table
from clonotrack.track.qc import add_matching_loss, describe_allowed_edits, track_qc
from tests.track.small_inputs import target

TARGETS = [
    target("A" * 40, "m1"),
    target("C" * 40, "c1", subject_id=None),
    target("G" * 40, "m2", subject_id="q"),
    target("T" * 40, "m3"),
]


def row(
    match_class: str, distance: int, reads: int, shared: int = 0, umis: int | None = None, sequence: str | None = None
) -> dict[str, object]:
    """A row as `HitCounts.rows` returns it."""
    counts = {"match_class": match_class, "edit_distance": distance, "reads": reads, "umis": umis}
    return counts | {"shared_reads": shared, "sequence": sequence}


ROWS = {
    0: [
        row("exact", 0, 7, 2, 3),
        row("mismatch", 1, 2, 0, 0),
        row("indel", 1, 3, 0, 1),
        row("evolved", 5, 4, 0, 2, "ACGT"),
        row("ambiguous", 1, 1, 0, 1),
    ],
    2: [row("mismatch", 2, 4)],
    3: [row("evolved", 6, 1, sequence="AC")],
}
TOTAL = dict(zip(TOTALS, (30, 0, 5, 3, 12, 1, 9), strict=True))
TUBE = TubeIdentity("s", "p", "followup", "run1", "default", "1")


def hits() -> pl.DataFrame:
    return hits_table(TUBE, TARGETS, ROWS, np.arange(7), TOTAL)


def test_every_target_has_a_row_for_each_class_and_distance_with_reads() -> None:
    rows = hits().filter(pl.col("target_kind").is_in(["marker", "control"]))
    columns = ["target_id", "target_subject_id", "match_class", "edit_distance", "reads", "umis", "shared_reads"]
    assert rows.select(*columns, "sequence").rows() == [
        ("m1", "p", "exact", 0, 7, 3, 2, None),
        ("m1", "p", "mismatch", 1, 2, 0, 0, None),
        ("m1", "p", "indel", 1, 3, 1, 0, None),
        ("m1", "p", "evolved", 5, 4, 2, 0, "ACGT"),
        ("m1", "p", "ambiguous", 1, 1, 1, 0, None),
        ("c1", None, "exact", 0, 0, None, 0, None),
        ("m2", "q", "mismatch", 2, 4, None, 0, None),
        ("m3", "p", "exact", 0, 0, None, 0, None),
        ("m3", "p", "evolved", 6, 1, None, 0, "AC"),
    ]


def test_loci_and_totals_have_their_rows() -> None:
    rows = hits()
    of_locus = rows.filter(pl.col("target_kind") == "locus")
    assert dict(of_locus.select("target_id", "reads").rows()) == dict(zip(LOCI, range(7), strict=True))
    assert of_locus["locus"].to_list() == list(LOCI)
    assert dict(rows.filter(pl.col("target_kind") == "total").select("target_id", "reads").rows()) == TOTAL
    assert rows.filter(pl.col("target_kind").is_in(["locus", "total"]))["match_class"].null_count() == 14


def test_every_row_names_the_tube() -> None:
    rows = check(hits(), HITS)
    names = ["subject_id", "sample_id", "role", "run_id", "library", "replicate"]
    assert rows.select(names).unique().rows() == [("p", "s", "followup", "run1", "default", "1")]


def test_qc_adds_up_the_tubes_and_reports_lowered_edits() -> None:
    second = hits_table(TubeIdentity("s", "p", replicate="2"), TARGETS, ROWS, np.arange(7), TOTAL)
    other = hits_table(TubeIdentity("other"), [], {}, np.arange(7), TOTAL)
    lowered = target("A" * 30, "m1", edits=1).__class__("m1", "marker", "p", None, "A" * 30, "A" * 30, 2, 1)
    targets = [TARGETS[0], lowered, *TARGETS[1:]]
    tubes = pl.concat([add_matching_loss(tube, targets, "p") for tube in (hits(), second, other)])
    table = track_qc(tubes, "s", targets)
    values = dict(check(table, QC).select("metric", "value").rows())
    assert values["scanned"] == 60
    assert values["reads_IGL"] == 4
    assert values["hit_share"] == 24 / 44
    assert values["locus_share"] == 42 / 44
    assert {name: value for name, value in values.items() if name.startswith("max_edits")} == {
        "max_edits m1": 1,
        "max_edits m3": 2,
        "max_edits_lowered m1": 1,
    }
    losses = {name: value for name, value in values.items() if name.startswith("matching_loss")}
    assert losses == {"matching_loss m1": matching_loss(30, 1, 0.003), "matching_loss m3": matching_loss(40, 2, 0.003)}
    assert losses["matching_loss m1"] == pytest.approx(1 - 0.997**30 - 30 * 0.003 * 0.997**29)


def test_the_error_rate_is_estimated_from_reads_with_no_or_one_substitution() -> None:
    rng = np.random.default_rng(3)
    wrong = rng.binomial(40, 0.01, 50_000)
    rows = {0: [row("exact" if d == 0 else "mismatch", d, int((wrong == d).sum())) for d in range(3)]}
    frame = add_matching_loss(hits_table(TUBE, TARGETS, rows, np.arange(7), TOTAL), TARGETS, "p")
    values = dict(track_qc(frame, "s", TARGETS).select("metric", "value").rows())
    assert values["error_rate"] == pytest.approx(0.01, rel=0.03)
    assert values["matching_loss m1"] == pytest.approx(matching_loss(40, 2, 0.01), rel=0.1)
    assert "error_rate" not in track_qc(hits(), "s", TARGETS)["metric"].to_list()


def test_the_allowed_edits_of_own_markers_are_described_with_their_reason() -> None:
    lowered = replace(TARGETS[0], max_edits=1, edits_reason="something is near")
    assert list(describe_allowed_edits([lowered, *TARGETS[1:]], "p")) == [
        "m1: 1 edits allowed in 40 nt (something is near)",
        "m3: 2 edits allowed in 40 nt",
    ]
    assert not list(describe_allowed_edits(TARGETS, None))


def test_a_tube_without_a_passed_read_has_no_shares() -> None:
    empty = hits_table(TUBE, [], {}, np.zeros(7, dtype=np.int64), dict.fromkeys(TOTALS, 0))
    assert not track_qc(empty, "s").filter(pl.col("metric").str.ends_with("share")).height


@pytest.mark.parametrize(("reads", "rows"), [(0, [(None, 0)]), (7, [(None, 0), ("exact", 7)])])
def test_a_marker_longer_than_the_reads_has_a_row_without_a_class(
    reads: int, rows: list[tuple[str | None, int]]
) -> None:
    marker = target("A" * 40, "m1")
    rows_by_target = {0: [row("exact", 0, reads)]} if reads else {}
    totals = dict.fromkeys(TOTALS, 0)
    table = hits_table(TubeIdentity("s", "p"), [marker], rows_by_target, np.zeros(7, dtype=np.int64), totals, {"m1"})
    assert table.filter(pl.col("target_kind") == "marker").select("match_class", "reads").rows() == rows
