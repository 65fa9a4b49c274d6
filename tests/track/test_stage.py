from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.config import Track
from clonotrack.errors import TableError
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.raw_reads.fragments import FragmentCounts
from clonotrack.sequences import Ragged, encode, reverse_complement
from clonotrack.tables import HITS
from clonotrack.track.hits_table import TubeIdentity
from clonotrack.track.stage import prepare_targets, track
from tests.track.small_inputs import (
    REFERENCE,
    J,
    V,
    bases,
    controls,
    marker,
    markers,
    search_reads,
    substituted,
)

RNG = np.random.default_rng(31)
VH, JH, JG = V["IGH"][0], J["IGH"][0], J["TRG"][0]
M1, M2, OTHER = (bases(RNG, 60) for _ in range(3))
NEAR_M1 = substituted(M1, [5, 20, 40])
CALIBRATOR = VH + bases(RNG, 36) + JH
MARKERS = (
    marker("p.1", VH + M1 + JH, target_start=91, target_end=150),
    marker("p.2", M2 + JG, target_end=60, target_start=1),
)
CONTROLS = controls({"control_id": "cal", "sequence": CALIBRATOR})


def batches(
    reads: Sequence[str], counts: FragmentCounts, size: int = 10**9, *, short: int = 0, poor: int = 0
) -> Iterator[FragmentBatch]:
    """Batches of passed reads, counted as `clonotrack.raw_reads.fragments` does."""
    counts.too_short, counts.low_quality, counts.scanned = short, poor, short + poor
    for start in range(0, len(reads), size):
        some = list(reads[start : start + size])
        counts.scanned += len(some)
        names = np.zeros(len(some) + 1, dtype=np.int64)
        yield FragmentBatch(ReadBatch.from_arrays(Ragged.from_strings(some), None, encode(""), names, start + 1))


def hits(
    reads: Sequence[str],
    table: pl.DataFrame | None = None,
    tube: pl.DataFrame | None = CONTROLS,
    subject_id: str | None = "p",
    size: int = 10**9,
    max_edits: int = 2,
) -> pl.DataFrame:
    counts = FragmentCounts()
    table = markers(*MARKERS) if table is None else table
    targets = prepare_targets(table, tube, REFERENCE, Track(max_edits=max_edits), subject_id)
    reads_of = batches(reads, counts, size, short=3, poor=2)
    return track(reads_of, counts, targets, REFERENCE, TubeIdentity("s", subject_id))


def reads_of(frame: pl.DataFrame, target_id: str) -> dict[tuple[str | None, int | None], int]:
    of_target = frame.filter(pl.col("target_id") == target_id)
    return {
        (match, distance): reads
        for match, distance, reads in of_target.select("match_class", "edit_distance", "reads").rows()
    }


def totals(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.filter(pl.col("target_kind") == "total").select("target_id", "reads").rows())


def test_every_kind_of_read_is_counted() -> None:
    reads = [
        M1 + JH,
        reverse_complement(VH[-30:] + substituted(M1, [0]) + JH),
        substituted(M1, [10, 59]),
        substituted(M1, [10, 30, 59]),
        M1[1:] + JH,
        CALIBRATOR,
        CALIBRATOR[40:],
        bases(np.random.default_rng(1), 150),
        VH + bases(np.random.default_rng(2), 20) + JG,
    ]
    found = hits(reads)
    assert reads_of(found, "p.1") == {("exact", 0): 1, ("mismatch", 1): 1, ("mismatch", 2): 1, ("indel", 1): 1}
    assert reads_of(found, "p.2") == {("exact", 0): 0}
    assert reads_of(found, "cal") == {("exact", 0): 2}
    refused = {"scanned": 14, "no_umi": 0, "too_short": 3, "low_quality": 2}
    assert totals(found) == refused | {"hit": 6, "ambiguous": 0, "other": 3}
    loci = dict(found.filter(pl.col("target_kind") == "locus").select("target_id", "reads").rows())
    assert loci == {"IGH": 5, "IGK": 0, "IGL": 0, "TRA": 0, "TRB": 0, "TRG": 1, "TRD": 0}


def test_edits_are_those_of_the_settings_or_the_marker() -> None:
    reads = [M1, substituted(M1, [10]), substituted(M1, [10, 30])]
    assert reads_of(hits(reads, max_edits=0), "p.1") == {("exact", 0): 1}
    stated = markers(marker("p.1", M1, max_edits=1))
    assert reads_of(hits(reads, stated), "p.1") == {("exact", 0): 1, ("mismatch", 1): 1}


def test_reads_between_two_near_markers_of_one_patient_count_for_the_nearer_or_for_none() -> None:
    """The markers are 3 substitutions apart, so 1 edit is allowed: 2 from one and 1 from the other is the other's."""
    table = markers(marker("a", M1), marker("b", NEAR_M1))
    found = hits([M1, NEAR_M1, substituted(M1, [5]), substituted(M1, [5, 20]), substituted(M1, [5, 50])], table)
    assert reads_of(found, "a") == {("exact", 0): 1, ("mismatch", 1): 1}
    assert reads_of(found, "b") == {("exact", 0): 1, ("mismatch", 1): 1}
    assert totals(found)["other"] == 1


