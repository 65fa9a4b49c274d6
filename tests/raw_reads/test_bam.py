from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from clonotrack.errors import InputError
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads.bam import read_alignments
from clonotrack.raw_reads.lanes import read_lane
from clonotrack.sequences import reverse_complement

pysam = pytest.importorskip("pysam")
RNG = np.random.default_rng(6)
GENOME = "".join(RNG.choice(list("ACGT"), 3000))
HEADER = {"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": [{"SN": "c", "LN": len(GENOME)}]}
LENGTH = 60
SUPPLEMENTARY, SECONDARY = 0x800, 0x100


def line(name, sequence, scores, flag, position=None, **tags):
    """An alignment line of a read as sequenced; reversed in the file where the flag says so."""
    found = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict(HEADER))
    found.query_name, found.flag = name, flag
    turned = bool(flag & 0x10)
    found.query_sequence = reverse_complement(sequence) if turned else sequence
    found.query_qualities = pysam.qualitystring_to_array(scores[::-1] if turned else scores)
    if position is None:
        found.flag |= 0x4
    else:
        found.reference_id, found.reference_start, found.mapping_quality = 0, position, 60
        found.cigarstring = f"{len(sequence)}M"
    for tag, value in tags.items():
        found.set_tag(tag, value)
    return found


def write(path, lines, mode="wb", **options):
    with pysam.AlignmentFile(str(path), mode, header=HEADER, **options) as file:
        for one in lines:
            file.write(one)
    return path


def scores(length=LENGTH):
    return "".join(chr(33 + q) for q in RNG.integers(2, 41, length))


def pairs(count):
    """(name, sequence, scores, sequence, scores) of mates on the genome, with the position of each."""
    made = []
    for i in range(count):
        start = int(RNG.integers(0, len(GENOME) - 300))
        end = start + int(RNG.integers(100, 300))
        one, two = GENOME[start : start + LENGTH], reverse_complement(GENOME[end - LENGTH : end])
        made.append((f"p{i}", one, scores(), two, scores(), start, end - LENGTH))
    return made


def lines_of(made):
    return [
        one
        for name, a, p, b, q, start, end in made
        for one in (line(name, a, p, 0x63, start, RX=f"AC-{name[-1]}"), line(name, b, q, 0x93, end))
    ]


def listed(batches):
    """Sorted (name, sequence, scores, sequence, scores) of pairs, (name, sequence, scores) of single reads."""
    found = []
    for batch in batches:
        rows = [[batch.reads.name(i)] for i in range(len(batch))]
        for reads in filter(None, (batch.reads, batch.mates)):
            offsets = reads.sequences.offsets
            for i, text in enumerate(reads.sequences.to_strings()):
                quality = reads.qualities[offsets[i] : offsets[i + 1]]
                rows[i] += [text, "".join(chr(33 + q) for q in quality)]
        found += map(tuple, rows)
    return sorted(found)


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">c\n{GENOME}\n")
    pysam.faidx(str(path))
    return path


@pytest.mark.parametrize("max_waiting", [3, 1000])
@pytest.mark.parametrize("order", ["by name", "by position", "any"])
def test_pairs_equal_those_of_fastq_in_any_order(tmp_path, order, max_waiting):
    made = pairs(40)
    lines = lines_of(made)
    extra = line("p1", made[1][1][:30], made[1][2][:30], 0x63 | SUPPLEMENTARY, 9)
    lines += [extra, line("p1", made[1][1], made[1][2], 0x63 | SECONDARY, 9)]
    if order == "by position":
        lines.sort(key=lambda one: one.reference_start)
    elif order == "any":
        lines = [lines[i] for i in RNG.permutation(len(lines))]
    path = write(tmp_path / "x.bam", lines)
    batches = list(read_alignments(path, tag="RX", max_waiting=max_waiting))
    assert listed(batches) == sorted(row[:5] for row in made)
    for batch in batches:
        tags = batch.tag_bytes.tobytes().decode()
        texts = [tags[a:b] for a, b in zip(batch.tag_offsets, batch.tag_offsets[1:], strict=False)]
        assert texts == [f"AC-{batch.reads.name(i)[-1]}" for i in range(len(batch))]


