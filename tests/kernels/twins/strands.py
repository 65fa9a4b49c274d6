"""Naive twin of clonotrack.kernels.arrays: strings and slices."""

COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}


def turned(reads, reverse):
    """(sequence, scores) of each read, turned where asked."""
    return [
        ("".join(COMPLEMENT[base] for base in text[::-1]), scores[::-1]) if turn else (text, scores)
        for (text, scores), turn in zip(reads, reverse, strict=True)
    ]
