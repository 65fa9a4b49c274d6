"""Naive twin of clonotrack.kernels.selection."""

from itertools import compress


def select(rows, keep):
    """Rows where `keep` is set."""
    return list(compress(rows, keep))
