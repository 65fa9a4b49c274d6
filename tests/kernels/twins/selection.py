"""Naive twin of clonotrack.kernels.arrays."""

from itertools import compress


def select(rows, keep):
    """Rows where `keep` is set."""
    return list(compress(rows, keep))


def scatter(rows, chosen, places, size):
    """Text of `size` dots with each chosen row at its place."""
    text = ["."] * size
    for row, place in zip(chosen, places, strict=True):
        text[place : place + len(rows[row])] = rows[row]
    return "".join(text)
