"""Check REARRANGEMENTS tables row by row, beyond the AIRR schema."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from clonotrack.sequences import translate
from clonotrack.tables import LOCI, REARRANGEMENTS, check

REGIONS = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")
OPERATION = re.compile(r"(\d+)([MIDSN])")


def check_strictly(frame: pl.DataFrame) -> None:
    """Assert unique ids, known loci, coordinates in the sequence, CIGARs, junction and alignment that agree."""
    check(frame, REARRANGEMENTS)
    for row in frame.iter_rows(named=True):
        if row["locus"] is None:
            _check_nothing(row)
        else:
            _check_row(row)


def _check_nothing(row: dict[str, Any]) -> None:
    kept = {"sequence_id", "sequence", "rev_comp", "duplicate_count", "umi", "quality"}
    assert not row["rev_comp"]
    assert all(value is None for name, value in row.items() if name not in kept), row


def _check_row(row: dict[str, Any]) -> None:
    sequence = row["sequence"]
    assert row["locus"] in LOCI
    assert row["system"].startswith(row["locus"])
    assert row["chimeric"] is not None
    ends = []
    for kind in ("v", "d", "d2", "j"):
        if row[f"{kind}_cigar"] is not None:
            _check_segment(row, kind)
            ends += [row[f"{kind}_sequence_start"] - 1, row[f"{kind}_sequence_end"]]
    assert ends == sorted(ends), row["sequence_id"]
    assert (row["v_call"] or row["d_call"]) is not None
    assert (row["j_call"] or row["d_call"]) is not None
    aligned = row["sequence_alignment"].replace("-", "")
    if row["d_cigar"] is not None or row["d_call"] is None:  # else a D that is deleted as a whole
        assert sequence[ends[0] : ends[-1]] == aligned
    for number in (1, 2, 3):
        inserted = row[f"np{number}"]
        assert inserted is None or (inserted in aligned and len(inserted) == row[f"np{number}_length"])
    bounds = [(row[f"{region}_start"], row[f"{region}_end"]) for region in REGIONS if row[f"{region}_start"]]
    assert [position for both in bounds for position in both] == sorted(
        position for both in bounds for position in both
    )
    assert all(1 <= start <= end <= len(sequence) for start, end in bounds)
    supports = [row[f"{kind}_support"] for kind in ("v", "d", "d2", "j")]
    assert [s is None for s in supports] == [row[f"{kind}_call"] is None for kind in ("v", "d", "d2", "j")]
    assert row["rearrangement_evalue"] in supports
    assert len(row["sequence_alignment"]) == len(row["germline_alignment"])
    if row["junction"] is not None:
        assert row["junction"] in sequence
        assert row["junction_length"] == len(row["junction"])
        broken = "#" if len(row["junction"]) % 3 else ""
        assert row["junction_aa"] == translate(row["junction"]) + broken
    if row["key_region"] is not None:
        start = row["key_region_start"] - 1
        assert sequence[start : start + len(row["key_region"])] == row["key_region"]
    if row["productive"]:
        assert row["vj_in_frame"]
        assert not row["stop_codon"]
        assert row["junction_length"] % 3 == 0
    assert (row["v_identity"] is None) == (row["v_call"] is None)
    assert row["v_identity"] is None or 0 <= row["v_identity"] <= 1
    if row["quality"] is not None:
        assert len(row["quality"]) == len(sequence)


def _check_segment(row: dict[str, Any], kind: str) -> None:
    operations = [(int(count), letter) for count, letter in OPERATION.findall(row[f"{kind}_cigar"])]
    assert "".join(f"{count}{letter}" for count, letter in operations) == row[f"{kind}_cigar"]
    assert all(count > 0 for count, _ in operations)
    spent = {letters: sum(n for n, letter in operations if letter in letters) for letters in ("MIS", "MI", "MD", "N")}
    start, end = row[f"{kind}_sequence_start"], row[f"{kind}_sequence_end"]
    assert spent["MIS"] == len(row["sequence"])
    assert 1 <= start <= end <= len(row["sequence"])
    assert spent["MI"] == end - start + 1
    assert spent["MD"] == row[f"{kind}_germline_end"] - row[f"{kind}_germline_start"] + 1
    assert spent["N"] == row[f"{kind}_germline_start"] - 1
    before = [count for count, letter in operations[:1] if letter == "S"]
    assert sum(before) == start - 1
