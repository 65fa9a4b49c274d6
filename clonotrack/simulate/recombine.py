"""One rearranged sequence and what is true of it.

Random lengths of what is cut off and put in between, by the numbers of `clonotrack.germline.recombination_stats`.

V(D)J recombination: random rearrangements from the segments one person carries.

METHOD: segments are chosen independently, then each end is trimmed and nucleotides are inserted: the generative
model of Murugan 2012 (PNAS 109:16161) without its dependences. Gene usage is log-normal, a fixed weight for each
gene name: uneven as in people, but no claim about which gene is frequent.

Somatic hypermutation of B-cell rearrangements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import numpy as np

from clonotrack.errors import GermlineError
from clonotrack.germline import KINDS, Kind, Reference, Segment
from clonotrack.germline.recombination_stats import (
    DISPERSION,
    INSERTED_BASES,
    JUNCTIONS,
    PALINDROME_SHARES,
    JunctionModel,
)
from clonotrack.sequences import F64, I64, decode, encode, reverse_complement, translate
from clonotrack.simulate.random_streams import FIXED, stream

ANCHORLESS_KEY = 10  # nt of a segment without anchor that belong to the key region
KDE_PRIMER_END = 132  # nt of Kde that reads of the usual multiplex primers reach
PRIMER_DISTANCE = (80, 131)  # nt of V before Cys104 that FR3 primers leave, half-open


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """A rearrangement from the start of its V to the end of its J, on the coding strand; positions 0-based, half-open.

    Attributes:
        locus: of the J.
        system: the locus, or ``IGK+`` with Kde.
        v_call: allele; so d_call (None without a D) and j_call.
        sequence: the whole of it.
        v_end: end of the V's own bases.
        j_start: start of the J's own bases.
        key_start: start of the key region, the codon of Cys104 where V has an anchor.
        key_end: end of the key region, the codon of Phe/Trp118 where J has an anchor.
        productive: in frame without a stop codon; None where an anchor is missing.
        inserted: N and P nt.
        mutations: hypermutated bases.
    """

    locus: str
    system: str
    v_call: str
    d_call: str | None
    j_call: str
    sequence: str
    v_end: int
    j_start: int
    key_start: int
    key_end: int
    productive: bool | None
    inserted: int
    mutations: int = 0

    @property
    def key_region(self) -> str:
        """What tells clones apart."""
        return self.sequence[self.key_start : self.key_end]

    @property
    def junction(self) -> str | None:
        """From Cys104 to Phe/Trp118, where both are there."""
        return None if self.productive is None else self.key_region

    @property
    def clone_id(self) -> str:
        """The name that every stage gives this clone: a digest of locus and key region."""
        return sha256(f"{self.locus}:{self.key_region}".encode()).hexdigest()[:16]

    def amplicon_start(self, length: int | None = None) -> int:
        """Where a read begins: at the V's FR3 primer, or so that it has `length` nt."""
        if length is not None:
            return max(0, len(self.sequence) - length)
        return max(0, self.key_start - primer_distance(self.v_call.split("*")[0]))

    def amplicon(self, length: int | None = None) -> str:
        """What is amplified, from the primer in V to the end of J."""
        return self.sequence[self.amplicon_start(length) :]


def join(
    v: Segment, d: Segment | None, j: Segment, locus: str, pieces: tuple[str, str, str, str, str]
) -> Rearrangement:
    """Put the pieces together.

    Args:
        v: the allele of the first piece; `d` and `j` of the third and the last.
        d: None without a D, then its piece is "".
        j: a J, or Kde.
        locus: of the rearrangement; a TRAV/DV gene serves two.
        pieces: V as trimmed, inserted, D as trimmed, inserted, J as trimmed.
    """
    v_piece, n1, d_piece, n2, j_piece = pieces
    if j.anchor is None:
        j_piece = j_piece[: KDE_PRIMER_END - (len(j.sequence) - len(j_piece))]
    sequence = v_piece + n1 + d_piece + n2 + j_piece
    j_start = len(sequence) - len(j_piece)
    complete = v.anchor is not None and j.anchor is not None
    key_start = v.anchor if v.anchor is not None else len(v_piece) - ANCHORLESS_KEY
    trimmed = len(j.sequence) - len(j_piece)
    key_end = j_start + (j.anchor - trimmed + 3 if j.anchor is not None else ANCHORLESS_KEY)
    return Rearrangement(
        locus=locus,
        system=locus if complete else f"{locus}+",
        v_call=v.allele,
        d_call=d.allele if d is not None and d_piece else None,
        j_call=j.allele,
        sequence=sequence,
        v_end=len(v_piece),
        j_start=j_start,
        key_start=key_start,
        key_end=key_end,
        productive=is_productive(sequence, key_start, key_end) if complete else None,
        inserted=len(n1) + len(n2),
    )


def is_productive(sequence: str, key_start: int, key_end: int) -> bool:
    """Whether V and J are in one frame, without a stop codon."""
    return (key_end - key_start) % 3 == 0 and "*" not in translate(sequence[key_start % 3 :])


