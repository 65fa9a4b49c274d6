"""Somatic hypermutation of B-cell rearrangements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clonotrack.sequence import decode, encode, translate
from clonotrack.simulate.rearrangement import Rearrangement, is_productive


def hypermutate(rearrangement: Rearrangement, rate: float, rng: np.random.Generator) -> Rearrangement:
    """The rearrangement with substitutions at `rate` per base.

    METHOD: every base alike, every other base alike: no hot-spot motifs and no selection, but the anchor codons stay
    and what was productive stays so (codons that became a stop are put back). A simplification of what is known
    (Yaari 2013, Front Immunol 4:358), kept because annotation is only asked to find segments in spite of it.
    """
    original = encode(rearrangement.sequence)
    mutated = original.copy()
    hit = rng.random(len(original)) < rate
    for codon in (rearrangement.key_start, rearrangement.key_end - 3):
        hit[codon : codon + 3] = False
    mutated[hit] = (mutated[hit] + rng.integers(1, 4, size=int(hit.sum()))) % 4
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
