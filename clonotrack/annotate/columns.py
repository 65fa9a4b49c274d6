"""From the kernels' numbers to the columns of REARRANGEMENTS: coordinates, CIGARs, junction, frame."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.kernels.settlement import Details
from clonotrack.sequence import I64, translate

_KINDS = ("v", "d", "d2", "j")
_OPERATIONS = "MID"


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
    aligned = pl.Series(end - start).cast(pl.String) + "M"
    if kind in ("v", "j"):
        turn = int(kind == "j")
        bounds = details.piece_offsets[turn:-1:2], details.piece_offsets[turn + 1 :: 2]
        gapped = np.flatnonzero(bounds[1] > bounds[0])
        spelled = [_spell(details.pieces[bounds[0][i] : bounds[1][i]]) for i in gapped]
        aligned = aligned.scatter(gapped, spelled) if len(gapped) else aligned
    clipped = [(start, "S"), (calls[f"{kind}_germline_start"], "N")]
    before = [_operation(count, letter) for count, letter in clipped]
    whole = before[0] + before[1] + aligned + _operation(lengths - end, "S")
    return whole.set(pl.Series((calls[kind] < 0) | (end <= start)), None)


def _spell(pieces: NDArray[np.int32]) -> str:
    return "".join(f"{length}{_OPERATIONS[operation]}" for operation, length in pieces.tolist())


def _operation(count: NDArray[Any], letter: str) -> pl.Series:
    """``<count><letter>``, nothing where the count is 0."""
    spelled = pl.Series(count).cast(pl.String) + letter
    return spelled.set(pl.Series(count <= 0), "")


def junctions(calls: NDArray[Any], sequence: pl.Series) -> dict[str, pl.Series]:
    """`junction`, where both anchors are on the read, its length and translation; key region.

    `junction_aa` translates the complete codons from Cys104 on; where the last codon is not complete, a # follows.
    """
    start, end = calls["v_anchor"], calls["j_anchor"] + 3
    absent = (calls["v"] < 0) | (start < 0) | (calls["j_anchor"] < 0)
    junction = _slices(sequence, start, end - start, absent)
    keyless = (calls["found"] == 0) | (calls["key_start"] < 0)
    return {
        "junction": junction,
        "junction_aa": translations(junction),
        "junction_length": _masked(end - start, absent),
        "key_region": _slices(sequence, calls["key_start"], calls["key_end"] - calls["key_start"], keyless),
        "key_region_start": _masked(calls["key_start"] + 1, keyless),
    }


def translations(sequences: pl.Series) -> pl.Series:
    """Amino acids of the complete codons of every sequence; # for an incomplete last codon."""
    lengths = sequences.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    whole = pl.DataFrame([sequences.alias("text"), pl.Series("length", lengths // 3 * 3)])
    codons = whole.select(pl.col("text").str.slice(0, "length").fill_null("").str.join(""))
    amino_acids = translate(codons.item())
    ends = np.cumsum(lengths // 3)
    pieces = [amino_acids[start:end] for start, end in pairwise([0, *ends.tolist()])]
    translated = pl.Series(pieces, dtype=pl.String) + pl.Series(np.where(lengths % 3, "#", ""), dtype=pl.String)
    return translated.set(sequences.is_null(), None)


def _slices(sequence: pl.Series, start: NDArray[Any], length: NDArray[Any], absent: NDArray[np.bool_]) -> pl.Series:
    frame = pl.DataFrame(
        {"sequence": sequence, "start": np.where(absent, 0, start), "length": np.where(absent, 0, length)}
    )
    return frame.select(pl.col("sequence").str.slice("start", "length")).to_series().set(pl.Series(absent), None)


def _masked(values: NDArray[Any], absent: NDArray[np.bool_]) -> pl.Series:
    series = pl.Series(values)
    return series.set(pl.Series(absent), None)
