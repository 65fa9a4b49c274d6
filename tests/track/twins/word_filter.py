"""Fewest edits of a target beside a stretch of it that stands in the read unchanged, from the definition."""


def edits(part: str, read: str) -> int:
    """Edit distance of all of `part` to the nearest begin of `read`."""
    row = list(range(len(read) + 1))
    for i, base in enumerate(part, start=1):
        before, row = row, [i]
        for j, letter in enumerate(read, start=1):
            row.append(min(before[j - 1] + (base != letter), before[j] + 1, row[j - 1] + 1))
    return min(row)


def plausible(read, begin, part, low, high, most):
    """Whether the rest of `part` is within so many edits of the read around its stretch ``part[low:high]``."""
    left = edits(part[:low][::-1], read[: begin + low][::-1])
    return left + edits(part[high:], read[begin + high :]) <= most
