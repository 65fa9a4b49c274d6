"""Naive twins of clonotrack.reads.kernels.dedup: lists and Python's integers."""


def deduplicate(reads):
    """Distinct sequences of (sequence, scores or None) pairs: sequence, first index, copies, best scores."""
    rows = {}
    for index, (sequence, scores) in enumerate(reads):
        row = rows.setdefault(sequence, [index, 0, None])
        row[1] += 1
        if scores is not None:
            row[2] = list(scores) if row[2] is None else [max(pair) for pair in zip(row[2], scores, strict=True)]
    return [(sequence, *row) for sequence, row in rows.items()]


def assign(rows, batch):
    """The rows with what the batch adds to them, and the row of each fragment of the batch."""
    rows = list(dict.fromkeys([*rows, *batch]))
    return rows, [rows.index(sequence) for sequence in batch]


def raise_quality(best, batch, assigned):
    """The best score at every base: of each row before, and of the batch's copies of it."""
    found = []
    for row, scores in enumerate(best):
        copies = [copy for copy, group in zip(batch, assigned, strict=True) if group == row]
        found.append([max(column) for column in zip(scores, *copies, strict=True)])
    return found


def fill_hash_table(size, hashes):
    """Each row in the first free slot from its hash on, around the end; -1 where there is none."""
    slots = [-1] * size
    for row, key in enumerate(hashes):
        slots[next(at % size for at in range(key % size, key % size + size) if slots[at % size] < 0)] = row
    return slots


def concatenate_rows(one, two):
    return [left + right for left, right in zip(one, two, strict=True)]


def unpack(rows, lengths):
    """Bases of rows of words of 21 bases, the last of a word in its lowest three bits."""
    return [
        [int(digit) for i, word in enumerate(words) for digit in oct(word)[2:].zfill(21)[-min(21, length - 21 * i) :]]
        for words, length in zip(rows, lengths, strict=True)
    ]
