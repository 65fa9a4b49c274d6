"""What reads are compared with: both strands of every target, and what a read of each may lack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clonotrack.kernels.credit import CONTROL, OWN
from clonotrack.kernels.placing import I8, Probes
from clonotrack.kernels.sieve import PIECE
from clonotrack.sequence import I64, Ragged, reverse_complement
from clonotrack.track.targets import Target


def probes_of(targets: Sequence[Target], starts: Sequence[I64], subject_id: str | None) -> Probes:
    """The probes of all targets.

    Args:
        targets: what is looked for.
        starts: first bases of the pieces of each.
        subject_id: the patient of the sample, None for a control sample.
    """
    strands = Ragged.from_strings([s for t in targets for s in (t.part, reverse_complement(t.part))])
    cut_right, cut_left = _cuts(targets, starts, strands.offsets)
    stems = [(t.stem, len(t.part)) if t.stem is not None else (0, 0) for t in targets]
    return Probes(
        codes=strands.codes,
        offsets=strands.offsets,
        edits=_array([target.edits for target in targets]),
        cut_right=cut_right,
        cut_left=cut_left,
        group=groups_of(targets, subject_id),
        apart=_array([max(target.apart, target.edits + 1) for target in targets]),
        far=_array([target.far for target in targets]),
        stem_start=_array([bound for start, _ in stems for bound in (start, 0)]),
        stem_end=_array([bound for start, end in stems for bound in (end, end - start)]),
        stem_edits=_array([target.stem_edits for target in targets]),
    )


def groups_of(targets: Sequence[Target], subject_id: str | None) -> I64:
    """Whose each target is, in the numbers of `clonotrack.kernels.credit`."""
    numbers: dict[str | None, int] = {} if subject_id is None else {subject_id: OWN}
    others = OWN + 1 - len(numbers)
    group = [
        CONTROL if target.kind == "control" else numbers.setdefault(target.subject_id, others + len(numbers))
        for target in targets
    ]
    return _array(group)


def _cuts(targets: Sequence[Target], starts: Sequence[I64], offsets: I64) -> tuple[I8, I8]:
    """The tables `cut_right` and `cut_left` of all probes."""
    right, left = np.full((2, int(offsets[-1]) + 2 * len(targets)), -1, dtype=np.int8)
    begin = offsets[:-1] + np.arange(2 * len(targets))
    for table in (right, left):
        table[begin + np.diff(offsets)] = np.repeat([target.edits for target in targets], 2)
    for number, (target, first) in enumerate(zip(targets, starts, strict=True)):
        if target.least_head is not None or target.least_tail is not None:
            head, tail = _allowed(target, first)
            for probe, tables in ((2 * number, (head, tail)), (2 * number + 1, (tail, head))):
                here = slice(begin[probe], begin[probe] + len(head))
                right[here], left[here] = tables
    return right, left


def _allowed(target: Target, starts: I64) -> tuple[I64, I64]:
    """Edits that a read may have which holds the first m bases of a target and ends, and the last m and begins.

    One less than the pieces in them, -1 where they are too few bases: shape (length + 1,), each.
    """
    size = len(target.part)
    bases = np.arange(size + 1)
    first = np.searchsorted(starts + PIECE, bases, side="right") - 1
    last = np.searchsorted(np.sort(size - starts), bases, side="right") - 1
    tables = []
    for pieces, least in ((first, target.least_head), (last, target.least_tail)):
        table = np.minimum(pieces, target.edits)
        table[: size if least is None else least] = -1
        table[size] = target.edits
        tables.append(table)
    return tables[0], tables[1]


def _array(values: Sequence[int]) -> I64:
    return np.array(values, dtype=np.int64)
