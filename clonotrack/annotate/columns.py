"""From the kernels' numbers to the columns of REARRANGEMENTS: coordinates, CIGARs, junction, frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.io.strings import pieces, strings
from clonotrack.kernels.settlement import Details
from clonotrack.kernels.text import spell_amino_acids, spell_cigars
from clonotrack.sequence import I64, Ragged

_KINDS = ("v", "d", "d2", "j")


def coordinates(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """Scores and 1-based closed coordinates of each segment, null where it is not there."""
    columns = {}
    for kind in _KINDS:
        absent = (calls[kind] < 0) | (calls[f"{kind}_end"] <= calls[f"{kind}_start"])
        columns[f"{kind}_score"] = _masked(calls[f"{kind}_score"].astype(np.float64), absent)
        for of, field in (("sequence", ""), ("germline", "germline_")):
            columns[f"{kind}_{of}_start"] = _masked(calls[f"{kind}_{field}start"] + 1, absent)
            columns[f"{kind}_{of}_end"] = _masked(calls[f"{kind}_{field}end"], absent)
    return columns


def identities(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """Share of matches among the aligned bases of V and J; unknown bases and gaps are left out."""
    columns = {}
    for kind in ("v", "j"):
        compared = calls[f"{kind}_matches"] + calls[f"{kind}_mismatches"]
        columns[f"{kind}_identity"] = _masked(calls[f"{kind}_matches"] / np.maximum(compared, 1), calls[kind] < 0)
    return columns


def flags(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """`vj_in_frame`, `stop_codon`, `productive`; null where they cannot be known or there is no call."""
    fields = {"vj_in_frame": "in_frame", "stop_codon": "stop", "productive": "productive"}
    absent = calls["found"] == 0
    return {name: _masked(calls[field] == 1, absent | (calls[field] < 0)) for name, field in fields.items()}


def cigars(calls: NDArray[Any], details: Details, lengths: I64) -> dict[str, pl.Series]:
    """CIGAR of each segment: read clipped (S), germline skipped (N), then the alignment, then the rest of the read.

    Args:
        calls: of the kernels.
        details: the same.
        lengths: of the reads, shape (reads,).
    """
    return {f"{kind}_cigar": _cigar(calls, details, kind, lengths) for kind in _KINDS}


def _cigar(calls: NDArray[Any], details: Details, kind: str, lengths: I64) -> pl.Series:
    start, end = calls[f"{kind}_start"], calls[f"{kind}_end"]
    absent = (calls[kind] < 0) | (end <= start)
    first = last = np.zeros(len(calls), dtype=np.int64)
    if kind in "vj":
        turn = "vj".index(kind)
        first, last = details.piece_offsets[turn:-1:2], details.piece_offsets[turn + 1 :: 2]
    spans = start, end, calls[f"{kind}_germline_start"]
    return strings(*spell_cigars(*spans, lengths, absent, details.pieces, first, last))


def junctions(calls: NDArray[Any], oriented: Ragged, text: pl.Series) -> dict[str, pl.Series]:
    """`junction`, where both anchors are on the read, its length and translation; key region.

    `junction_aa` translates the complete codons from Cys104 on; where the last codon is not complete, a # follows.

    Args:
        calls: of the kernels.
        oriented: the reads on the strand of the rearrangement.
        text: their letters, one value.
    """
    start, end = calls["v_anchor"], calls["j_anchor"] + 3
    absent = (calls["v"] < 0) | (start < 0) | (calls["j_anchor"] < 0)
    length = np.where(absent, 0, end - start)
    keyless = (calls["found"] == 0) | (calls["key_start"] < 0)
    key_length = np.where(keyless, 0, calls["key_end"] - calls["key_start"])
    reads = oriented.offsets[:-1]
    return {
        "junction": pieces(text, reads + start, length),
        "junction_aa": strings(*spell_amino_acids(oriented.codes, reads + start, length)),
        "junction_length": _masked(end - start, absent),
        "key_region": pieces(text, reads + calls["key_start"], key_length),
        "key_region_start": _masked(calls["key_start"] + 1, keyless),
    }


def _masked(values: NDArray[Any], absent: NDArray[np.bool_]) -> pl.Series:
    series = pl.Series(values)
    return series.set(pl.Series(absent), None)
