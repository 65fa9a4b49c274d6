"""Naive twin of clonotrack.raw_reads.kernels.fastx: names as strings."""


def disagreement(names_1, names_2):
    for i, (one, two) in enumerate(zip(names_1, names_2, strict=True)):
        numbered = one.endswith("/1") and two.endswith("/2") and one[:-2] == two[:-2]
        if one != two and not numbered:
            return i
    return -1
