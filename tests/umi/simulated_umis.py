"""Simulate UMIs of reads from a known number of molecules; benchmarks/molecules.py uses it, too."""

from __future__ import annotations

import numpy as np

from clonotrack.sequences import U64


def simulate_umis(
    number: int, length: int, depth: float, sd: float, seed: int, *, error_rate: float = 0.01
) -> tuple[U64, int]:
    """Simulate the UMI of each read of `number` molecules; return them and the molecules with at least one read.

    Args:
        number: molecules.
        length: of a UMI [nt].
        depth: mean reads of a molecule.
        sd: standard deviation of the log yield of a molecule.
        seed: of the random numbers.
        error_rate: substitutions per base of a UMI.
    """
    random = np.random.default_rng(seed)
    umis = random.integers(0, 4**length, number).astype(np.uint64)
    reads = random.poisson(depth * np.exp(random.normal(-(sd**2) / 2, sd, number)))
    read_umis = np.repeat(umis, reads)
    for position in range(length):
        wrong = random.random(len(read_umis)) < error_rate
        read_umis[wrong] ^= random.integers(1, 4, wrong.sum()).astype(np.uint64) << np.uint64(2 * position)
    return read_umis, int((reads > 0).sum())
