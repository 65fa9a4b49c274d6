"""Simulate REARRANGEMENTS of known clonotypes, with sequencing errors."""

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
    """A clonotype to simulate: key region, reads and calls."""

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


def substituted(sequence: str, *positions: int) -> str:
    """Substitute the base at each position."""
    codes = encode(sequence)
    codes[list(positions)] = (codes[list(positions)] + 1) % 4
    return decode(codes)


def table(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Build REARRANGEMENTS from the columns of `rows`; the other columns are null."""
    frame = pl.DataFrame(rows, schema_overrides={k: v for k, v in REARRANGEMENTS.schema().items() if k in rows[0]})
    missing = [pl.lit(None, dtype=kind).alias(n) for n, kind in REARRANGEMENTS.schema().items() if n not in frame]
    return frame.with_columns(missing).select(REARRANGEMENTS.names)


def row(clone: Clone, sequence: str | None = None, reads: int | None = None, **more: object) -> dict[str, object]:
    """Build one row of a clone; `sequence` may have errors, its key region lies between `V_END` and `J_END`."""
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
    """Simulate the reads of all clones with `error_rate` substitutions per base; equal reads are deduplicated."""
    rows = []
    for clone in clones:
        codes = np.tile(encode(clone.sequence), (clone.reads, 1))
        wrong = random.random(codes.shape) < error_rate
        codes[wrong] = (codes[wrong] + random.integers(1, 4, wrong.sum(), dtype=np.uint8)) % 4
        counts = Counter(map(decode, codes))
        rows += [row(clone, sequence, reads) for sequence, reads in counts.items()]
    return table(rows)


def reads_by_key_region(clonotypes: pl.DataFrame) -> dict[str, int]:
    """Look up the reads of each clonotype by its key region."""
    return dict(clonotypes.select("key_region", "duplicate_count").iter_rows())
