"""Annotate real reads and curated rearrangements, which are stored outside of the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import airr
import polars as pl
import pytest

from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.germline import Reference
from clonotrack.io.tables import write_table
from clonotrack.reads.sequences_io import read_sequences
from clonotrack.tables import REARRANGEMENTS
from tests.annotate.airr_checks import check_strictly

pytestmark = pytest.mark.external

# Sequences with both genes right, and all. Not right are two V that the reference does not have (IGHV2-10, IGHV1-NL1),
# and a Vd2-Dd3 that its curators call Dd2-Dd3.
EXPECTED = {
    **{"IGH": (32, 34), "IGH+": (6, 6), "IGK+": (21, 21), "IGL": (1, 1), "TRA+D": (5, 5)},
    **{"TRB": (8, 8), "TRB+": (12, 12), "TRD": (11, 11), "TRD+": (11, 12), "TRG": (14, 14)},
}


def test_merged_igh_reads_get_v_j_and_junction(shared: Path, reference: Reference) -> None:
    frame = annotate(read_sequences(shared / "real_reads" / "igh_merged.fastq.gz"), reference, Annotate())
    check_strictly(frame)
    complete = frame.filter(pl.all_horizontal(pl.col("v_call", "j_call", "junction").is_not_null()))
    assert complete.height / frame.height > 0.99
    assert set(complete["locus"]) == {"IGH"}
    assert complete["rev_comp"].mean() > 0.5  # type: ignore[operator]


def test_trb_amplicons_are_trb(shared: Path, reference: Reference) -> None:
    frame = annotate(read_sequences(shared / "real_reads" / "rtcr_trb.fq.gz"), reference, Annotate())
    check_strictly(frame)
    assert frame["locus"].to_list() == ["TRB"] * frame.height
    assert frame["junction"].null_count() / frame.height < 0.01
    is_reversed = frame["sequence_id"].str.contains("strand:-", literal=True)
    assert (frame["rev_comp"] == is_reversed).all()


def test_raw_mates_with_unknown_bases_are_annotated(shared: Path, reference: Reference) -> None:
    for mate in (1, 2):
        frame = annotate(read_sequences(shared / "real_reads" / f"ig_pairs_{mate}.fastq.gz"), reference, Annotate())
        check_strictly(frame)
        assert frame.height == 1000


def test_curated_designations(shared: Path, reference: Reference, tmp_path: Path) -> None:
    curated = shared / "curated"
    reads, truth, calls = tmp_path / "reads.fa", tmp_path / "truth.json", tmp_path / "calls.tsv"
    script = [sys.executable, str(curated / "score_designations.py")]
    files = [str(path) for path in sorted(curated.glob("*.fa"))]
    subprocess.run([*script, "prepare", *files, "--fasta", str(reads), "--truth", str(truth)], check=True)
    frame = annotate(read_sequences(reads), reference, Annotate())
    check_strictly(frame)
    write_table(frame, REARRANGEMENTS, calls)
    assert airr.validate_rearrangement(str(calls))
    scored = subprocess.run([*script, "score", str(truth), str(calls)], check=True, capture_output=True, text=True)
    lines = [re.split(r"\s+", line) for line in scored.stdout.splitlines()[1:]]
    right = {fields[0]: (int(fields[4]), int(fields[1])) for fields in lines}
    junctions = {fields[0]: fields[6] for fields in lines}
    for system, (least, of) in EXPECTED.items():
        assert right[system][1] == of
        assert right[system][0] >= least, system
    assert junctions["TRG"] == "4/5"  # the fifth designation leaves the Cys104 out
