"""Make one independent stream of random numbers for every named part of a simulation."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

FIXED_SEED = 0
"""Seed of everything that is equal in all simulations: gene usage, primer positions, calibrators."""


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """Make the PCG64 generator of a seed and a name.

    A stream depends only on the seed and its name. Therefore a tube gives the same reads whatever else the simulation
    contains, in any order.

    Args:
        seed: seed of the simulation.
        names: parts of the name, such as ``("tube", sample_id)``.
    """
    words = np.frombuffer(sha256("/".join(names).encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=words.tolist())))
