"""Make one independent stream of random numbers for every named part of a simulation."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

FIXED_SEED = 0
"""Seed of the parts that are equal in all simulations: gene usage, primer positions, calibrators."""


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """Make the random number generator (PCG64) of a named part of a simulation.

    The numbers depend only on the seed and the name. Therefore the reads of a tube do not change if other tubes are
    added, removed or reordered.

    Args:
        seed: seed of the simulation.
        names: words of the name, such as ``"tube", sample_id``.
    """
    words = np.frombuffer(sha256("/".join(names).encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=words.tolist())))
