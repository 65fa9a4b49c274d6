"""Random numbers: one independent stream for every named part of a simulation.

A stream depends on the seed and its own name only, so that a tube holds the same reads whatever else is made
beside it, and in whatever order.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np

FIXED = 0  # seed of what no simulation varies: gene usage, primer positions, calibrators


def stream(seed: int, *names: str) -> np.random.Generator:
    """The PCG64 generator of this seed and name."""
    words = np.frombuffer(sha256("/".join(names).encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=words.tolist())))