def hairpin_3(piece: str, length: int) -> str:
    """Palindromic nt after a piece: the complement of its last `length` nt, or of all it has."""
    return reverse_complement(piece[max(0, len(piece) - length) :])


def hairpin_5(piece: str, length: int) -> str:
    """Palindromic nt before a piece: the complement of its first `length` nt."""
    return reverse_complement(piece[:length])


@cache
def primer_distance(gene: str) -> int:
    """Nt of V before Cys104 in reads of this gene: one primer site per gene, 80 to 130 nt away."""
    return int(stream(FIXED, "primer", gene).integers(*PRIMER_DISTANCE))


def lengths(mean: float, count: int, rng: np.random.Generator) -> I64:
    """Trimmed or inserted lengths [nt], shape (count,)."""
    drawn: I64 = rng.negative_binomial(DISPERSION, DISPERSION / (DISPERSION + mean), count)
    return drawn


def palindromes(trimmed: I64, rng: np.random.Generator) -> I64:
    """Palindromic nt at ends of which `trimmed` nt were cut; none where any was."""
    drawn = rng.choice(len(PALINDROME_SHARES), size=len(trimmed), p=PALINDROME_SHARES)
    return np.where(trimmed == 0, drawn, 0)


__all__ = ["INSERTED_BASES", "JUNCTIONS", "JunctionModel", "lengths", "palindromes"]


USAGE_SD = 1.0  # of the log weight of a gene
ALLELES_PER_GENE = 2
_ATTEMPTS = 200  # batches in which nothing acceptable was drawn, before giving up
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Choices:
    """Segments to choose from, and how often each is chosen; shape (n,)."""

    segments: tuple[Segment, ...]
    weights: F64

    def draw(self, count: int, rng: np.random.Generator) -> I64:
        """Indices of chosen segments."""
        return rng.choice(len(self.segments), size=count, p=self.weights)

    def only(self, gene: str) -> Choices:
        """The alleles of one gene, or the one allele of this name.

        Raises:
            GermlineError: there is none among these.
        """
        kept = [i for i, segment in enumerate(self.segments) if gene in (segment.gene, segment.allele)]
        if not kept:
            raise GermlineError(f"{gene} is no functional gene of this locus in the reference: choose another")
        return Choices(tuple(self.segments[i] for i in kept), self.weights[kept] / self.weights[kept].sum())


@dataclass(frozen=True, slots=True)
class Germline:
    """What one person can rearrange at one locus; `d` is None where the locus has no D."""

    locus: str
    v: Choices
    d: Choices | None
    j: Choices


def inherit(reference: Reference, locus: str, rng: np.random.Generator) -> Germline:
    """A person's segments of one locus: functional genes with anchors, one or two alleles of each.

    Raises:
        GermlineError: the reference has no functional V or no J of the locus.
    """
    v, d, j = (_inherited(reference, kind, locus, rng) for kind in KINDS)
    if v is None or j is None:
        raise GermlineError(
            f"the reference {reference.name} has no functional V and J of {locus}: choose another locus"
        )
    return Germline(locus, v, d, j)


def _inherited(reference: Reference, kind: Kind, locus: str, rng: np.random.Generator) -> Choices | None:
    genes: dict[str, list[Segment]] = defaultdict(list)
    for segment in reference.select(kind, locus):
        if segment.functionality in ("F", "") and (kind == "D" or segment.anchor is not None):
            genes[segment.gene].append(segment)
    carried: list[Segment] = []
    weights: list[float] = []
    for gene, alleles in genes.items():
        usage = np.exp(stream(FIXED, "usage", locus, gene).normal(0.0, USAGE_SD))
        chosen = sorted(set(rng.integers(len(alleles), size=ALLELES_PER_GENE).tolist()))
        carried += [alleles[i] for i in chosen]
        weights += [usage / len(chosen)] * len(chosen)
    total = np.array(weights)
    return Choices(tuple(carried), total / total.sum()) if carried else None


def draw(
    germline: Germline,
    count: int,
    rng: np.random.Generator,
    *,
    productive: bool | None = None,
    min_inserted: int = 0,
) -> list[Rearrangement]:
    """Random rearrangements.

    Args:
        germline: what can be rearranged.
        count: how many.
        rng: the stream.
        productive: keep only productive (True) or unproductive (False) ones; None keeps the mixture.
        min_inserted: keep those with at least this many N and P nt.

    Raises:
        GermlineError: hardly any draw meets the demands.
    """
    kept: list[Rearrangement] = []
    idle = 0
    while len(kept) < count:
        size = max(_BATCH, count - len(kept))
        drawn = _batch(germline, size, rng, in_frame=productive is True)
        fit = [r for r in drawn if productive in (None, r.productive) and r.inserted >= min_inserted]
        kept += fit
        idle = 0 if fit else idle + 1
        if idle > _ATTEMPTS:
            raise GermlineError(
                f"no {germline.locus} rearrangement with {min_inserted} inserted nt was found: ask for fewer"
            )
    return kept[:count]


