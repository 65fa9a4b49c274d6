"""Expected errors, read by read."""


def expected_errors(reads):
    """Sum of 10^(-Q/10) of each list of Phred scores."""
    return [sum(10 ** (-score / 10) for score in read) for read in reads]
