"""Naive twins of clonotrack.raw_reads.kernels.quality: expected errors, read by read."""


def expected_error_bound(letters):
    """Thousandths of an error that a read of these quality letters has at most, None where one is no quality."""
    if any(not 33 <= letter <= 126 for letter in letters):
        return None
    return sum((1000, 100, 10, 1)[min((letter - 33) // 10, 3)] for letter in letters)


def expected_errors(reads):
    """Sum of 10^(-Q/10) of each list of Phred scores."""
    return [sum(10 ** (-score / 10) for score in read) for read in reads]


def exceed_error_rate(reads, limit):
    """Whether each list of Phred scores expects more errors per base than `limit`."""
    return [errors > limit * len(read) for errors, read in zip(expected_errors(reads), reads, strict=True)]
