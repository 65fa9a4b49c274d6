"""Pieces of targets in reads, every stretch looked at."""


def sift(reads, pieces, length=13):
    """(read, place, stretch) of every stretch of each read that is one of `pieces`."""
    return [
        (number, place, read[place : place + length])
        for number, read in enumerate(reads)
        for place in range(len(read) - length + 1)
        if read[place : place + length] in pieces
    ]
