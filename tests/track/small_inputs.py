"""A small reference, and targets, tables and reads whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from clonotrack.germline import Kind, Reference, Segment
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.tables import CONTROLS, MARKERS, Table
from clonotrack.track.count_hits import HitCounts
from clonotrack.track.search import Matches, TargetSearch
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


def bases(rng: np.random.Generator, length: int, alphabet: str = "ACGT") -> str:
    """Random bases."""
    return "".join(rng.choice(list(alphabet), length))


def substituted(sequence: str, positions: Sequence[int]) -> str:
    """The sequence with another base at each of the positions."""
    changed = list(sequence)
    for position in positions:
        changed[position] = {"A": "C", "C": "G", "G": "T", "T": "A", "N": "N"}[changed[position]]
    return "".join(changed)


def edited(rng: np.random.Generator, sequence: str, edits: int) -> str:
    """The sequence with random substitutions, insertions and deletions; some may undo others."""
    for _ in range(edits):
        position, kind = int(rng.integers(len(sequence))), int(rng.integers(3))
        inserted = bases(rng, 1) if kind < 2 else ""
        sequence = sequence[:position] + inserted + sequence[position + (kind != 1) :]
    return sequence


def either_strand(rng: np.random.Generator, sequence: str) -> str:
    return reverse_complement(sequence) if rng.random() < 0.5 else sequence


def target(
    part: str, name: str = "m", *, subject_id: str | None = "p", edits: int = 2, prefix: str = "", suffix: str = ""
) -> Target:
    """A marker of a patient; a control if there is no patient."""
    kind = "marker" if subject_id else "control"
    return Target(name, kind, subject_id, "IGH", prefix + part + suffix, part, edits, edits)


def batch(reads: Sequence[str], first: int = 1) -> FragmentBatch:
    """Reads without names and qualities."""
    nothing = np.zeros(0, dtype=np.uint8)
    return FragmentBatch(
        ReadBatch.from_arrays(
            Ragged.from_strings(reads), None, nothing, np.zeros(len(reads) + 1, dtype=np.int64), first
        )
    )


def search_reads(
    reads: FragmentBatch | Sequence[str],
    targets: Sequence[Target],
    subject_id: str | None = "p",
    reference: Reference = REFERENCE,
) -> tuple[Matches, HitCounts]:
    """Search reads for targets in one batch: the matches, and their counts."""
    matches = TargetSearch(targets, reference, subject_id).find(
        reads if isinstance(reads, FragmentBatch) else batch(reads)
    )
    counts = HitCounts(targets)
    counts.add(matches)
    return matches, counts


def frame(table: Table, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; columns that they leave out are null."""
    return pl.DataFrame(
        [{name: row.get(name) for name in table.names} for row in rows], schema=table.schema(), orient="row"
    )


def marker(marker_id: str, sequence: str, subject_id: str = "p", **columns: Any) -> dict[str, Any]:
    return {"marker_id": marker_id, "subject_id": subject_id, "sequence": sequence, "selected": True, **columns}


def markers(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame(MARKERS, rows)


def controls(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame(CONTROLS, [{"kind": "calibrator", "copies": 40.0, **row} for row in rows])
