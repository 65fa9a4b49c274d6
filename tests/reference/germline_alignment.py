"""Naive twin of `clonotrack.kernels.germline_alignment`: both rows rebuilt from a table's row and the reference."""

from __future__ import annotations

import re
from typing import Any

from clonotrack.germline import Reference


def rows(row: dict[str, Any], reference: Reference) -> tuple[str, str]:
    """The read's row and the germline's row, from CIGARs and coordinates."""
    sequence, beside, below = row["sequence"], "", ""
    reached = row["v_sequence_start"] - 1
    for kind in ("v", "d", "j"):
        if row[f"{kind}_call"] is None:
            continue
        start = row[f"{kind}_sequence_start"] - 1
        beside += sequence[reached:start]
        below += "N" * (start - reached)
        allele = reference.segment(row[f"{kind}_call"].split(",")[0]).sequence
        i, g = start, row[f"{kind}_germline_start"] - 1
        for count, letter in re.findall(r"(\d+)([MID])", row[f"{kind}_cigar"]):
            length = int(count)
            beside += "-" * length if letter == "D" else sequence[i : i + length]
            below += "-" * length if letter == "I" else allele[g : g + length]
            i += length if letter != "D" else 0
            g += length if letter != "I" else 0
        reached = i
    return beside, below
