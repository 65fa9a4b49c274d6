"""From molecules in the tube to reads of molecules: capture, amplification, polymerase errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.sequences import I64, U8

EARLY_CYCLES = 6  # an error made later is in at most 1 read of 128


@dataclass(frozen=True, slots=True)
class Molecules:
    """Captured molecules; the first of template 0, shape (molecules,) each.

    Attributes:
        template: what it is a molecule of.
        reads: how often it was read.
    """

    template: I64
    reads: I64

    def count(self, templates: int) -> tuple[I64, I64]:
        """Captured molecules and reads of each template, shape (templates,)."""
        reads = np.zeros(templates, dtype=np.int64)
        np.add.at(reads, self.template, self.reads)
        return np.bincount(self.template, minlength=templates), reads


@dataclass(frozen=True, slots=True)
class Edits:
    """Substitutions, shape (edits,) each; a read's base turns into (code + shift) % 4.

    Attributes:
        read: index of the read.
        position: base, from the read's 5' end on the template strand.
        shift: 1, 2 or 3.
    """

    read: I64
    position: I64
    shift: U8


def amplify(
    copies: I64, *, capture: float, reads_per_molecule: float, dispersion: float, rng: np.random.Generator
) -> Molecules:
    """Capture and amplify molecules.

    METHOD: each molecule is captured with probability `capture`; a captured one gives Poisson(rho X) reads, X
    log-normal with mean 1 and log-sd `dispersion`: PCR yield differs between molecules by a factor that builds up
    over the first cycles (Kebschull & Zador 2015, Nucleic Acids Res 43:e143). All templates amplify alike.

    Args:
        copies: molecules of each template in the tube, shape (templates,).
        capture: share of molecules that are amplified.
        reads_per_molecule: rho, mean reads of a captured molecule.
        dispersion: standard deviation of the log yield.
        rng: the stream.
    """
    template = np.repeat(np.arange(len(copies)), rng.binomial(copies, capture))
    yields = np.exp(rng.normal(-(dispersion**2) / 2, dispersion, len(template)))
    return Molecules(template, rng.poisson(reads_per_molecule * yields))


def polymerase_errors(lengths: I64, reads: I64, *, rate: float, cycles: int, rng: np.random.Generator) -> Edits:
    """Errors of PCR; reads of one molecule share those of its early cycles.

    METHOD: in cycle c a molecule's family has 2^(c-1) duplexes, half of whose strands are new; an error there is in
    2^-c of the copies (Luria-Delbrueck reasoning, as Sun 1995, J Comput Biol 2:63, for PCR). A read's own errors
    of the later cycles are independent, rate / 2 per base and cycle.

    Args:
        lengths: nt of each molecule, shape (molecules,).
        reads: its reads, shape (molecules,); reads are numbered molecule by molecule.
        rate: errors per base and doubling; about 1e-5 for proofreading polymerases, 1.5e-4 for Taq (Potapov & Ong
            2017, PLoS ONE 12:e0169774).
        cycles: of PCR.
        rng: the stream.
    """
    first = np.cumsum(reads) - reads
    early = [
        _shared(lengths, reads, first, rate=rate * 2.0 ** (cycle - 1), share=2.0**-cycle, rng=rng)
        for cycle in range(1, min(cycles, EARLY_CYCLES) + 1)
    ]
    owner = np.repeat(np.arange(len(reads)), reads)
    late = rng.poisson(lengths[owner] * rate / 2 * max(0, cycles - EARLY_CYCLES))
    read = np.repeat(np.arange(len(owner)), late)
    own = Edits(read, _positions(lengths[owner[read]], rng), _shifts(len(read), rng))
    parts = [*early, own]
    return Edits(
        np.concatenate([part.read for part in parts]),
        np.concatenate([part.position for part in parts]),
        np.concatenate([part.shift for part in parts]),
    )


def _shared(lengths: I64, reads: I64, first: I64, *, rate: float, share: float, rng: np.random.Generator) -> Edits:
    """Errors at `rate` per base of a molecule, each in any of its reads with probability `share`."""
    molecule = np.repeat(np.arange(len(lengths)), rng.poisson(lengths * rate))
    position, shift = _positions(lengths[molecule], rng), _shifts(len(molecule), rng)
    error = np.repeat(np.arange(len(molecule)), reads[molecule])
    start = np.cumsum(reads[molecule]) - reads[molecule]
    read = first[molecule[error]] + np.arange(len(error)) - start[error]
    carried = rng.random(len(error)) < share
    return Edits(read[carried], position[error[carried]], shift[error[carried]])


def _positions(lengths: I64, rng: np.random.Generator) -> I64:
    return (rng.random(len(lengths)) * lengths).astype(np.int64)


def _shifts(count: int, rng: np.random.Generator) -> U8:
    return rng.integers(1, 4, count).astype(np.uint8)
