from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clonotrack.config import Library, Reads
from clonotrack.errors import ConfigError
from clonotrack.io.read_files import Lane
from clonotrack.reads.qc import reads_qc
from clonotrack.reads.stage import read
from clonotrack.sequences import reverse_complement

READS = Reads(min_length=30)
RNG = np.random.default_rng(2)


def bases(length: int) -> str:
    return "".join(RNG.choice(list("ACGT"), length))


def write(path: Path, reads: list[str], score: str = "I") -> Path:
    path.write_text("".join(f"@r{i}\n{text}\n+\n{score * len(text)}\n" for i, text in enumerate(reads)))
    return path


def lane(folder: Path, fragments: list[str], length: int, *, tag: str = "") -> Lane:
    """Mates of `length` nt of each fragment, which reads into adapter where it is shorter; `tag` before read 2."""
    adapters = bases(length), bases(length)
    one = [(fragment + adapters[0])[:length] for fragment in fragments]
    two = [(tag + reverse_complement(fragment) + adapters[1])[:length] for fragment in fragments]
    return Lane(write(folder / "1.fastq", one), write(folder / "2.fastq", two))


def test_overlapping_pairs_are_merged_and_the_others_stay(tmp_path):
    """Overlapping, read through, and too far apart; each twice."""
    fragments = [bases(150), bases(60), bases(260)]
    found = read([([lane(tmp_path, fragments * 2, 100)], Library())], READS)
    table = found.sequences
    assert table["sequence"].to_list() == [fragments[0], fragments[1], fragments[2][:100]]
    assert table["sequence_2"].to_list() == [None, None, reverse_complement(fragments[2][160:])]
    assert table["duplicate_count"].to_list() == [2, 2, 2]
    assert table["quality_2"].to_list() == [None, None, "I" * 100]
    assert [len(q) for q in table["quality"]] == [150, 60, 100]
    assert found.counts.passed == 6
    qc = dict(reads_qc(found, "s").select("metric", "value").rows())
    expected = {"pairs": 6, "merged": 4, "not_overlapping": 2, "ambiguous_overlap": 0, "mismatching_overlap": 0}
    assert expected.items() <= qc.items()
    assert (qc["merged_share"], qc["read_through"]) == (4 / 6, 2)
    assert (qc["overlap_length 50-59"], qc["overlap_length 60-69"]) == (2, 2)
    assert qc["error_rate Q40"] == qc["error_rate read_2 1-25"] == 0.0
    assert qc["mean_length"] == (150 + 60 + 200) / 3


def test_a_mismatch_counts_as_an_error_of_the_lower_quality(tmp_path):
    fragment = bases(150)
    one, two = fragment[:100], reverse_complement(fragment)[:100]
    wrong = two[:70] + ("A" if two[70] != "A" else "C") + two[71:]
    (tmp_path / "1.fastq").write_text(f"@a\n{one}\n+\n{'I' * 100}\n")
    (tmp_path / "2.fastq").write_text(f"@a\n{wrong}\n+\n{'5' * 100}\n")
    found = read([([Lane(tmp_path / "1.fastq", tmp_path / "2.fastq")], Library())], READS)
    assert found.sequences["sequence"].to_list() == [fragment]
    qc = dict(reads_qc(found, "s").select("metric", "value").rows())
    assert qc["error_rate Q20"] == 1 / 50
    assert qc["error_rate Q40"] == qc["error_rate read_1 51-75"] == 0
    assert qc["error_rate read_2 51-75"] == 1 / 25


def test_poor_ends_that_overlap_well_pass_the_filter(tmp_path):
    """Each mate alone is too poor; together they are not."""
    fragment = bases(110)
    one, two = fragment[:100], reverse_complement(fragment)[:100]
    poor = Lane(write(tmp_path / "1.fastq", [one], "0"), write(tmp_path / "2.fastq", [two], "0"))
    found = read([([poor], Library())], READS)
    assert found.sequences["sequence"].to_list() == [fragment]
    assert read([([Lane(poor.reads_1)], Library())], READS).counts.low_quality == 1


@pytest.mark.parametrize("mate", [1, 2])
def test_umis_are_cut_off_and_distinguish_fragments(tmp_path, mate):
    """Also where the other mate reads through into the tag."""
    fragment, tags = bases(70), ["ACGTACGT" + "GTAC", "TTTTACGT" + "GTAC"]
    tagged = {1: [tags[0] + fragment], 2: [fragment + reverse_complement(tags[0])]}[mate] * 3
    tagged += {1: [tags[1] + fragment], 2: [fragment + reverse_complement(tags[1])]}[mate]
    library = Library(umi_pattern="^(?P<umi>.{8})(?P<discard>GTAC)", umi_read=mate)
    found = read([([lane(tmp_path, tagged, 100)], library)], READS)
    assert found.sequences.select("sequence", "sequence_2", "umi", "duplicate_count").rows() == [
        (fragment, None, "ACGTACGT", 3),
        (fragment, None, "TTTTACGT", 1),
    ]


def test_too_few_umis_are_reported_with_their_share(tmp_path):
    reads = ["ACGTACGT" + "GTAC" + bases(60)] * 4 + ["ACGTNCGT" + "GTAC" + bases(60)] + ["ACGTACGT" + bases(60)] * 5
    library = Library(umi_pattern="^(?P<umi>.{8})(?P<discard>GTAC)")
    one = [Lane(write(tmp_path / "1.fastq", reads))]
    with pytest.raises(ConfigError, match=r"4 of 10 fragments \(40\.0%\) have a UMI by .*, read 1, and at least 50%"):
        read([(one, library)], READS)
    found = read([(one, library)], Reads(min_length=30, min_umi_share=0.4))
    assert (found.counts.no_umi, found.counts.passed) == (6, 4)


def test_a_umi_in_a_missing_mate_is_refused(tmp_path):
    library = Library(umi_pattern="^(?P<umi>.{8})", umi_read=2)
    with pytest.raises(ConfigError, match="umi_read is 2, and these reads have no mates"):
        read([([Lane(write(tmp_path / "1.fastq", [bases(60)]))], library)], READS)


def test_mates_written_on_one_strand(tmp_path):
    fragment = bases(150)
    lane = Lane(write(tmp_path / "1.fastq", [fragment[:100]]), write(tmp_path / "2.fastq", [fragment[50:]]))
    assert read([([lane], Library(orientation="FF"))], READS).sequences["sequence"].to_list() == [fragment]
    assert read([([lane], Library())], READS).merging.outcomes.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("layout", ["single", "paired"])
def test_reads_of_another_layout_are_refused(tmp_path, layout):
    paired = lane(tmp_path, [bases(150)], 100)
    single = Lane(paired.reads_1)
    good, bad = (single, paired) if layout == "single" else (paired, single)
    assert read([([good], Library(layout=layout))], READS).counts.passed == 1
    with pytest.raises(
        ConfigError, match=rf"1\.fastq contains \w+ reads, and the library's settings say layout: {layout}"
    ):
        read([([bad], Library(layout=layout))], READS)
