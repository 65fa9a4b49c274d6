"""Reads of molecules with UMIs, of known number; shared with benchmarks/molecules.py."""

from __future__ import annotations

import numpy as np

from clonotrack.sequences import U64


def sequenced(
    number: int, length: int, depth: float, sd: float, seed: int, *, error_rate: float = 0.01
) -> tuple[U64, int]:
    """UMI of each read of `number` molecules, and how many of these were read."""
    random = np.random.default_rng(seed)
    umis = random.integers(0, 4**length, number).astype(np.uint64)
    reads = random.poisson(depth * np.exp(random.normal(-(sd**2) / 2, sd, number)))
    seen = np.repeat(umis, reads)
    for place in range(length):
        wrong = random.random(len(seen)) < error_rate
        seen[wrong] ^= random.integers(1, 4, wrong.sum()).astype(np.uint64) << np.uint64(2 * place)
    return seen, int((reads > 0).sum())
