"""Columns of SEQUENCES from arrays."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.io.strings import strings
from clonotrack.sequence import DECODE, I64, U8, U64, Bool

PHRED_OFFSET = np.uint8(33)


def letters_of(codes: U8, starts: I64, ends: I64) -> pl.Series:
    """The bases from each start to its end, null where these are one."""
    first, last = _span(starts, ends)
    return _pieces(DECODE[codes[first:last]].tobytes().decode("ascii"), starts - first, ends - first)


def phred_of(scores: U8, starts: I64, ends: I64, scored: Bool) -> pl.Series:
    """Phred+33 qualities from each start to its end, null where there are none."""
    first, last = _span(starts, ends)
    text = (scores[first:last] + PHRED_OFFSET).tobytes().decode("ascii")
    return _pieces(text, starts - first, np.where(scored, ends, starts) - first)


def umis_of(umis: U64, lengths: I64) -> pl.Series:
    """UMIs of two bits a base as letters, null where they have none."""
    longest = int(lengths.max(initial=0))
    shifts = (2 * (lengths[:, None] - 1 - np.arange(longest))).clip(0).astype(np.uint64)
    letters = DECODE[((umis[:, None] >> shifts) & np.uint64(3)).astype(np.int64)].tobytes().decode("ascii")
    starts = np.arange(len(umis)) * longest
    return _pieces(letters, starts, starts + lengths)


def unique_names(letters: U8, offsets: I64) -> pl.Series:
    """Names, with the next free number behind one that stood before."""
    names = strings(letters, offsets)
    if names.n_unique() == len(names):
        return names
    taken = set(names)
    numbers: dict[str, int] = {}
    unique = []
    for name in names:
        new = name
        if name in numbers:
            while new in taken:
                numbers[name] += 1
                new = f"{name}.{numbers[name]}"
            taken.add(new)
        numbers.setdefault(name, 1)
        unique.append(new)
    return pl.Series(unique, dtype=pl.String)


def _span(starts: I64, ends: I64) -> tuple[int, int]:
    return (int(starts[0]), int(ends[-1])) if len(starts) else (0, 0)


def _pieces(text: str, starts: I64, ends: I64) -> pl.Series:
    pieces = [text[start:end] or None for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return pl.Series(pieces, dtype=pl.String)
