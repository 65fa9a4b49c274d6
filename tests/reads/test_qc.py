import pytest

from clonotrack.raw_reads.fragments import Counts
from clonotrack.reads.dedup import Fragments
from clonotrack.reads.merge_pairs import Overlaps
from clonotrack.reads.qc import quality_control
from clonotrack.reads.stage import Distinct
from clonotrack.tables import QC, check
from tests.reads.made import batch


def test_every_count_has_a_row():
    fragments = Fragments.of([batch([("ACGT", None), ("ACGT", None), ("TT", None)])])
    frame = check(
        quality_control(Distinct(fragments, Counts(scanned=9, too_short=4, low_quality=2), Overlaps()), "s1"), QC
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


def test_without_a_read_there_is_no_mean():
    frame = quality_control(Distinct(Fragments(), Counts(scanned=2, too_short=2), Overlaps()), "s1")
    assert "mean_length" not in frame["metric"].to_list()
