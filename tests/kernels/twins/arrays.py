"""Naive twins of `clonotrack.kernels.arrays`, on strings and lists."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}


def select_rows(rows, keep):
    """Rows where `keep` is set."""
    return list(compress(rows, keep))


def scatter_rows(rows, chosen, positions, size):
    """Text of `size` dots with each chosen row at its position."""
    text = ["."] * size
    for row, position in zip(chosen, positions, strict=True):
        text[position : position + len(rows[row])] = rows[row]
    return "".join(text)


def stable_order(keys: Sequence[int]) -> list[int]:
    """Python's own sort, which is stable."""
    return sorted(range(len(keys)), key=keys.__getitem__)


def reverse_complement_rows(reads, reverse):
    """(sequence, scores) of each read, reverse-complemented if `reverse` is set."""
    return [
        ("".join(COMPLEMENT[base] for base in text[::-1]), scores[::-1]) if is_reverse else (text, scores)
        for (text, scores), is_reverse in zip(reads, reverse, strict=True)
    ]


def mismatches(left: str, right: str) -> int:
    return sum(a != b or a == "N" for a, b in zip(left, right, strict=True))