def test_a_read_with_two_markers_of_one_patient_is_ambiguous() -> None:
    found = hits([M1 + M2, M1 + "ACGT" + substituted(M2, [3])])
    assert reads_of(found, "p.1") == {("exact", 0): 1, ("ambiguous", 0): 1}
    assert reads_of(found, "p.2") == {("ambiguous", 0): 1}
    assert totals(found)["ambiguous"] == 1


def test_a_read_with_a_marker_and_a_control_is_ambiguous() -> None:
    found = hits([M1 + CALIBRATOR])
    assert reads_of(found, "p.1") == reads_of(found, "cal") == {("ambiguous", 0): 1}


def test_a_sequence_of_two_patients_counts_for_both() -> None:
    found = hits([M1, substituted(M1, [7])], markers(*MARKERS, marker("q.1", M1, "q")))
    assert reads_of(found, "p.1") == reads_of(found, "q.1") == {("exact", 0): 1, ("mismatch", 1): 1}
    assert totals(found)["hit"] == 2


def test_another_patients_nearer_marker_takes_nothing_away() -> None:
    found = hits([NEAR_M1[:30] + M1[30:]], markers(*MARKERS, marker("q.1", NEAR_M1, "q")))
    assert reads_of(found, "p.1") == {("mismatch", 2): 1}
    assert reads_of(found, "q.1") == {("mismatch", 1): 1}


POSITIONS = st.lists(st.integers(0, 59), max_size=4, unique=True)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(POSITIONS, st.sampled_from("qr")), max_size=4), st.lists(POSITIONS, min_size=1, max_size=8))
def test_own_counts_never_depend_on_other_patients(others: list[tuple[list[int], str]], reads: list[list[int]]) -> None:
    other_markers = [
        marker(f"{patient}.{i}", substituted(M1, positions), patient) for i, (positions, patient) in enumerate(others)
    ]
    sequences = [*(substituted(M1, positions) for positions in reads), CALIBRATOR, M2 + M1]
    alone, together = hits(sequences), hits(sequences, markers(*MARKERS, *other_markers))
    for target_id in ("p.1", "p.2", "cal"):
        assert reads_of(together, target_id) == reads_of(alone, target_id)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([M1, M2, M1 + M2, OTHER, CALIBRATOR, VH, JH, "", "ACG"]), max_size=20), st.data())
def test_totals_add_up_and_batches_order_and_strand_change_nothing(reads: list[str], data: st.DataObject) -> None:
    found = hits(reads)
    counted = totals(found)
    assert counted["scanned"] == sum(counted.values()) - counted["scanned"] == len(reads) + 5
    shuffled = [reverse_complement(read) for read in data.draw(st.permutations(reads))]
    assert hits(shuffled, size=data.draw(st.integers(1, 7))).equals(found)


def test_without_reads_or_targets_there_is_still_a_table() -> None:
    found = hits([], markers(), None)
    assert found.columns == HITS.names
    assert set(found["target_kind"]) == {"locus", "total"}
    counts = FragmentCounts()
    empty = track(batches([JH], counts), counts, [], REFERENCE, TubeIdentity("s"))
    assert totals(empty)["other"] == 1


def test_equal_markers_are_rejected_only_in_their_own_patients_sample() -> None:
    table = markers(marker("p.1", M1), marker("q.1", M2, "q"), marker("q.2", M2, "q"))
    assert reads_of(hits([M1, M2], table), "q.1") == {("ambiguous", 0): 1}
    with pytest.raises(TableError, match=r"marker 'q\.1' and marker 'q\.2' cannot be told apart"):
        hits([M1], table, subject_id="q")


def test_own_markers_come_first_then_controls_each_with_its_edits() -> None:
    table = markers(marker("q.1", OTHER, "q"), marker("a", M1), marker("b", NEAR_M1))
    targets = prepare_targets(table, CONTROLS, REFERENCE, Track(), "p")
    assert [(t.target_id, t.max_edits) for t in targets] == [("a", 1), ("b", 1), ("cal", 2), ("q.1", 2)]


def test_at_usual_error_rates_nearly_every_read_with_a_whole_marker_is_counted() -> None:
    """0.3 % errors per base: a 60-nt target has three or more in 0.1 % of reads."""
    rng = np.random.default_rng(9)
    codes = np.tile(encode(VH[-40:] + M1 + JH), (20_000, 1))
    wrong = rng.random(codes.shape) < 0.003
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, wrong.sum())) % 4
    targets = prepare_targets(markers(*MARKERS), CONTROLS, REFERENCE, Track(), "p")
    reads = Ragged(codes.ravel(), np.arange(len(codes) + 1) * codes.shape[1]).to_strings()
    rows = search_reads(reads, targets)[1].rows()
    assert sum(row["reads"] for row in rows[0]) >= 0.995 * len(codes)
    assert set(rows) == {0}
