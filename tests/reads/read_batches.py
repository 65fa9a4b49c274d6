"""Batches of reads in memory."""

import numpy as np

from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.sequences import Ragged


def batch(reads, names=None):
    """A batch of (sequence, scores or None) pairs: all of them with scores, or none."""
    names = [f"r{i}" for i in range(len(reads))] if names is None else names
    scores = [row for _, row in reads]
    read_batch = ReadBatch.from_arrays(
        Ragged.from_strings([sequence for sequence, _ in reads]),
        None if None in scores else np.array([score for row in scores for score in row], dtype=np.uint8),
        np.frombuffer("".join(names).encode(), dtype=np.uint8),
        np.cumsum([0, *map(len, names)]),
        1,
    )
    return FragmentBatch(read_batch)
