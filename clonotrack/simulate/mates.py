"""Both ends of fragments, as a sequencer reads them in pairs."""

from __future__ import annotations

import numpy as np

from clonotrack.sequence import COMPLEMENT, I64, Bool, Ragged, encode

ADAPTERS = (encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"), encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"))
"""What mates 1 and 2 read behind a fragment that is shorter than they are (Illumina TruSeq), and then G only."""
_DARK = encode("G")[0]


def ends(fragments: Ragged, reverse: Bool, length: int, mate: int) -> Ragged:
    """The first `length` bases of each fragment from one of its ends.

    Args:
        fragments: whole ones.
        reverse: whether mate 1 begins at the fragment's 3' end.
        length: bases of every mate.
        mate: 0 or 1.
    """
    behind = np.full(length, _DARK, dtype=np.uint8)
    adapter = ADAPTERS[mate][:length]
    behind[: len(adapter)] = adapter
    place = np.arange(length)
    lengths, starts = fragments.lengths[:, None], fragments.offsets[:-1, None]
    turned = (reverse if mate == 0 else ~reverse)[:, None]
    inside = place < lengths
    source = starts + np.where(turned, lengths - 1 - place, place)
    bases = fragments.codes[np.where(inside, source, 0)]
    bases = np.where(turned, COMPLEMENT[bases], bases)
    codes = np.where(inside, bases, behind[np.maximum(place - lengths, 0)]).astype(np.uint8)
    return Ragged(codes.ravel(), np.arange(len(fragments) + 1, dtype=np.int64) * length)


def with_umis(templates: Ragged, template: I64, length: int, rng: np.random.Generator) -> Ragged:
    """A copy of its template for each molecule, with a random UMI at its 5' end.

    Args:
        templates: what there are molecules of.
        template: of each molecule.
        length: bases of a UMI.
        rng: the stream.
    """
    umis = rng.integers(0, 4, (len(template), length)).astype(np.uint8)
    copies = templates.take(template)
    offsets = copies.offsets + np.arange(len(template) + 1) * length
    codes = np.empty(offsets[-1], dtype=np.uint8)
    place = (offsets[:-1, None] + np.arange(length)).ravel()
    rest = np.ones(len(codes), dtype=np.bool_)
    rest[place] = False
    codes[place] = umis.ravel()
    codes[rest] = copies.codes
    return Ragged(codes, offsets)
