"""The same library gives the same markers in every layout, order and file format."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clonotrack.config import Config, parse
from clonotrack.germline import Reference
from clonotrack.germline.load import load_reference
from clonotrack.pipeline import baseline, followup
from clonotrack.sequences import reverse_complement
from clonotrack.simulate import Series, parse_plan, write_series

pytestmark = pytest.mark.slow
UMI = 10
SAMPLES = [
    {"sample_id": "dx", "subject_id": "p", "role": "baseline", "cells": 2000, "level": 0.6, "b_fraction": 0.1},
    {"sample_id": "d33", "subject_id": "p", "role": "followup", "cells": 50_000, "level": 0.001, "b_fraction": 0.002},
]


def plan(**library: object) -> dict[str, object]:
    made = {"loci": ["IGH", "IGK"], "reads_per_molecule": 4, "calibrators_per_locus": 0, **library}
    return {
        "seed": 11,
        "libraries": {"l": made},
        "repertoire": {"clones": 200},
        "subjects": [{"subject_id": "p", "markers": [{"locus": "IGH"}, {"locus": "IGK"}]}],
        "samples": SAMPLES,
    }


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference(None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    """Simulated reads of one patient: single reads, pairs, and pairs with UMIs."""
    path = tmp_path_factory.mktemp("libraries")
    for name, library in (
        ("single", {}),
        ("pairs", {"mate_length": 150}),
        ("umis", {"mate_length": 150, "umi_length": UMI}),
    ):
        write_series(Series(parse_plan(plan(**library)), reference), path / name)
    return path


def records(path: Path) -> list[tuple[str, str, str]]:
    """Return (name, sequence, qualities) of each record of a FASTQ.gz file."""
    import gzip

    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [(lines[i][1:], lines[i + 1], lines[i + 3]) for i in range(0, len(lines), 4)]


def write(path: Path, reads: list[tuple[str, str, str]]) -> Path:
    path.write_text("".join(f"@{name}\n{sequence}\n+\n{scores}\n" for name, sequence, scores in reads))
    return path


def markers(reads: Path, mates: Path | None, reference: Reference, config: Config) -> pl.DataFrame:
    result = baseline(reads, mates, sample_id="dx", subject_id="p", input_cells=2000, config=config, germline=reference)
    assert result.markers["selected"].sum() == 2
    return result.markers.sort("marker_id")


def truth(folder: Path) -> set[str]:
    return set(pl.read_csv(folder / "true_markers.tsv", separator="\t")["marker_id"])


def bam(path: Path, one: list[tuple[str, str, str]], two: list[tuple[str, str, str]], tagged: bool = False) -> Path:
    """Write pairs as BAM or CRAM, in random order and on random strands; with `tagged`, UMIs are in the RX tag."""
    import pysam

    from clonotrack.sequences import reverse_complement

    rng = np.random.default_rng(1)
    lines = []
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6", "SO": "unsorted"}})
    for (name, *first), (_, *second) in zip(one, two, strict=True):
        for flag, (sequence, scores) in ((0x4D, first), (0x8D, second)):
            line = pysam.AlignedSegment(header)
            line.query_name, line.flag = name, flag
            if tagged and flag == 0x4D:
                line.set_tag("RX", sequence[:UMI])
                sequence, scores = sequence[UMI:], scores[UMI:]
            if rng.random() < 0.5:
                line.flag |= 0x10
                sequence, scores = reverse_complement(sequence), scores[::-1]
            line.query_sequence, line.query_qualities = sequence, pysam.qualitystring_to_array(scores)
            lines.append(line)
    options = {"format_options": [b"no_ref=1"]} if path.suffix == ".cram" else {}
    with pysam.AlignmentFile(str(path), "wc" if path.suffix == ".cram" else "wb", header=header, **options) as file:
        for i in rng.permutation(len(lines)):
            file.write(lines[i])
    return path


def test_every_form_of_a_library_gives_the_same_markers(folder: Path, tmp_path: Path, reference: Reference) -> None:
    pattern = parse({"libraries": {"l": {"umi_pattern": f"^(?P<umi>.{{{UMI}}})"}}})
    paths = [folder / "umis" / f"dx_{mate}.fastq.gz" for mate in (1, 2)]
    one, two = map(records, paths)
    expected = markers(*paths, reference, pattern)
    assert set(expected.filter("selected")["marker_id"]) == truth(folder / "umis")

    order = np.random.default_rng(5).permutation(len(one))
    shuffled = [write(tmp_path / f"{i}.fastq", [reads[j] for j in order]) for i, reads in enumerate((one, two))]
    assert markers(*shuffled, reference, pattern).equals(expected)
    for ending in ("bam", "cram"):
        assert markers(bam(tmp_path / f"dx.{ending}", one, two), None, reference, pattern).equals(expected)

    cut = [(f"{name}:{text[:UMI]}", text[UMI:], scores[UMI:]) for name, text, scores in one]
    renamed = [(name, *rest) for (name, *_), (_, *rest) in zip(cut, two, strict=True)]
    in_names = write(tmp_path / "n1.fastq", cut), write(tmp_path / "n2.fastq", renamed)
    assert markers(*in_names, reference, parse({"libraries": {"l": {"umi_read": "name"}}})).equals(expected)
    tagged = bam(tmp_path / "tagged.bam", one, two, tagged=True)
    assert markers(tagged, None, reference, parse({"libraries": {"l": {"umi_read": "RX"}}})).equals(expected)

    for name, files in (("pairs", ["dx_1", "dx_2"]), ("single", ["dx"])):
        reads = [folder / name / f"{file}.fastq.gz" for file in files]
        result = markers(reads[0], reads[1] if len(reads) > 1 else None, reference, Config())
        columns = ["marker_id", "locus", "v_call", "j_call", "junction"]
        assert result.filter("selected").select(columns).equals(expected.filter("selected").select(columns))


def test_a_follow_up_in_pairs_is_measured(folder: Path, reference: Reference) -> None:
    """Each fragment counts once, and UMIs count molecules."""
    pattern = parse({"libraries": {"l": {"umi_pattern": f"^(?P<umi>.{{{UMI}}})"}}})
    mates = [folder / "umis" / f"d33_{mate}.fastq.gz" for mate in (1, 2)]
    result = followup(
        *mates,
        sample_id="d33",
        subject_id="p",
        markers=folder / "umis" / "true_markers.tsv",
        input_cells=50_000,
        config=pattern,
        germline=reference,
    )
    drawn = pl.read_csv(folder / "umis" / "truth.tsv", separator="\t").filter(pl.col("sample_id") == "d33")
    for row in drawn.filter(pl.col("marker_id") != "combined").iter_rows(named=True):
        hits = result.hits.filter(pl.col("target_id") == row["marker_id"], pl.col("match_class") != "ambiguous")
        assert 0.97 * row["reads"] <= hits["reads"].sum() <= row["reads"]
        assert abs(hits["umis"].sum() - row["molecules"]) <= max(2, 0.1 * row["molecules"])


def test_pairs_that_do_not_overlap_give_the_same_clonotypes(folder: Path, tmp_path: Path, reference: Reference) -> None:
    """One mate has the last 110 nt of a fragment, with the junction, the other its first 60 nt, in either order."""
    reads = folder / "single" / "dx.fastq.gz"
    placed = baseline(reads, sample_id="dx", subject_id="p", germline=reference).rearrangements.drop_nulls("key_region")
    rows = placed.filter(pl.col("sequence").str.len_bytes() >= 185)
    fragments = list(rows.select("sequence_id", "sequence", "quality").iter_rows())
    whole = write(tmp_path / "whole.fastq", [(name, text[-110:], scores[-110:]) for name, text, scores in fragments])
    pairs = [
        ((name, text[:60], scores[:60]), (name, reverse_complement(text)[:110], scores[::-1][:110]))
        for name, text, scores in fragments
    ]
    turned = [pair[::-1] if i % 2 else pair for i, pair in enumerate(pairs)]
    mates = [write(tmp_path / f"{side}.fastq", [pair[side] for pair in turned]) for side in (0, 1)]
    config = parse({"reads": {"max_error_rate": 1}})
    one = baseline(whole, sample_id="dx", subject_id="p", config=config, germline=reference)
    two = baseline(*mates, sample_id="dx", subject_id="p", config=config, germline=reference)
    figures = dict(two.qc.filter(pl.col("stage") == "reads").select("metric", "value").iter_rows())
    assert figures["merged"] == 0
    columns = ["clone_id", "v_call", "j_call", "junction", "duplicate_count", "fraction_of_locus"]
    assert two.clonotypes.select(columns).equals(one.clonotypes.select(columns))
    assert one.clonotypes.height > 50
