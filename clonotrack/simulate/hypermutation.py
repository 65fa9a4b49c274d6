"""Simulate somatic hypermutation of B-cell rearrangements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clonotrack.sequences import decode, encode, translate
from clonotrack.simulate.rearrangement import Rearrangement, is_productive


def hypermutate(rearrangement: Rearrangement, rate: float, rng: np.random.Generator) -> Rearrangement:
    """Substitute random bases of a rearrangement; return the hypermutated rearrangement.

    METHOD: every base mutates with the same probability, to each of the other three bases alike. There are no hot-spot
    motifs and no selection, with two exceptions: the anchor codons stay, and a productive rearrangement stays
    productive (a codon that became a stop codon is restored). Real hypermutation has hot spots (Yaari 2013, Front
    Immunol 4:358). The simplification is sufficient because annotation only has to find the segments.

    Args:
        rearrangement: the sequence before hypermutation.
        rate: probability that a base is substituted.
        rng: the stream of random numbers.
    """
    original = encode(rearrangement.sequence)
    mutated = original.copy()
    substituted = rng.random(len(original)) < rate
    for codon in (rearrangement.key_start, rearrangement.key_end - 3):
        substituted[codon : codon + 3] = False
    mutated[substituted] = (mutated[substituted] + rng.integers(1, 4, size=int(substituted.sum()))) % 4
    if rearrangement.productive:
        frame = rearrangement.key_start % 3
        for codon, amino_acid in enumerate(translate(decode(mutated[frame:]))):
            if amino_acid == "*":
                start = frame + 3 * codon
                mutated[start : start + 3] = original[start : start + 3]
    sequence = decode(mutated)
    complete = rearrangement.productive is not None
    return replace(
        rearrangement,
        sequence=sequence,
        productive=is_productive(sequence, rearrangement.key_start, rearrangement.key_end) if complete else None,
        mutations=rearrangement.mutations + int((mutated != original).sum()),
    )
