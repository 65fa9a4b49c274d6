"""Naive twin of clonotrack.raw_reads.kernels.primers: every primer at every position, the best by sorting."""


def find_primers(reads, primers, allowed, reach):
    """(primer or -1, end) of each read; a primer is a list of strings of letters, one for each base."""
    found = []
    for read in reads:
        fits = []
        for number, primer in enumerate(primers):
            for shift in range(reach + 1):
                piece = read[shift : shift + len(primer)]
                mismatches = sum(base not in letters for base, letters in zip(piece, primer, strict=False))
                if len(piece) == len(primer) and mismatches <= allowed[number]:
                    fits.append((mismatches, -len(primer), shift, number, shift + len(primer)))
        found.append(min(fits)[3:] if fits else (-1, 0))
    return found
