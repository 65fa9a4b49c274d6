"""Simulate PCR: capture of molecules, UMIs, amplification to reads, and polymerase errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonotrack.sequences import I64, U8, Ragged

SHARED_ERROR_CYCLES = 6
"""Number of first PCR cycles whose errors several reads of a molecule share.

An error of a later cycle is in at most 1 of 128 copies, and is drawn for each read independently.
"""


@dataclass(frozen=True, slots=True)
class Molecules:
    """Hold captured molecules, sorted by template; each array has one element per molecule, shape (molecules,).

    Attributes:
        template: index of the template of each molecule.
        reads: number of reads of each molecule.
    """

    template: I64
    reads: I64

    def count(self, templates: int) -> tuple[I64, I64]:
        """Count the captured molecules and the reads of each template.

        Args:
            templates: number of templates.

        Returns:
            Captured molecules and reads of each template, two arrays of shape (templates,).
        """
        reads = np.zeros(templates, dtype=np.int64)
        np.add.at(reads, self.template, self.reads)
        return np.bincount(self.template, minlength=templates), reads


@dataclass(frozen=True, slots=True)
class Substitutions:
    """Hold substituted bases in reads; each array has one element per substitution, shape (substitutions,).

    Attributes:
        read: index of the read.
        position: 0-based position of the base, from the 5' end of the template.
        shift: 1, 2 or 3. A base with code c (A 0, C 1, G 2, T 3) becomes the base with code ``(c + shift) % 4``.
    """

    read: I64
    position: I64
    shift: U8


def amplify(
    copies: I64, *, capture: float, reads_per_molecule: float, dispersion: float, rng: np.random.Generator
) -> Molecules:
    """Capture and amplify the molecules in a tube.

    METHOD: each molecule is captured with probability `capture`. A captured molecule gives Poisson(rho X) reads. rho is
    `reads_per_molecule`. X is the relative PCR yield of the molecule: log-normal with mean 1, standard deviation of
    log X = `dispersion`. Yields differ because of chance in the first cycles (Kebschull & Zador 2015, Nucleic Acids Res
    43:e143). All templates have the same mean yield.

    Args:
        copies: molecules of each template in the tube, shape (templates,).
        capture: probability that a molecule is captured.
        reads_per_molecule: mean reads of a captured molecule (rho).
        dispersion: standard deviation of the log PCR yield of a molecule.
        rng: the stream of random numbers.

    Returns:
        The captured molecules and their reads.
    """
    template = np.repeat(np.arange(len(copies)), rng.binomial(copies, capture))
    yields = np.exp(rng.normal(-(dispersion**2) / 2, dispersion, len(template)))
    return Molecules(template, rng.poisson(reads_per_molecule * yields))


def add_umis(templates: Ragged, template: I64, length: int, rng: np.random.Generator) -> Ragged:
    """Copy the template of each molecule and add a random UMI before its 5' end.

    Args:
        templates: sequences of the templates.
        template: index of the template of each molecule, shape (molecules,).
        length: length of a UMI [nt].
        rng: the stream of random numbers.

    Returns:
        One sequence per molecule: its UMI, then its template.
    """
    umis = rng.integers(0, 4, (len(template), length)).astype(np.uint8)
    copies = templates.take(template)
    offsets = copies.offsets + np.arange(len(template) + 1) * length
    codes = np.empty(offsets[-1], dtype=np.uint8)
    umi_positions = (offsets[:-1, None] + np.arange(length)).ravel()
    is_template = np.ones(len(codes), dtype=np.bool_)
    is_template[umi_positions] = False
    codes[umi_positions] = umis.ravel()
    codes[is_template] = copies.codes
    return Ragged(codes, offsets)


def draw_polymerase_errors(
    lengths: I64, reads: I64, *, rate: float, cycles: int, rng: np.random.Generator
) -> Substitutions:
    """Draw the polymerase errors in reads; reads of one molecule share errors of the first PCR cycles.

    METHOD: at the start of cycle c (1, 2, ..), a molecule has become 2^(c-1) duplexes. Half of the strands after the
    cycle are new. An error in one new strand is
    in 2^-c of the copies (reasoning of Luria and Delbrueck, as Sun 1995, J Comput Biol 2:63, for PCR). The errors of
    later cycles are drawn for each read independently, at rate / 2 per base and cycle.

    Args:
        lengths: length of each molecule [nt], shape (molecules,).
        reads: number of reads of each molecule, shape (molecules,). Read indices count the reads of molecule 0 first,
            then the reads of molecule 1, and so on.
        rate: errors per base and doubling: about 1e-5 for proofreading polymerases, 1.5e-4 for Taq (Potapov & Ong
            2017, PLoS ONE 12:e0169774).
        cycles: number of PCR cycles.
        rng: the stream of random numbers.
    """
    first_read = np.cumsum(reads) - reads
    shared = [
        _draw_shared_errors(lengths, reads, first_read, rate=rate * 2.0 ** (cycle - 1), share=2.0**-cycle, rng=rng)
        for cycle in range(1, min(cycles, SHARED_ERROR_CYCLES) + 1)
    ]
    molecule_of_read = np.repeat(np.arange(len(reads)), reads)
    counts = rng.poisson(lengths[molecule_of_read] * rate / 2 * max(0, cycles - SHARED_ERROR_CYCLES))
    read = np.repeat(np.arange(len(molecule_of_read)), counts)
    independent = Substitutions(
        read, _draw_positions(lengths[molecule_of_read[read]], rng), _draw_shifts(len(read), rng)
    )
    errors = [*shared, independent]
    return Substitutions(
        np.concatenate([error.read for error in errors]),
        np.concatenate([error.position for error in errors]),
        np.concatenate([error.shift for error in errors]),
    )


def _draw_shared_errors(
    lengths: I64, reads: I64, first_read: I64, *, rate: float, share: float, rng: np.random.Generator
) -> Substitutions:
    """Draw the errors of one PCR cycle.

    Args:
        lengths: length of each molecule [nt], shape (molecules,).
        reads: number of reads of each molecule, shape (molecules,).
        first_read: index of the first read of each molecule, shape (molecules,).
        rate: mean number of errors per base of a molecule in this cycle.
        share: probability that a read of the molecule contains a given error.
        rng: the stream of random numbers.
    """
    molecule = np.repeat(np.arange(len(lengths)), rng.poisson(lengths * rate))
    position, shift = _draw_positions(lengths[molecule], rng), _draw_shifts(len(molecule), rng)
    error = np.repeat(np.arange(len(molecule)), reads[molecule])
    start = np.cumsum(reads[molecule]) - reads[molecule]
    read = first_read[molecule[error]] + np.arange(len(error)) - start[error]
    has_error = rng.random(len(error)) < share
    return Substitutions(read[has_error], position[error[has_error]], shift[error[has_error]])


def _draw_positions(lengths: I64, rng: np.random.Generator) -> I64:
    return (rng.random(len(lengths)) * lengths).astype(np.int64)


def _draw_shifts(count: int, rng: np.random.Generator) -> U8:
    return rng.integers(1, 4, count).astype(np.uint8)
