"""Reads as text, and every target whose seed they contain as a candidate: the filters reject nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clonotrack.pgen.kernels import SEED_LENGTH
from clonotrack.sequences import I64, U8, encode
from clonotrack.track.kernels.seed_filter import (
    END_ROW,
    ENTRY_LENGTH,
    FIRST_ROW,
    VALUE,
    SeedIndex,
    seed_values,
)
from clonotrack.track.kernels.word_filter import TARGETS_PER_ROW


class ReadsWithCandidates(NamedTuple):
    text: U8
    starts: I64
    ends: I64
    candidates: I64


def as_text(reads: Sequence[str]) -> tuple[U8, I64, I64]:
    """The reads one after another: text, start and end of each."""
    lengths = np.array([len(read) for read in reads], dtype=np.int64)
    ends = np.cumsum(lengths)
    return np.frombuffer("".join(reads).encode(), dtype=np.uint8), ends - lengths, ends


def with_all_candidates(reads: Sequence[str], index: SeedIndex) -> ReadsWithCandidates:
    """The reads one after another, and each entry of the index whose seed occurs in them."""
    text, starts, ends = as_text(reads)
    used = index.entries[:, ENTRY_LENGTH] > 0
    entries = {
        int(slot[VALUE]): [
            row for row in range(TARGETS_PER_ROW * slot[FIRST_ROW], TARGETS_PER_ROW * slot[END_ROW]) if used[row]
        ]
        for slot in index.slots[index.slots[:, END_ROW] > 0]
    }
    candidates = [
        (read, position, entry)
        for position, value in enumerate(seed_values(encode("".join(reads))).tolist())
        for read in (int(np.searchsorted(ends, position, side="right")),)
        if position + SEED_LENGTH <= ends[read]
        for entry in entries.get(value, ())
    ]
    return ReadsWithCandidates(text, starts, ends, np.array(candidates, dtype=np.int64).reshape(-1, 3))
