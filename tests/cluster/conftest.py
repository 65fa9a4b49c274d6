"""Simulated samples that several tests use."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.cluster.simulated_rearrangements import Clone, random_region, sequenced, substituted


@pytest.fixture(scope="session")
def baseline() -> tuple[list[Clone], pl.DataFrame]:
    """Simulate a dominant clone, its sister one base away with half the reads, and 200 others.

    Sequencing errors are 0.3 % a base; early PCR errors make four copies of the dominant clone of 0.1 to 1 %.
    """
    random = np.random.default_rng(2024)
    dominant = random_region(random, 54)
    clones = [Clone(dominant, 20_000), Clone(substituted(dominant, 25), 10_000)]
    clones += [Clone(random_region(random, 30 + 3 * int(random.integers(0, 11))), 20 + i) for i in range(200)]
    early = [Clone(substituted(dominant, place), reads) for place, reads in ((8, 200), (15, 100), (40, 50), (33, 20))]
    rows = sequenced([*clones, *early], random, error_rate=0.003)
    return [Clone(dominant, 20_370), *clones[1:]], rows
