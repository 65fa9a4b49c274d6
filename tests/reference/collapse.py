"""Equal sequences, with a dictionary."""


def collapse(reads):
    """Distinct sequences of (sequence, scores or None) pairs: sequence, first index, copies, best scores."""
    rows = {}
    for index, (sequence, scores) in enumerate(reads):
        row = rows.setdefault(sequence, [index, 0, None])
        row[1] += 1
        if scores is not None:
            row[2] = list(scores) if row[2] is None else [max(pair) for pair in zip(row[2], scores, strict=True)]
    return [(sequence, *row) for sequence, row in rows.items()]
