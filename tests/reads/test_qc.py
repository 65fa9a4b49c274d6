import pytest

from clonotrack.raw_reads.fragments import FragmentCounts
from clonotrack.reads.dedup import DistinctFragments
from clonotrack.reads.merge_pairs import MergeCounts
from clonotrack.reads.qc import reads_qc
from clonotrack.reads.stage import SampleReads
from clonotrack.tables import QC, check
from tests.reads.read_batches import batch


def test_every_count_has_a_row():
    fragments = DistinctFragments.from_batches([batch([("ACGT", None), ("ACGT", None), ("TT", None)])])
    frame = check(
        reads_qc(SampleReads(fragments, FragmentCounts(scanned=9, too_short=4, low_quality=2), MergeCounts()), "s1"), QC
    )
    assert frame.select("metric", "value", "unit").rows() == [
        ("scanned", 9, "fragments"),
        ("passed", 3, "fragments"),
        ("no_umi", 0, "fragments"),
        ("too_short", 4, "fragments"),
        ("low_quality", 2, "fragments"),
        ("hard_clipped", 0, "reads"),
        ("distinct_sequences", 2, "sequences"),
        ("mean_length", pytest.approx(10 / 3), "nt"),
    ]
    assert set(frame["sample_id"]) == {"s1"}
    assert set(frame["stage"]) == {"reads"}


def test_without_reads_there_is_no_mean_length():
    frame = reads_qc(SampleReads(DistinctFragments(), FragmentCounts(scanned=2, too_short=2), MergeCounts()), "s1")
    assert "mean_length" not in frame["metric"].to_list()
