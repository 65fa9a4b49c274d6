from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clonotrack.germline import LOCI
from clonotrack.pgen.allowed_edits import loss
from clonotrack.tables import HITS, QC, TOTALS, check
from clonotrack.track.count_hits import Counted
from clonotrack.track.hits_table import Sample, hits_frame
from clonotrack.track.qc import allowed, quality_control, with_losses
from tests.track.made import target

TARGETS = [
    target("A" * 40, "m1"),
    target("C" * 40, "c1", subject_id=None),
    target("G" * 40, "m2", subject_id="q"),
    target("T" * 40, "m3"),
]
COUNTED = [
    Counted(0, "exact", 0, 7, 2, 3, None),
    Counted(0, "mismatch", 1, 2, 0, 0, None),
    Counted(0, "indel", 1, 3, 0, 1, None),
    Counted(0, "evolved", 5, 4, 0, 2, "ACGT"),
    Counted(0, "ambiguous", 1, 1, 0, 1, None),
    Counted(2, "mismatch", 2, 4, 0, None, None),
    Counted(3, "evolved", 6, 1, 0, None, "AC"),
]
TOTAL = dict(zip(TOTALS, (30, 0, 5, 3, 12, 1, 9), strict=True))
SAMPLE = Sample("s", "p", "followup", "run1", "default", "1")


def hits() -> pl.DataFrame:
    return hits_frame(SAMPLE, TARGETS, COUNTED, np.arange(7), TOTAL)


def test_every_target_has_a_row_for_each_class_and_distance_that_was_seen() -> None:
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


def test_quality_control_adds_up_the_tubes_and_tells_lowered_edits() -> None:
    second = hits_frame(Sample("s", "p", replicate="2"), TARGETS, COUNTED, np.arange(7), TOTAL)
    other = hits_frame(Sample("other"), [], [], np.arange(7), TOTAL)
    lowered = target("A" * 30, "m1", edits=1).__class__("m1", "marker", "p", None, "A" * 30, "A" * 30, 2, 1)
    targets = [TARGETS[0], lowered, *TARGETS[1:]]
    tubes = pl.concat([with_losses(tube, targets, "p") for tube in (hits(), second, other)])
    table = quality_control(tubes, "s", targets)
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
    assert losses == {"matching_loss m1": loss(30, 1, 0.003), "matching_loss m3": loss(40, 2, 0.003)}
    assert losses["matching_loss m1"] == pytest.approx(1 - 0.997**30 - 30 * 0.003 * 0.997**29)


def test_the_error_rate_is_that_of_reads_without_and_with_one_substitution() -> None:
    rng = np.random.default_rng(3)
    wrong = rng.binomial(40, 0.01, 50_000)
    counted = [
        Counted(0, "exact" if d == 0 else "mismatch", d, int((wrong == d).sum()), 0, None, None) for d in range(3)
    ]
    frame = with_losses(hits_frame(SAMPLE, TARGETS, counted, np.arange(7), TOTAL), TARGETS, "p")
    values = dict(quality_control(frame, "s", TARGETS).select("metric", "value").rows())
    assert values["error_rate"] == pytest.approx(0.01, rel=0.03)
    assert values["matching_loss m1"] == pytest.approx(loss(40, 2, 0.01), rel=0.1)
    assert "error_rate" not in quality_control(hits(), "s", TARGETS)["metric"].to_list()


def test_the_edits_of_own_markers_are_told_with_their_reason() -> None:
    lowered = replace(TARGETS[0], edits=1, reason="something is near")
    assert list(allowed([lowered, *TARGETS[1:]], "p")) == [
        "m1: 1 edits allowed in 40 nt (something is near)",
        "m3: 2 edits allowed in 40 nt",
    ]
    assert not list(allowed(TARGETS, None))


def test_a_tube_without_a_passed_read_has_no_shares() -> None:
    empty = hits_frame(SAMPLE, [], [], np.zeros(7, dtype=np.int64), dict.fromkeys(TOTALS, 0))
    assert not quality_control(empty, "s").filter(pl.col("metric").str.ends_with("share")).height