def _batch(germline: Germline, size: int, rng: np.random.Generator, *, in_frame: bool) -> Iterator[Rearrangement]:
    """Rearrangements; with `in_frame` those out of frame are drawn but not made, which is cheaper."""
    model = JUNCTIONS[germline.locus]
    v = germline.v.draw(size, rng)
    j = germline.j.draw(size, rng)
    d = germline.d.draw(size, rng) if germline.d else None
    v_trim, j_trim, d5, d3 = (lengths(m, size, rng) for m in (model.v_trim, model.j_trim, model.d5_trim, model.d3_trim))
    hairpins = [palindromes(trim, rng) for trim in (v_trim, d5, d3, j_trim)]
    n1 = _inserted(lengths(model.n1, size, rng), rng)
    n2 = _inserted(lengths(model.n2, size, rng), rng)
    for i in range(size):
        v_segment, j_segment = germline.v.segments[v[i]], germline.j.segments[j[i]]
        d_segment = _reachable(germline.d, int(d[i]), j_segment) if germline.d and d is not None else None
        v_piece = _trim_3(v_segment, int(v_trim[i]))
        j_piece = _trim_5(j_segment, int(j_trim[i]))
        d_piece = d_segment.sequence[d5[i] : max(0, len(d_segment.sequence) - d3[i])] if d_segment else ""
        p_v, p_d5, p_d3, p_j = (int(hairpin[i]) for hairpin in hairpins)
        before = hairpin_3(v_piece, p_v) + n1[i] + hairpin_5(d_piece, p_d5)
        after = hairpin_3(d_piece, p_d3) + n2[i] + hairpin_5(j_piece, p_j)
        pieces = (v_piece, before, d_piece, after, j_piece)
        if in_frame and (sum(map(len, pieces)) - _outside(v_segment, j_segment)) % 3:
            continue
        yield join(v_segment, d_segment, j_segment, germline.locus, pieces)


def _inserted(counts: I64, rng: np.random.Generator) -> list[str]:
    """Random strings of the given lengths."""
    letters = decode(rng.choice(4, size=int(counts.sum()), p=INSERTED_BASES).astype(np.uint8))
    ends = np.cumsum(counts).tolist()
    return [letters[end - count : end] for end, count in zip(ends, counts.tolist(), strict=True)]


def _trim_3(segment: Segment, nt: int) -> str:
    """V without its last `nt` bases, Cys104 kept where there is one."""
    least = segment.anchor + 3 if segment.anchor is not None else len(segment.sequence) // 2
    return segment.sequence[: max(least, len(segment.sequence) - nt)]


def _trim_5(segment: Segment, nt: int) -> str:
    """J without its first `nt` bases, Phe/Trp118 kept where there is one."""
    most = segment.anchor if segment.anchor is not None else len(segment.sequence) // 4
    return segment.sequence[min(most, nt) :]


def _outside(v: Segment, j: Segment) -> int:
    """Nt of V before and of J after the junction, where both have anchors."""
    return (v.anchor or 0) + len(j.sequence) - (j.anchor or 0) - 3


def _reachable(choices: Choices, index: int, j: Segment) -> Segment:
    """The D drawn, unless it lies 3' of the J: TRBD2 joins TRBJ2 genes only."""
    segment = choices.segments[index]
    if j.gene.startswith("TRBJ1") and segment.gene == "TRBD2":
        return next((other for other in choices.segments if other.gene == "TRBD1"), segment)
    return segment


def hypermutate(rearrangement: Rearrangement, rate: float, rng: np.random.Generator) -> Rearrangement:
    """The rearrangement with substitutions at `rate` per base.

    METHOD: every base alike, every other base alike: no hot-spot motifs and no selection, but the anchor codons stay
    and what was productive stays so (codons that became a stop are put back). A simplification of what is known
    (Yaari 2013, Front Immunol 4:358), kept because annotation is only asked to find segments in spite of it.
    """
    original = encode(rearrangement.sequence)
    mutated = original.copy()
    hit = rng.random(len(original)) < rate
    for codon in (rearrangement.key_start, rearrangement.key_end - 3):
        hit[codon : codon + 3] = False
    mutated[hit] = (mutated[hit] + rng.integers(1, 4, size=int(hit.sum()))) % 4
    if rearrangement.productive:
        frame = rearrangement.key_start % 3
        for codon, amino_acid in enumerate(translate(decode(mutated[frame:]))):
            if amino_acid == "*":
                start = frame + 3 * codon
                mutated[start : start + 3] = original[start : start + 3]
    sequence = decode(mutated)
    complete = rearrangement.productive is not None
    return replace(
        rearrangement,
        sequence=sequence,
        productive=is_productive(sequence, rearrangement.key_start, rearrangement.key_end) if complete else None,
        mutations=rearrangement.mutations + int((mutated != original).sum()),
    )
