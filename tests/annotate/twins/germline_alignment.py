"""Naive twins of `clonotrack.annotate.kernels.cigar`: from columns, and from a table's row and the reference."""

from __future__ import annotations

import re
from typing import Any

from clonotrack.annotate.kernels.types import Germline
from clonotrack.germline import Reference
from tests.annotate.twins.complete_calls import Settled
from tests.annotate.twins.types import alleles


def align_to_germline(settled: Settled | None, germline: Germline) -> tuple[str, str]:
    """The read's row and the germline's row of one read."""
    if settled is None:
        return "", ""
    ds = alleles(germline.d)
    laid = [(settled.v.columns, settled.v.allele.sequence)]
    for d in settled.d:
        both = zip(range(d.start, d.end), range(d.germline_start, d.germline_end), strict=True)
        laid.append((list(both), ds[d.ties[0]].sequence))
    laid.append((settled.j.columns, settled.j.allele.sequence))
    beside, below, reached = "", "", settled.v.start[0]
    for columns, sequence in laid:
        inserted = settled.read[reached : columns[0][0]]
        beside += inserted + "".join("-" if i is None else settled.read[i] for i, _ in columns)
        letters = ("-" if g is None else sequence[g] for _, g in columns)
        below += "N" * len(inserted) + "".join(letters).replace("X", "N")
        reached = max(i for i, _ in columns if i is not None) + 1
    return beside, below


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
