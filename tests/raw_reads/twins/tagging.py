"""Naive twins of clonotrack.raw_reads.kernels.umi: strings and sets of letters."""


def read_umis(reads, allowed, is_umi, groups, limits):
    """(UMI as letters or None) of each read; `allowed` has a string of letters for each position."""
    found = []
    for read in reads:
        wrong = dict.fromkeys(groups, 0)
        for letter, letters, group in zip(read, allowed, groups, strict=False):
            wrong[group] += letter not in letters
        fits = len(read) >= len(allowed) and all(count <= limits[group] for group, count in wrong.items())
        found.append("".join(b for b, wanted in zip(read, is_umi, strict=False) if wanted) if fits else None)
    return found
