"""REARRANGEMENTS of known truth: clonotypes, their reads, errors in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from clonotrack.sequences import decode, encode
from clonotrack.tables import REARRANGEMENTS

V_END = "GAGCTGAGCAGCCTGAGATCTGAGGACACGGCTGTGTATTAC"
J_END = "GGCCAGGGAACCCTGGTCACCGTCTCCTCAG"


@dataclass(frozen=True)
class Clone:
    """A clonotype: key region, reads and calls."""

    key_region: str
    reads: int
    v_call: str | None = "IGHV1-2*02"
    j_call: str | None = "IGHJ4*02"
    locus: str = "IGH"

    @property
    def sequence(self) -> str:
        return V_END + self.key_region + J_END


def random_region(random: np.random.Generator, length: int = 48) -> str:
    return "TGTGCG" + decode(random.integers(0, 4, length - 9, dtype=np.uint8)) + "TGG"


def substituted(sequence: str, *places: int) -> str:
    """The sequence with another base at each place."""
    codes = encode(sequence)
    codes[list(places)] = (codes[list(places)] + 1) % 4
    return decode(codes)


def table(rows: list[dict[str, object]]) -> pl.DataFrame:
    """REARRANGEMENTS with the columns that are given; what is missing is null."""
    frame = pl.DataFrame(rows, schema_overrides={k: v for k, v in REARRANGEMENTS.schema().items() if k in rows[0]})
    missing = [pl.lit(None, dtype=kind).alias(n) for n, kind in REARRANGEMENTS.schema().items() if n not in frame]
    return frame.with_columns(missing).select(REARRANGEMENTS.names)


def row(clone: Clone, sequence: str | None = None, reads: int | None = None, **more: object) -> dict[str, object]:
    """One row of a clone; `sequence` may carry errors, its key region is cut out at the clone's place."""
    sequence = sequence or clone.sequence
    region = sequence[len(V_END) : len(sequence) - len(J_END)]
    return {
        "sequence_id": f"{sequence}{clone.v_call}{clone.locus}",
        "sequence": sequence,
        "rev_comp": False,
        "v_call": clone.v_call,
        "j_call": clone.j_call,
        "locus": clone.locus,
        "system": clone.locus,
        "junction": region,
        "key_region": region,
        "key_region_start": len(V_END) + 1,
        "duplicate_count": clone.reads if reads is None else reads,
    } | more


def sequenced(clones: list[Clone], random: np.random.Generator, *, error_rate: float) -> pl.DataFrame:
    """Every read of every clone with substitutions at `error_rate` per base, equal reads collapsed.

    The clone that a row was read from stands in `truth` (not a column of REARRANGEMENTS).
    """
    rows = []
    for clone in clones:
        codes = np.tile(encode(clone.sequence), (clone.reads, 1))
        wrong = random.random(codes.shape) < error_rate
        codes[wrong] = (codes[wrong] + random.integers(1, 4, wrong.sum(), dtype=np.uint8)) % 4
        seen = Counter(map(decode, codes))
        rows += [row(clone, sequence, reads) for sequence, reads in seen.items()]
    return table(rows)