def test_single_reads_unaligned_reads_and_pairs_in_one_file(tmp_path):
    made = pairs(3)
    single = [("s1", "ACGTN" * 9, scores(45)), ("s2", "GGGTC" * 7, scores(35))]
    lines = [line(*single[0], 0x10, 100), *lines_of(made), line(*single[1], 0)]
    batches = list(read_lane(Lane(write(tmp_path / "x.bam", lines))))
    assert listed(batches) == sorted([*single, *(row[:5] for row in made)])
    assert all(batch.tag_bytes is None and batch.hard_clipped == 0 for batch in batches)


@pytest.mark.parametrize("options", [{}, {"format_options": [b"embed_ref=2"]}, {"format_options": [b"no_ref=1"]}])
def test_cram(tmp_path, genome, options):
    made = pairs(20)
    path = write(tmp_path / "x.cram", lines_of(made), "wc", reference_filename=str(genome), **options)
    if options:
        genome.unlink()
        Path(f"{genome}.fai").unlink()
    assert listed(read_lane(Lane(path))) == sorted(row[:5] for row in made)


def test_standard_input(tmp_path, monkeypatch):
    made = pairs(5)
    data = write(tmp_path / "x.bam", lines_of(made)).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
    assert listed(read_lane(Lane(Path("-")))) == sorted(row[:5] for row in made)


def test_hard_clips_are_counted(tmp_path):
    lines = lines_of(pairs(2))
    lines[0].cigarstring = f"5H{LENGTH}M"
    assert sum(batch.hard_clipped for batch in read_alignments(write(tmp_path / "x.bam", lines))) == 1


def test_a_full_temporary_folder_is_reported(tmp_path, monkeypatch):
    def full(*_):
        raise pysam.SamtoolsError("No space left on device")

    monkeypatch.setattr(pysam, "collate", full)
    path = write(tmp_path / "x.bam", lines_of(pairs(10)))
    with pytest.raises(InputError, match=r"x\.bam: its mates lie far apart and cannot be collated in .*set TMPDIR"):
        list(read_alignments(path, max_waiting=1))


def without_sequence(lines):
    lines[2].query_sequence = None
    return lines


def without_quality(lines):
    lines[2].query_qualities = None
    return lines


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without_sequence, "record 3: has no sequence (SEQ is *): give a file that contains the reads"),
        (without_quality, "has reads without base qualities"),
        (lambda lines: lines[:-1], "read 'p9' is mate 1 of a pair, and the file lacks the other mate"),
        (lambda lines: lines[1:], "read 'p0' is mate 2 of a pair, and the file lacks the other mate"),
        (lambda lines: [*lines[:2], lines[0]], "read 'p0' is mate 1 of a pair"),
        (lambda lines: lines[:0], "is empty: give a file with reads"),
    ],
)
@pytest.mark.parametrize("max_waiting", [1, 1000])
def test_missing_data_are_reported(tmp_path, change, sentence, max_waiting):
    path = write(tmp_path / "x.bam", change(lines_of(pairs(10))))
    with pytest.raises(InputError) as caught:
        list(read_alignments(path, max_waiting=max_waiting))
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize("ending", ["bam", "cram"])
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: data[:-1000], "stops before its end mark"),
        (lambda data: data[:-28], "stops before its end mark"),
        (lambda data: data[:1000], "stops before its end mark"),
        (flipped, "damaged"),
    ],
)
def test_damaged_files_are_reported(tmp_path, genome, ending, spoil, sentence):
    path = tmp_path / f"x.{ending}"
    write(path, lines_of(pairs(300)), "wc" if ending == "cram" else "wb", reference_filename=str(genome))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InputError) as caught:
        list(read_lane(Lane(path)))
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)


def test_cram_without_its_reference_is_refused(tmp_path, genome, monkeypatch):
    path = write(tmp_path / "x.cram", lines_of(pairs(20)), "wc", reference_filename=str(genome))
    monkeypatch.setenv("REF_PATH", str(tmp_path / "nowhere"))
    genome.unlink()
    Path(f"{genome}.fai").unlink()
    with pytest.raises(InputError, match=r"x\.cram: cannot be decoded: the reference it was written with is not found"):
        list(read_lane(Lane(path)))


def test_a_second_file_with_a_bam_is_refused(tmp_path):
    path = write(tmp_path / "x.bam", lines_of(pairs(2)))
    (tmp_path / "2.fastq").write_text("@a\nA\n+\nI\n")
    with pytest.raises(InputError, match=r"x\.bam: is BAM or CRAM, which contains both mates: give it alone"):
        list(read_lane(Lane(path, tmp_path / "2.fastq")))
