"""Simulate one tube: from rearranged molecules to reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from clonotrack.sequences import I64, Ragged
from clonotrack.simulate.pcr import add_umis, amplify, draw_polymerase_errors
from clonotrack.simulate.plan import LibraryPlan
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.sequencer import SimulatedReads, sequence_reads

MoleculeSource: TypeAlias = tuple[Sequence[Rearrangement], Sequence[int] | I64]
"""Rearrangements of one source (clone, calibrators or healthy cells), and the copies of each in the tube."""


@dataclass(frozen=True, slots=True)
class TubeContents:
    """Hold the rearranged molecules in a tube.

    Attributes:
        rearrangements: the different rearrangements; each is the template of its molecules.
        copies: number of molecules of each rearrangement, shape (templates,).
    """

    rearrangements: tuple[Rearrangement, ...]
    copies: I64

    @classmethod
    def from_sources(cls, sources: Sequence[MoleculeSource]) -> TubeContents:
        """Combine the molecules of several sources, in order; leave out rearrangements with 0 copies."""
        rearrangements = [r for source, copies in sources for r, count in zip(source, copies, strict=True) if count]
        all_copies = [int(count) for _, copies in sources for count in copies if count]
        return cls(tuple(rearrangements), np.array(all_copies, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class SimulatedTube:
    """Hold the contents of a tube, its captured molecules and its reads.

    Attributes:
        contents: all molecules in the tube; ``contents.rearrangements`` are the templates.
        molecules: number of captured molecules of each template, shape (templates,).
        reads: number of reads of each template, shape (templates,).
        batches: the reads, in the order of the file; `origin` of a batch contains indices of templates.
    """

    contents: TubeContents
    molecules: I64
    reads: I64
    batches: tuple[SimulatedReads, ...]

    def count(self, rearrangement: Rearrangement) -> tuple[int, int]:
        """Return the numbers of captured molecules and of reads of a rearrangement; (0, 0) if the tube lacks it."""
        templates = [i for i, other in enumerate(self.contents.rearrangements) if other is rearrangement]
        return int(self.molecules[templates].sum()), int(self.reads[templates].sum())


def simulate_tube(contents: TubeContents, library: LibraryPlan, rng: np.random.Generator) -> SimulatedTube:
    """Capture, amplify and sequence the molecules of a tube.

    Args:
        contents: the molecules.
        library: plan of the library: capture, PCR, UMIs and sequencing.
        rng: the stream of random numbers.
    """
    molecules = amplify(
        contents.copies,
        capture=library.capture,
        reads_per_molecule=library.reads_per_molecule,
        dispersion=library.dispersion,
        rng=rng,
    )
    templates = Ragged.from_strings(r.amplicon() for r in contents.rearrangements)
    sequences, sequence_of_molecule = templates, molecules.template
    if library.umi_length:
        sequences = add_umis(templates, molecules.template, library.umi_length, rng)
        sequence_of_molecule = np.arange(len(molecules.template))
    pcr_errors = draw_polymerase_errors(
        sequences.lengths[sequence_of_molecule],
        molecules.reads,
        rate=library.polymerase_error_rate,
        cycles=library.cycles,
        rng=rng,
    )
    batches = sequence_reads(
        sequences,
        np.repeat(sequence_of_molecule, molecules.reads),
        pcr_errors,
        error_rate=library.error_rate,
        rng=rng,
        mate_length=library.mate_length,
        forward=library.umi_length > 0,
    )
    reads = tuple(
        replace(batch, origin=molecules.template[batch.origin]) if library.umi_length else batch for batch in batches
    )
    return SimulatedTube(contents, *molecules.count(len(templates)), reads)


def name_reads(batches: Sequence[SimulatedReads], prefix: str) -> Iterator[tuple[list[str], SimulatedReads]]:
    """Name reads ``prefix.1``, ``prefix.2`` and so on through all batches; yield the names and the batch, for each."""
    first = 1
    for batch in batches:
        yield [f"{prefix}.{first + i}" for i in range(len(batch.origin))], batch
        first += len(batch.origin)
