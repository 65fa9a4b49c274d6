"""The call of one read, as kernels write it."""

from __future__ import annotations

import numpy as np

# Positions are 0-based and half-open, on the strand of the rearrangement; -1 or 0 where there is none.
_PAIR = (
    "found",  # 1: there is a rearrangement
    "reversed",  # 1: the read was reversed
    "v",  # first allele of the tie; -1: there is none; so for d, d2, j
    "v_group",
    "v_place",  # of the common coordinate of the V group on the read
    "v_score",
    "j",
    "j_group",
    "j_place",
    "j_score",
    "earliest_j",  # base from which the J was looked for
)
_SPAN = ("start", "end", "germline_start", "germline_end")
_SPANS = tuple(f"{kind}_{field}" for kind in ("v", "d", "d2", "j") for field in _SPAN)
_REST = (
    "d",
    "d_score",
    "d2",
    "d2_score",
    "v_pieces",  # pieces of the alignment: 1 where there are no gaps
    "j_pieces",
    "v_matches",
    "v_mismatches",
    "j_matches",
    "j_mismatches",
    "v_anchor",  # Cys104 codon on the read; -1 where it is not
    "j_anchor",
    "in_frame",  # 1, 0, -1 for not known; so are the next two
    "stop",
    "productive",
    "key_start",  # -1: there is no key region
    "key_end",
)
# Matches as good as this one that random sequence would have (E-values).
_EXPECTED = ("v_expected", "d_expected", "d2_expected", "j_expected")
CALL = np.dtype([(name, np.int64) for name in _PAIR + _SPANS + _REST] + [(name, np.float64) for name in _EXPECTED])
