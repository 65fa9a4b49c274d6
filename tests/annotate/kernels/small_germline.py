"""Make a small germline of three loci, and random reads of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import strategies as st

from clonotrack.annotate.index import Index, build_index
from clonotrack.annotate.kernels.types import Limits
from clonotrack.germline import Kind, Reference, Segment
from clonotrack.sequences import reverse_complement
from tests.annotate.random_reads import mutate, random_bases

LIMITS = Limits(25, 12, 0.001, 0.2, 20)
# Lengths of the V [nt]; names of the D and J genes.
LENGTHS = {"IGH": 60, "TRB": 120, "TRD": 50}
D_GENES = {"IGH": ("1-1", "2-2"), "TRB": ("1", "2"), "TRD": ("1", "2", "3")}
J_GENES = {"IGH": ("1", "2"), "TRB": ("1-1", "2-1"), "TRD": ("1", "2")}


def segment(kind: Kind, locus: str, name: str, sequence: str, anchor: int | None = None) -> Segment:
    gene = f"{locus}{kind}{name}"
    return Segment(f"{gene}*01", gene, locus, (locus,), kind, sequence, anchor=anchor)


@cache
def small() -> Index:
    """Index three V (two similar, one with a gap), D of 8 to 16 nt and two J (one without anchor) of each locus.

    D have flanks of 30 nt.
    """
    rng, of_flanks = np.random.default_rng(1), np.random.default_rng(2)
    segments = []
    for locus, length in LENGTHS.items():
        first = random_bases(rng, length - 12) + "TGTGCA" + random_bases(rng, 6)
        like = mutate(rng, first, 0.05, frozenset(range(length - 12, length - 9)))
        other = like[:25] + like[28:40] + "N" + mutate(rng, like[41:], 0.1)
        for i, sequence in enumerate((first, like, other)):
            segments.append(segment("V", locus, str(i + 1), sequence, anchor=len(sequence) - 12))
        for name in D_GENES[locus]:
            d = segment("D", locus, name, random_bases(rng, int(rng.integers(8, 17))))
            flanks = random_bases(of_flanks, 30), random_bases(of_flanks, 30)
            segments.append(replace(d, flank_5=flanks[0], flank_3=flanks[1]))
        for name, anchor in zip(J_GENES[locus], (10, None if locus == "IGH" else 7), strict=True):
            sequence = random_bases(rng, 10) + "TTTGGC" + random_bases(rng, 40)
            segments.append(segment("J", locus, name, sequence, anchor=anchor))
    return build_index(Reference("small", tuple(segments), {}), tuple(LENGTHS))


def edited(rng: np.random.Generator, sequence: str) -> str:
    """Delete or replace a few bases of a sequence at a random position."""
    at, size = int(rng.integers(len(sequence))), int(rng.integers(1, 7))
    return sequence[:at] + (random_bases(rng, size) if rng.random() < 0.5 else "") + sequence[at + size :]


def recombined(rng: np.random.Generator, rate: float, gaps: int, *, junk: bool) -> str:
    """Join V, 0 to 2 D and J (of one locus unless `junk`), trimmed and mutated; sometimes another J follows."""
    index = small()
    locus = str(rng.choice(list(LENGTHS)))
    of = {
        kind: [s.sequence for s in group if s.locus == locus or junk]
        for kind, group in (("V", index.v), ("D", index.d), ("J", index.j))
    }
    v, j = (of[kind][rng.integers(len(of[kind]))] for kind in "VJ")
    read = v[rng.integers(15) : len(v) - rng.integers(7)]
    for _ in range(rng.integers(3)):
        d = of["D"][rng.integers(len(of["D"]))]
        read += random_bases(rng, int(rng.integers(6))) + d[rng.integers(3) : len(d) - rng.integers(3)]
    read += random_bases(rng, int(rng.integers(6))) + j[rng.integers(9) : len(j) - rng.integers(5)]
    if rng.random() < 0.2:
        read += random_bases(rng, int(rng.integers(20))) + of["J"][rng.integers(len(of["J"]))]
    read = mutate(rng, read, rate)
    for _ in range(gaps):
        read = edited(rng, read)
    for at in rng.integers(0, len(read), size=rng.integers(3)):
        read = read[:at] + "N" + read[at + 1 :]
    read = random_bases(rng, int(rng.integers(8))) + read + random_bases(rng, int(rng.integers(8)))
    return reverse_complement(read) if rng.random() < 0.5 else read


def fused(rng: np.random.Generator) -> str:
    """Join two rearrangements, each on its own strand, one of them cut."""
    one, other = (recombined(rng, 0.08, 0, junk=False) for _ in range(2))
    return one[rng.integers(len(one)) :] + other if rng.random() < 0.5 else one + other[: rng.integers(len(other))]


def incomplete(rng: np.random.Generator, rate: float) -> str:
    """Join D with (a part of) its flank or V of TRD, sometimes a D, and J or D with its flank; or make germline."""
    index = small()
    locus = str(rng.choice(list(LENGTHS)))
    ds = [d for d in index.d if d.locus == locus]
    first = int(rng.integers(len(ds)))
    d, last = ds[first], ds[-1]
    kept = d.flank_5[int(rng.choice([0, 10, 18, 26, 30])) :]
    read = kept + d.sequence[: len(d.sequence) - int(rng.choice([0, 0, 2, 4, 14]))]
    if rng.random() < 0.15:
        read = kept + d.sequence + d.flank_3[: rng.integers(31)]
    if locus == "TRD" and rng.random() < 0.4:
        v = [v.sequence for v in index.v if v.locus == "TRD"][rng.integers(3)]
        read = v[rng.integers(10) : len(v) - rng.integers(6)]
    read += random_bases(rng, int(rng.integers(6)))
    if rng.random() < 0.3:
        more = ds[rng.integers(len(ds))].sequence
        read += more + random_bases(rng, int(rng.integers(4)))
    if locus == "TRD" and rng.random() < 0.5:
        read += (last.sequence + last.flank_3)[int(rng.choice([0, 1, 3, 5, 20])) :]
        read = read[: len(read) - int(rng.choice([0, 0, 20, 26, 30]))]
    else:
        j = [j.sequence for j in index.j if j.locus == locus][rng.integers(2)]
        read += j[rng.integers(9) :]
    read = mutate(rng, read, rate)
    read = random_bases(rng, int(rng.choice([0, 0, 0, 3, 12]))) + read + random_bases(rng, int(rng.integers(8)))
    return reverse_complement(read) if rng.random() < 0.5 else read


@st.composite
def small_germline_reads(draw: st.DrawFn) -> list[str]:
    """Draw reads with few to many mutations; some are random bases or empty."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    reads = []
    for _ in range(draw(st.integers(1, 4))):
        rate, gaps = draw(st.sampled_from([0.0, 0.03, 0.12, 0.2])), draw(st.integers(0, 2))
        read = recombined(rng, rate, gaps, junk=draw(st.integers(0, 9)) == 0)
        reads.append(
            draw(st.sampled_from([read, read, read, fused(rng), read[40:], read[:60], random_bases(rng, 30), ""]))
        )
    return reads
