"""Small references, targets and reads whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from clonotrack.germline import Kind, Reference, Segment
from clonotrack.raw_reads.chunk import ReadChunk
from clonotrack.raw_reads.fragments import Batch
from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.tables import CONTROLS, MARKERS, Table
from clonotrack.track.stage import Search
from clonotrack.track.targets import Target

J = {
    "IGH": ["ACTACTTTGACTACTGGGGCCAGGGAACCCTGGTCACCGTCTCCTCAG", "TGATGCTTTTGATGTCTGGGGCCAAGGGACAATGGTCACCGTCTCTTCAG"],
    "IGK": ["GCTCACTTTCGGCGGAGGGACCAAGGTGGAGATCAAAC"],
    "IGL": ["TGTGGTATTCGGCGGAGGGACCAAGCTGACCGTCCTAG"],
    "TRG": ["GAATTATTATAAGAAACTCTTTGGCAGTGGAACAACACTGGTTGTCACAG"],
}
V = {"IGH": ["GAGGTGCAGCTGGTGGAGTCTGGGGGAGGCTTGGTCCAGCCTGGGGGGTCCCTGAGACTCTCCTGTGCAGCCTCTGGATTCACCTTTAGT"]}


def segment(kind: Kind, locus: str, number: int, sequence: str) -> Segment:
    gene = f"{locus}{kind}{number}"
    return Segment(f"{gene}*01", gene, locus, (locus,), kind, sequence)


REFERENCE = Reference(
    "small",
    tuple(
        segment(kind, locus, number, sequence)
        for kind, of_locus in (("V", V), ("J", J))
        for locus, sequences in of_locus.items()
        for number, sequence in enumerate(sequences, start=1)
    ),
    {},
)


def bases(rng: np.random.Generator, length: int, letters: str = "ACGT") -> str:
    return "".join(rng.choice(list(letters), length))


def substituted(sequence: str, places: Sequence[int]) -> str:
    """Another base at each of the places."""
    found = list(sequence)
    for place in places:
        found[place] = {"A": "C", "C": "G", "G": "T", "T": "A", "N": "N"}[found[place]]
    return "".join(found)


def target(
    part: str, name: str = "m", *, subject_id: str | None = "p", edits: int = 2, before: str = "", after: str = ""
) -> Target:
    """A marker; a control where there is no patient."""
    kind = "marker" if subject_id else "control"
    return Target(name, kind, subject_id, "IGH", before + part + after, part, edits, edits)


def batch(reads: Sequence[str], first: int = 1) -> Batch:
    """Reads without names and qualities."""
    nothing = np.zeros(0, dtype=np.uint8)
    return Batch(
        ReadChunk.of(Ragged.from_strings(reads), None, nothing, np.zeros(len(reads) + 1, dtype=np.int64), first)
    )


def searched(
    reads: Sequence[str], targets: Sequence[Target], subject_id: str | None = "p", reference: Reference = REFERENCE
) -> Search:
    """What a search makes of reads in one batch."""
    search = Search(targets, reference, subject_id)
    search.add(batch(reads))
    return search


def frame(table: Table, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; what they leave out is null."""
    return pl.DataFrame(
        [{name: row.get(name) for name in table.names} for row in rows], schema=table.schema(), orient="row"
    )


def marker(marker_id: str, sequence: str, subject_id: str = "p", **columns: Any) -> dict[str, Any]:
    return {"marker_id": marker_id, "subject_id": subject_id, "sequence": sequence, "selected": True, **columns}


def markers(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame(MARKERS, rows)


def controls(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame(CONTROLS, [{"kind": "calibrator", "copies": 40.0, **row} for row in rows])


def either_strand(rng: np.random.Generator, sequence: str) -> str:
    return reverse_complement(sequence) if rng.random() < 0.5 else sequence
