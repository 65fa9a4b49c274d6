"""Provide naive twins of `clonotrack.annotate.kernels.cigar.align_to_germline`, from columns or from a table's row."""

from __future__ import annotations

import re
from typing import Any

from clonotrack.annotate.kernels.types import Germline
from clonotrack.germline import Reference
from tests.annotate.twins.complete_calls import CompletedCall
from tests.annotate.twins.types import alleles


def align_to_germline(completed: CompletedCall | None, germline: Germline) -> tuple[str, str]:
    """Return the row of the read and the row of the germline; both are empty without a call."""
    if completed is None:
        return "", ""
    ds = alleles(germline.d)
    alignment = [(completed.v.columns, completed.v.allele.sequence)]
    for d in completed.d:
        both = zip(range(d.start, d.end), range(d.germline_start, d.germline_end), strict=True)
        alignment.append((list(both), ds[d.ties[0]].sequence))
    alignment.append((completed.j.columns, completed.j.allele.sequence))
    read_row, germline_row, reached = "", "", completed.v.start[0]
    for columns, sequence in alignment:
        inserted = completed.read[reached : columns[0][0]]
        read_row += inserted + "".join("-" if i is None else completed.read[i] for i, _ in columns)
        letters = ("-" if g is None else sequence[g] for _, g in columns)
        germline_row += "N" * len(inserted) + "".join(letters).replace("X", "N")
        reached = max(i for i, _ in columns if i is not None) + 1
    return read_row, germline_row


def rows(row: dict[str, Any], reference: Reference) -> tuple[str, str]:
    """Return the row of the read and the row of the germline from the CIGARs and coordinates of a table's row."""
    sequence, read_row, germline_row = row["sequence"], "", ""
    reached = row["v_sequence_start"] - 1
    for kind in ("v", "d", "j"):
        if row[f"{kind}_call"] is None:
            continue
        start = row[f"{kind}_sequence_start"] - 1
        read_row += sequence[reached:start]
        germline_row += "N" * (start - reached)
        allele = reference.segment(row[f"{kind}_call"].split(",")[0]).sequence
        i, g = start, row[f"{kind}_germline_start"] - 1
        for count, letter in re.findall(r"(\d+)([MID])", row[f"{kind}_cigar"]):
            length = int(count)
            read_row += "-" * length if letter == "D" else sequence[i : i + length]
            germline_row += "-" * length if letter == "I" else allele[g : g + length]
            i += length if letter != "D" else 0
            g += length if letter != "I" else 0
        reached = i
    return read_row, germline_row
