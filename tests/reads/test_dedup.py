import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonotrack.raw_reads.batches import FragmentBatch
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.reads.dedup import DistinctFragments
from clonotrack.tables import SEQUENCES
from tests.reads.read_batches import batch
from tests.reads.twins.dedup import deduplicate as naive

sequence = st.one_of(st.text("AC", min_size=1, max_size=3), st.text("ACGTN", min_size=1, max_size=30))
read = sequence.flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, 93), min_size=len(text), max_size=len(text)))
)


def deduplicated(batches):
    return DistinctFragments.from_batches(batches).table()


def expected(reads):
    return [
        (f"r{first}", sequence, None if best is None else "".join(chr(33 + score) for score in best), copies)
        for sequence, first, copies, best in naive(reads)
    ]


def rows(frame):
    return frame.select("sequence_id", "sequence", "quality", "duplicate_count").rows()


@given(st.lists(read, max_size=60), st.data())
@settings(deadline=None)
def test_agrees_with_the_twin_however_reads_are_batched(reads, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(reads)), max_size=4)))
    names = [f"r{i}" for i in range(len(reads))]
    pieces = [batch(reads[a:b], names[a:b]) for a, b in zip([0, *cuts], [*cuts, len(reads)], strict=True)]
    assert rows(deduplicated(pieces)) == expected(reads)


@given(st.lists(read, min_size=1, max_size=40), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_of_reads_changes_only_names_and_order(reads, random):
    shuffled = reads.copy()
    random.shuffle(shuffled)
    columns = ["sequence", "quality", "duplicate_count"]
    tables = [deduplicated([batch(order)]).select(columns).sort("sequence") for order in (reads, shuffled)]
    assert tables[0].equals(tables[1])


def test_the_table_grows(tmp_path):
    """More distinct sequences than the first hash table and a slab hold, in batches, twice each."""
    rng = np.random.default_rng(3)
    texts = ["".join(row) for row in np.array(list("ACGT"))[rng.integers(0, 4, (70_000, 24))]]
    assert len(set(texts)) == 70_000
    path = tmp_path / "reads.fasta"
    path.write_text("".join(f">{i}\n{text}\n" for i, text in enumerate(texts + texts[::-1])))
    frame = deduplicated(map(FragmentBatch, read_fastx(path, block_bytes=100_000)))
    assert frame["sequence"].to_list() == texts
    assert frame["sequence_id"].to_list() == [str(i) for i in range(70_000)]
    assert set(frame["duplicate_count"]) == {2}


def test_columns_without_umis_and_mates_are_null():
    frame = deduplicated([batch([("ACGT", [1, 2, 3, 4])])])
    assert frame.columns == SEQUENCES.names
    assert frame.select("umi", "sequence_2", "quality_2").row(0) == (None, None, None)


def test_letter_case_and_ambiguity_codes_make_no_difference(tmp_path):
    path = tmp_path / "reads.fasta"
    path.write_text(">a\nACGT\n>b\nacgu\n>c\nACGN\n>d\nACGY\n>e\nACG\n")
    frame = deduplicated(map(FragmentBatch, read_fastx(path)))
    assert rows(frame) == [("a", "ACGT", None, 2), ("c", "ACGN", None, 2), ("e", "ACG", None, 1)]


def test_lanes_with_and_without_qualities():
    pieces = [
        batch([("ACGT", None), ("TTT", None)]),
        batch([("ACGT", [5, 6, 7, 8]), ("GG", [0, 0])], names=["x", "y"]),
        batch([("GG", None)], names=["z"]),
    ]
    assert rows(deduplicated(pieces)) == [("r0", "ACGT", "&'()", 2), ("r1", "TTT", None, 1), ("y", "GG", "!!", 2)]


def test_no_reads_give_an_empty_table():
    frame = deduplicated([])
    assert frame.height == 0
    assert frame.schema == pl.Schema(SEQUENCES.schema())


def test_both_strands_stay_apart():
    assert deduplicated([batch([("AACC", None), ("GGTT", None)])]).height == 2


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a.2", "a.3"]),
        (["a", "a.2", "a", "a.2"], ["a", "a.2", "a.3", "a.2.2"]),
        (["a", "a", "a.2"], ["a", "a.3", "a.2"]),
    ],
)
def test_a_repeated_name_gets_a_number(names, unique):
    reads = [("A" * (i + 1), None) for i in range(len(names))]
    assert deduplicated([batch(reads, names)])["sequence_id"].to_list() == unique
