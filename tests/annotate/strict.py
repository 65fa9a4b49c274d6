"""What every REARRANGEMENTS table has to fulfil beyond the AIRR schema, row by row."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from clonotrack.sequence import translate
from clonotrack.tables import LOCI, REARRANGEMENTS, check

OPERATION = re.compile(r"(\d+)([MIDSN])")


def check_strictly(frame: pl.DataFrame) -> None:
    """Assert unique ids, known loci, coordinates in the sequence, CIGARs, junction and alignment that agree."""
    check(frame, REARRANGEMENTS)
    for row in frame.iter_rows(named=True):
        if row["v_call"] is None:
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
    ends = []
    for kind in ("v", "d", "j"):
        if row[f"{kind}_call"] is not None:
            _check_segment(row, kind)
            ends += [row[f"{kind}_sequence_start"] - 1, row[f"{kind}_sequence_end"]]
    assert ends == sorted(ends), row["sequence_id"]
    aligned = row["sequence_alignment"].replace("-", "")
    assert sequence[row["v_sequence_start"] - 1 : row["j_sequence_end"]] == aligned
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
    assert 0 <= row["v_identity"] <= 1
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
