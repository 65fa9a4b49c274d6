from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.cluster.rearrangements import UNKNOWN_SCORE, Rearrangements
from clonotrack.cluster.stage import cluster
from clonotrack.config import Cluster
from tests.cluster.simulated_rearrangements import Clone, row, table


def test_sequences_and_scores_are_those_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clonotrack.cluster.rearrangements._ROWS_PER_BATCH", 2)
    clones = [Clone("TGTGCGAGA" + middle + "TGG", 1) for middle in ("AC", "ACGT", "acgtac", "", "TTT")]
    qualities = ["I" * len(clones[0].sequence), None, None, None, "#" * len(clones[4].sequence)]
    rows = [row(clone, quality=quality) for clone, quality in zip(clones, qualities, strict=True)]
    rearrangements = Rearrangements.collect([table(rows)])
    sequences, scores = [], []
    for batch in rearrangements.sequence_batches():
        assert batch.first == len(sequences)
        for start, end in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
            sequences.append(batch.bases[start:end].tobytes().decode())
            scores.append(set(batch.scores[start:end].tolist()))
    assert sequences == [clone.sequence.upper() for clone in clones]
    assert scores == [{40}, {UNKNOWN_SCORE}, {UNKNOWN_SCORE}, {UNKNOWN_SCORE}, {2}]


def test_annotations_are_stored_once_and_belong_to_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clonotrack.cluster.rearrangements._ROWS_PER_BATCH", 2)
    regions = ["TGTAAATGG", "TGTCCCTGG", "TGTAAATGG", "TGTCCCTGG", "TGTGGGTGG"]
    rows = [row(Clone(region, reads)) for reads, region in enumerate(regions, 1)]
    rearrangements = Rearrangements.collect([table(rows)])
    assert rearrangements.annotations.height == 3
    stored = rearrangements.annotations["key_region"].gather(rearrangements.rows["annotation"])
    assert stored.to_list() == regions
    reads = dict(zip(rearrangements.annotations["key_region"], rearrangements.reads_of_annotations(), strict=True))
    assert reads == {"TGTAAATGG": 4, "TGTCCCTGG": 6, "TGTGGGTGG": 5}


def test_the_result_does_not_depend_on_the_size_of_batches(
    baseline: tuple[list[Clone], pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rows = baseline
    expected = cluster(rows, Cluster())
    monkeypatch.setattr("clonotrack.cluster.rearrangements._ROWS_PER_BATCH", 1_000)
    assert_frame_equal(cluster(rows, Cluster()), expected)
