"""From the kernels' numbers to the columns of REARRANGEMENTS: coordinates, CIGARs, junction, frame.

What happened at the joints: bases inserted between the segments, bases that each segment lost there.

What calls are worth: E-values of the segments and of the rearrangement.

Coordinates of FWR1 to FWR4 and CDR1 to CDR3.

Reads that hold parts of two rearrangements.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clonotrack.annotate.index import Index
from clonotrack.annotate.kernels.chimera import find_chimeras
from clonotrack.annotate.kernels.complete_calls import Details
from clonotrack.annotate.kernels.find_vj import Pairs
from clonotrack.annotate.kernels.frame import place_regions
from clonotrack.germline import Segment
from clonotrack.kernels.text import spell_amino_acids, spell_cigars
from clonotrack.sequences import I64, Ragged
from clonotrack.text_columns import pieces, strings

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


_ORDER = ("v", "d", "d2", "j")


def inserted(calls: NDArray[Any], reads: I64, text: pl.Series) -> dict[str, pl.Series]:
    """`np1`, `np2`, `np3` and their lengths: the bases behind the V, the first and the second D, up to what follows.

    Args:
        calls: of the kernels.
        reads: first letter of each read in `text`.
        text: letters of the reads on the strand of the rearrangement, one value.
    """
    columns = {}
    for number, kind in enumerate(_ORDER[:3], start=1):
        following = np.full(len(calls), -1)
        for other in reversed(_ORDER[number:]):
            following = np.where(calls[other] >= 0, calls[f"{other}_start"], following)
        absent = (calls[kind] < 0) | (following < 0)
        start = calls[f"{kind}_end"]
        length = np.where(absent, 0, np.maximum(following - start, 0))
        columns[f"np{number}"] = pieces(text, reads + start, length)
        columns[f"np{number}_length"] = pl.Series(length).set(pl.Series(absent), None)
    return columns


def lost(calls: NDArray[Any], index: Index) -> dict[str, pl.Series]:
    """Bases deleted from the ends of the segments at the joints, by the first allele of a tie."""
    of_d = _lengths(index.d)
    deleted = {
        "v_3p_del": ("v", _lengths(index.v)[calls["v"]] - calls["v_germline_end"]),
        "d_5p_del": ("d", calls["d_germline_start"]),
        "d_3p_del": ("d", of_d[calls["d"]] - calls["d_germline_end"]),
        "d2_5p_del": ("d2", calls["d2_germline_start"]),
        "d2_3p_del": ("d2", of_d[calls["d2"]] - calls["d2_germline_end"]),
        "j_5p_del": ("j", calls["j_germline_start"]),
    }
    return {name: pl.Series(bases).set(pl.Series(calls[kind] < 0), None) for name, (kind, bases) in deleted.items()}


def _lengths(segments: tuple[Segment, ...]) -> I64:
    return np.array([len(segment.sequence) for segment in segments] or [0], dtype=np.int64)


def support(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """`v_support` and its like, and `rearrangement_evalue`, null where there is no call.

    METHOD: a segment's E-value is the number of matches as good that random sequence as long as the read would have by
    chance (Karlin and Altschul 1990, PNAS 87:2264). A rearrangement has two ends, and a read that truly holds one of
    them may show the other by chance: so its E-value is that of the worse end, not the product.
    """
    columns = {
        f"{kind}_support": pl.Series(calls[f"{kind}_expected"]).set(pl.Series(calls[kind] < 0), None)
        for kind in ("v", "d", "d2", "j")
    }
    left = np.where(calls["v"] >= 0, calls["v_expected"], calls["d_expected"])
    last_d = np.where(calls["d2"] >= 0, calls["d2_expected"], calls["d_expected"])
    right = np.where(calls["j"] >= 0, calls["j_expected"], last_d)
    whole = pl.Series(np.maximum(left, right)).set(pl.Series(calls["found"] == 0), None)
    return {**columns, "rearrangement_evalue": whole}


NAMES = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")


def regions(calls: NDArray[Any], details: Details, index: Index) -> dict[str, pl.Series]:
    """1-based closed coordinates of each region that is on the read, null for the others."""
    first, last = place_regions(calls, details.pieces, details.piece_offsets, index.germline, index.regions)
    columns = {}
    for name, starts, ends in zip(NAMES, first, last, strict=True):
        none = pl.Series(starts < 0)
        columns[f"{name}_start"] = pl.Series(starts + 1).set(none, None)
        columns[f"{name}_end"] = pl.Series(ends).set(none, None)
    return columns


def chimeras(offsets: I64, pairs: Pairs, index: Index) -> dict[str, pl.Series]:
    """`chimeric`: whether the read holds parts of two rearrangements; null where there is no call."""
    found = find_chimeras(pairs.oriented, offsets, pairs.calls, index.germline)
    return {"chimeric": pl.Series(found).set(pl.Series(pairs.calls["found"] == 0), None)}
