import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clonotrack.config import Library, Reads
from clonotrack.errors import InputError
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
from tests.raw_reads.twins.quality import expected_errors

SETTINGS = Reads(min_length=5, max_error_rate=0.06)
LIBRARY = Library()
# Scores whose sums stay away from the limit, so that a twin in floating point decides alike
read = st.integers(0, 12).flatmap(
    lambda length: st.lists(st.sampled_from([2, 13, 30, 41]), min_size=length, max_size=length)
)


def fastq(reads, prefix="r"):
    return "".join(
        f"@{prefix}{i}\n{'ACGT'[i % 4] * len(scores)}\n+\n{''.join(chr(33 + score) for score in scores)}\n"
        for i, scores in enumerate(reads)
    )


def names(found):
    return [batch.reads.name(i) for batch in found for i in range(len(batch))]


@given(st.lists(read, min_size=1, max_size=40))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_read_is_counted_once(tmp_path, reads):
    path = tmp_path / "reads.fastq"
    path.write_text(fastq(reads))
    counts = FragmentCounts()
    found = list(usable_fragments([Lane(path)], SETTINGS, LIBRARY, counts))
    short = [i for i, scores in enumerate(reads) if len(scores) < 5]
    errors = expected_errors(reads)
    poor = [i for i, scores in enumerate(reads) if errors[i] > 0.06 * len(scores) and i not in short]
    passed = [f"r{i}" for i in range(len(reads)) if i not in short + poor]
    assert names(found) == passed
    assert (counts.scanned, counts.too_short, counts.low_quality) == (len(reads), len(short), len(poor))
    assert counts.passed == len(passed) == counts.scanned - counts.too_short - counts.low_quality


def test_usable_fragments_have_their_bases_and_scores(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_text("@a\nACG\n+\nIII\n@b\nACGTNA\n+\nIIIIHG\n@c\nTTTTTT\n+\n######\n")
    counts = FragmentCounts()
    (batch,) = usable_fragments([Lane(path)], SETTINGS, LIBRARY, counts)
    assert batch.reads.sequences.to_strings() == ["ACGTNA"]
    assert batch.reads.qualities is not None
    assert batch.reads.qualities.tolist() == [40, 40, 40, 40, 39, 38]
    assert counts == FragmentCounts(3, 1, 1)


@pytest.mark.parametrize(("score", "passes"), [(20, True), (19, False)])
def test_a_read_at_the_limit_passes(tmp_path, score, passes):
    """Bases of Q20 have 0.01 errors each, not more."""
    path = tmp_path / "reads.fastq"
    path.write_text(fastq([[20] * 99 + [score]]))
    counts = FragmentCounts()
    found = names(usable_fragments([Lane(path)], Reads(min_length=20, max_error_rate=0.01), LIBRARY, counts))
    assert (found, counts.low_quality) == ((["r0"], 0) if passes else ([], 1))


def test_a_read_of_the_minimum_length_passes(tmp_path):
    path = tmp_path / "reads.fasta"
    path.write_text(">a\nACGTA\n>b\nACGT\n")
    counts = FragmentCounts()
    assert names(usable_fragments([Lane(path)], SETTINGS, LIBRARY, counts, fasta=True)) == ["a"]
    assert counts == FragmentCounts(2, 1, 0)


def test_fasta_is_accepted_on_request_or_without_an_error_limit(tmp_path):
    path = tmp_path / "reads.fasta"
    path.write_text(">a\nACGTA\n")
    with pytest.raises(InputError, match="is FASTA, and base qualities are needed"):
        list(usable_fragments([Lane(path)], SETTINGS, LIBRARY, FragmentCounts()))
    assert names(usable_fragments([Lane(path)], Reads(min_length=5, max_error_rate=1), LIBRARY, FragmentCounts())) == [
        "a"
    ]


def test_lanes_are_read_in_order(tmp_path):
    paths = [tmp_path / "lane1.fastq", tmp_path / "lane2.fastq.gz"]
    paths[0].write_text(fastq([[41] * 9] * 3, prefix="x"))
    paths[1].write_bytes(gzip.compress(fastq([[41] * 9, [41] * 2], prefix="y").encode()))
    counts = FragmentCounts()
    assert names(usable_fragments([Lane(path) for path in paths], SETTINGS, LIBRARY, counts)) == [
        "x0",
        "x1",
        "x2",
        "y0",
    ]
    assert counts == FragmentCounts(5, 1, 0)


def test_a_batch_without_usable_fragments_is_counted_and_not_returned(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_text(fastq([[41] * 2] * 3))
    counts = FragmentCounts()
    assert list(usable_fragments([Lane(path)], SETTINGS, LIBRARY, counts)) == []
    assert counts == FragmentCounts(3, 3, 0)


def test_a_fault_in_a_refused_read_is_reported(tmp_path):
    path = tmp_path / "reads.fastq"
    path.write_text("@a\nA*\n+\nII\n")
    with pytest.raises(InputError, match=r"record 1: its sequence contains '\*'"):
        list(usable_fragments([Lane(path)], SETTINGS, LIBRARY, FragmentCounts()))
