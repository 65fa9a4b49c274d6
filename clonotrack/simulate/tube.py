"""One tube: molecules in, reads out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from clonotrack.sequences import I64, Ragged
from clonotrack.simulate.pcr import amplify, polymerase_errors
from clonotrack.simulate.plan import LibraryPlan
from clonotrack.simulate.recombine import Rearrangement
from clonotrack.simulate.sequencer import ReadBatch, sequence, with_umis

Lot: TypeAlias = tuple[Sequence[Rearrangement], Sequence[int] | I64]


@dataclass(frozen=True, slots=True)
class Contents:
    """Rearranged molecules in a tube: `copies` of each of `rearrangements`, shape (templates,)."""

    rearrangements: tuple[Rearrangement, ...]
    copies: I64

    @classmethod
    def of(cls, parts: Sequence[Lot]) -> Contents:
        """Several lots of molecules together, in order; what has no copy is left out."""
        rearrangements = [r for lot, copies in parts for r, count in zip(lot, copies, strict=True) if count]
        copies = [int(count) for _, lot in parts for count in lot if count]
        return cls(tuple(rearrangements), np.array(copies, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Tube:
    """What became of the contents.

    Attributes:
        contents: what was put in.
        molecules: captured ones of each template, shape (templates,).
        reads: of each template, shape (templates,).
        batches: the reads, in the order of the file; `origin` indexes the templates.
    """

    contents: Contents
    molecules: I64
    reads: I64
    batches: tuple[ReadBatch, ...]

    def drawn(self, rearrangement: Rearrangement) -> tuple[int, int]:
        """Captured molecules and reads of a rearrangement; zero where it is not in the tube."""
        found = [i for i, other in enumerate(self.contents.rearrangements) if other is rearrangement]
        return int(self.molecules[found].sum()), int(self.reads[found].sum())


def run_tube(contents: Contents, library: LibraryPlan, rng: np.random.Generator) -> Tube:
    """Capture, amplify and sequence the contents of a tube."""
    molecules = amplify(
        contents.copies,
        capture=library.capture,
        reads_per_molecule=library.reads_per_molecule,
        dispersion=library.dispersion,
        rng=rng,
    )
    templates = Ragged.from_strings(r.amplicon() for r in contents.rearrangements)
    copies, which = templates, molecules.template
    if library.umi_length:
        copies, which = with_umis(templates, which, library.umi_length, rng), np.arange(len(which))
    edits = polymerase_errors(
        copies.lengths[which],
        molecules.reads,
        rate=library.polymerase_error_rate,
        cycles=library.cycles,
        rng=rng,
    )
    origin = np.repeat(which, molecules.reads)
    batches = sequence(
        copies,
        origin,
        edits,
        error_rate=library.error_rate,
        rng=rng,
        mate_length=library.mate_length,
        forward=library.umi_length > 0,
    )
    found = tuple(
        replace(batch, origin=molecules.template[batch.origin]) if library.umi_length else batch for batch in batches
    )
    return Tube(contents, *molecules.count(len(templates)), found)


def named(batches: Sequence[ReadBatch], prefix: str) -> Iterator[tuple[list[str], ReadBatch]]:
    """The batches with the names of their reads: the prefix and a running number from 1."""
    first = 1
    for batch in batches:
        yield [f"{prefix}.{first + i}" for i in range(len(batch.origin))], batch
        first += len(batch.origin)
