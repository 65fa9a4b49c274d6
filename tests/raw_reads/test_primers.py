from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clonotrack.config import Library, Reads, parse
from clonotrack.errors import InputError
from clonotrack.io.primers import read_primers
from clonotrack.io.read_files import Lane
from clonotrack.io.settings import read_config
from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
from clonotrack.sequences import reverse_complement

RNG = np.random.default_rng(8)
V, J, UNUSED = "GGCAACTGTACRTGYCCTGA", "CTTACCTGAGGAGACGGTGACC", "TTTTTGCAGCAGCAGCAGCA"
V_READ = V.replace("R", "A").replace("Y", "T")
FASTA = f">v one\n{V[:9]}\n{V[9:].lower()}\n>j\n{J}\n>unused\n{UNUSED}\n"
SETTINGS = Reads(min_length=20)


def bases(length: int) -> str:
    return "".join(RNG.choice(list("ACGT"), length))


def trimmed(folder: Path, reads: list[str], mates: list[str] | None = None) -> tuple[list[str], FragmentCounts]:
    (folder / "primers.fa").write_text(FASTA)
    lane = []
    for number, texts in enumerate(filter(None, (reads, mates))):
        lane.append(folder / f"{number}.fastq")
        lane[-1].write_text("".join(f"@{i}\n{text}\n+\n{'I' * len(text)}\n" for i, text in enumerate(texts)))
    counts = FragmentCounts()
    found = list(usable_fragments([Lane(*lane)], SETTINGS, Library(primers=str(folder / "primers.fa")), counts))
    batches = [reads for batch in found for reads in (batch.reads, batch.mates) if reads is not None]
    assert all(len(reads.qualities) == len(reads.sequences.codes) for reads in batches)
    return [text for reads in batches for text in reads.sequences.to_strings()], counts


def test_a_single_read_loses_the_primers_of_both_ends_on_either_strand(tmp_path):
    inner = bases(60)
    whole = "AC" + V_READ + inner + reverse_complement(J)
    texts, counts = trimmed(tmp_path, [whole, reverse_complement(whole), inner])
    assert texts == [inner, reverse_complement(inner), inner]
    assert counts.primers == {"v": 2, "j": 2, "unused": 0}


def test_mates_lose_the_primer_they_begin_with(tmp_path):
    inner = bases(60)
    one, two = V_READ + inner, J + reverse_complement(inner)
    wrong = "T" + two[1:]
    texts, counts = trimmed(tmp_path, [one, one], [two, wrong])
    assert texts == [inner] * 2 + [reverse_complement(inner)] * 2
    assert counts.primers == {"v": 2, "j": 2, "unused": 0}


def test_a_primer_with_too_many_mismatches_or_too_far_inside_is_not_trimmed(tmp_path):
    inner = bases(60)
    four = "".join("ACGT"["ACGT".index(b) - 1] if i in (1, 5, 9, 14) else b for i, b in enumerate(V_READ))
    texts, counts = trimmed(tmp_path, [four + inner, "ACACACACA" + V_READ + inner])
    assert texts == [four + inner, "ACACACACA" + V_READ + inner]
    assert counts.primers == {"v": 0, "j": 0, "unused": 0}


def test_the_path_is_relative_to_the_settings(tmp_path):
    (tmp_path / "config.yaml").write_text("libraries: {x: {primers: a/p.fa}}")
    assert read_config(tmp_path / "config.yaml").library("x").primers == str(tmp_path / "a" / "p.fa")
    assert parse({"libraries": {"x": {}}}).library("x").primers is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no primer"),
        ("ACGT\n", "line 1: has text before the first '>'"),
        (">a\nACGTACGTACGT\n>a\nACGTACGTACGT\n", "line 3: the name 'a' occurs twice"),
        (">\nACGTACGTACGT\n", "line 1: a primer has no name"),
        (">a\nACGTACG-ACGT\n", "line 1: primer a contains '-'"),
        (">a\nACGT\n", "line 1: primer a has 4 nt"),
    ],
)
def test_a_malformed_file_of_primers_is_reported(tmp_path, text, message):
    (tmp_path / "p.fa").write_text(text)
    with pytest.raises(InputError, match=r"p\.fa") as caught:
        read_primers(tmp_path / "p.fa")
    assert message in str(caught.value)


def test_a_missing_file_of_primers_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"p\.fa: cannot be read"):
        read_primers(tmp_path / "p.fa")
