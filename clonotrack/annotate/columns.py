"""Convert the kernels' calls into the columns of REARRANGEMENTS.

Each function takes `calls`, the structured array of the kernels (one record for each read, dtype `CALL`), and returns a
dictionary of columns by name, each with a value for each read. Positions in `calls` are 0-based and half-open.
Coordinates in the columns are 1-based and closed, as in AIRR. A value that does not exist is null. `text` is one string
that holds the bases of all reads, each on the strand of its rearrangement. Columns of text are substrings of `text`.
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
from clonotrack.annotate.kernels.frame import locate_regions
from clonotrack.germline import Segment
from clonotrack.kernels.text import translate_rows, write_cigars
from clonotrack.sequences import I64, Ragged
from clonotrack.text_columns import substrings, text_column

# Segments of a rearrangement, 5' to 3'.
_SEGMENTS = ("v", "d", "d2", "j")
REGIONS = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")


def coordinates(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """Compute alignment score and coordinates of the V, D, second D and J of each read.

    Returns:
        For each segment (``v``, ``d``, ``d2``, ``j``): `<segment>_score`; `<segment>_sequence_start` and `_end` on the
        read; `<segment>_germline_start` and `_end` on the germline allele. Coordinates are 1-based and closed. The
        values of a segment that the read does not have are null.
    """
    columns = {}
    for kind in _SEGMENTS:
        absent = (calls[kind] < 0) | (calls[f"{kind}_end"] <= calls[f"{kind}_start"])
        columns[f"{kind}_score"] = _masked(calls[f"{kind}_score"].astype(np.float64), absent)
        for of, field in (("sequence", ""), ("germline", "germline_")):
            columns[f"{kind}_{of}_start"] = _masked(calls[f"{kind}_{field}start"] + 1, absent)
            columns[f"{kind}_{of}_end"] = _masked(calls[f"{kind}_{field}end"], absent)
    return columns


def identities(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """Return `v_identity` and `j_identity`: matches / (matches + mismatches). Gaps and unknown bases do not count."""
    columns = {}
    for kind in ("v", "j"):
        compared = calls[f"{kind}_matches"] + calls[f"{kind}_mismatches"]
        columns[f"{kind}_identity"] = _masked(calls[f"{kind}_matches"] / np.maximum(compared, 1), calls[kind] < 0)
    return columns


def productivity(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """Return `vj_in_frame`, `stop_codon`, `productive`; null if unknown or if the read has no rearrangement."""
    fields = {"vj_in_frame": "in_frame", "stop_codon": "stop", "productive": "productive"}
    absent = calls["called"] == 0
    return {name: _masked(calls[field] == 1, absent | (calls[field] < 0)) for name, field in fields.items()}


def cigars(calls: NDArray[Any], details: Details, lengths: I64) -> dict[str, pl.Series]:
    """Return the CIGAR of the V, D, second D and J of each read (`v_cigar`, ...).

    A CIGAR has four parts: S for the bases of the read before the segment, N for the bases of the allele before the
    alignment, the operations of the alignment, and S for the bases of the read after the segment.

    Args:
        calls: calls of the kernels, shape (reads,).
        details: gapped alignments of V and J.
        lengths: length of each read [nt], shape (reads,).
    """
    return {f"{kind}_cigar": _cigar(calls, details, kind, lengths) for kind in _SEGMENTS}


def _cigar(calls: NDArray[Any], details: Details, kind: str, lengths: I64) -> pl.Series:
    start, end = calls[f"{kind}_start"], calls[f"{kind}_end"]
    absent = (calls[kind] < 0) | (end <= start)
    first = last = np.zeros(len(calls), dtype=np.int64)
    if kind in "vj":
        turn = "vj".index(kind)
        first, last = details.operation_offsets[turn:-1:2], details.operation_offsets[turn + 1 :: 2]
    spans = start, end, calls[f"{kind}_germline_start"]
    return text_column(*write_cigars(*spans, lengths, absent, details.operations, first, last))


def junctions(calls: NDArray[Any], oriented: Ragged, text: pl.Series) -> dict[str, pl.Series]:
    """Return the junction (if both anchors are on the read), its translation and length, and the key region.

    `junction_aa` translates complete codons from Cys104 on; `#` follows if the last codon is incomplete.

    Args:
        calls: calls of the kernels, shape (reads,).
        oriented: bases of each read on the strand of its rearrangement.
        text: bases of `oriented` as one text; see the docstring of this module.
    """
    start, end = calls["v_anchor"], calls["j_anchor"] + 3
    absent = (calls["v"] < 0) | (start < 0) | (calls["j_anchor"] < 0)
    length = np.where(absent, 0, end - start)
    keyless = (calls["called"] == 0) | (calls["key_start"] < 0)
    key_length = np.where(keyless, 0, calls["key_end"] - calls["key_start"])
    reads = oriented.offsets[:-1]
    return {
        "junction": substrings(text, reads + start, length),
        "junction_aa": text_column(*translate_rows(oriented.codes, reads + start, length)),
        "junction_length": _masked(end - start, absent),
        "key_region": substrings(text, reads + calls["key_start"], key_length),
        "key_region_start": _masked(calls["key_start"] + 1, keyless),
    }


def _masked(values: NDArray[Any], absent: NDArray[np.bool_]) -> pl.Series:
    series = pl.Series(values)
    return series.set(pl.Series(absent), None)


def inserted_bases(calls: NDArray[Any], reads: I64, text: pl.Series) -> dict[str, pl.Series]:
    """Return the bases between segments and their number.

    `np1`, `np2` and `np3` are the bases between V, first D or second D and the next segment of the read. Their numbers
    are `np1_length`, `np2_length` and `np3_length`.

    Args:
        calls: calls of the kernels, shape (reads,).
        reads: position of the first base of each read in `text`, shape (reads,).
        text: bases of the reads as one text; see the docstring of this module.
    """
    columns = {}
    for number, kind in enumerate(_SEGMENTS[:3], start=1):
        following = np.full(len(calls), -1)
        for other in reversed(_SEGMENTS[number:]):
            following = np.where(calls[other] >= 0, calls[f"{other}_start"], following)
        absent = (calls[kind] < 0) | (following < 0)
        start = calls[f"{kind}_end"]
        length = np.where(absent, 0, np.maximum(following - start, 0))
        columns[f"np{number}"] = substrings(text, reads + start, length)
        columns[f"np{number}_length"] = pl.Series(length).set(pl.Series(absent), None)
    return columns


def deleted_bases(calls: NDArray[Any], index: Index) -> dict[str, pl.Series]:
    """Return the number of bases that each segment lost at its joints (`v_3p_del`, `d_5p_del`, ...).

    If several alleles are tied, the first allele of the tie is compared.
    """
    d_lengths = _lengths(index.d)
    deleted = {
        "v_3p_del": ("v", _lengths(index.v)[calls["v"]] - calls["v_germline_end"]),
        "d_5p_del": ("d", calls["d_germline_start"]),
        "d_3p_del": ("d", d_lengths[calls["d"]] - calls["d_germline_end"]),
        "d2_5p_del": ("d2", calls["d2_germline_start"]),
        "d2_3p_del": ("d2", d_lengths[calls["d2"]] - calls["d2_germline_end"]),
        "j_5p_del": ("j", calls["j_germline_start"]),
    }
    return {name: pl.Series(bases).set(pl.Series(calls[kind] < 0), None) for name, (kind, bases) in deleted.items()}


def _lengths(segments: tuple[Segment, ...]) -> I64:
    return np.array([len(segment.sequence) for segment in segments] or [0], dtype=np.int64)


def evalues(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """Return the E-value of each segment (`v_support`, ...) and of the rearrangement (`rearrangement_evalue`).

    METHOD: the E-value of a segment is the expected number of chance matches with the segment's score or more in a
    random sequence of the read's length (Karlin and Altschul 1990, PNAS 87:2264). The E-value of the rearrangement is
    the larger of the E-values of its first and its last segment. It is not their product, because a read that truly
    contains one of the two segments may match the other by chance.
    """
    columns = {
        f"{kind}_support": pl.Series(calls[f"{kind}_evalue"]).set(pl.Series(calls[kind] < 0), None)
        for kind in _SEGMENTS
    }
    left = np.where(calls["v"] >= 0, calls["v_evalue"], calls["d_evalue"])
    last_d = np.where(calls["d2"] >= 0, calls["d2_evalue"], calls["d_evalue"])
    right = np.where(calls["j"] >= 0, calls["j_evalue"], last_d)
    rearrangement = pl.Series(np.maximum(left, right)).set(pl.Series(calls["called"] == 0), None)
    return {**columns, "rearrangement_evalue": rearrangement}


def region_coordinates(calls: NDArray[Any], details: Details, index: Index) -> dict[str, pl.Series]:
    """Return start and end of FWR1 to FWR4 and CDR1 to CDR3 on the read; null for a region that the read lacks."""
    first, last = locate_regions(calls, details.operations, details.operation_offsets, index.germline, index.regions)
    columns = {}
    for name, starts, ends in zip(REGIONS, first, last, strict=True):
        missing = pl.Series(starts < 0)
        columns[f"{name}_start"] = pl.Series(starts + 1).set(missing, None)
        columns[f"{name}_end"] = pl.Series(ends).set(missing, None)
    return columns


def chimeras(offsets: I64, pairs: Pairs, index: Index) -> dict[str, pl.Series]:
    """Return `chimeric`: whether the read contains parts of two rearrangements; null without a rearrangement."""
    chimeric = find_chimeras(pairs.oriented, offsets, pairs.calls, index.germline)
    return {"chimeric": pl.Series(chimeric).set(pl.Series(pairs.calls["called"] == 0), None)}
