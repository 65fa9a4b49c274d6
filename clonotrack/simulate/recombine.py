"""Simulate V(D)J recombination: draw random rearrangements of the alleles that one person carries.

METHOD: segments are drawn independently of each other. Then each coding end is trimmed and bases are inserted. This is
the generative model of Murugan 2012 (PNAS 109:16161), without the dependences between segments and lengths. Gene usage
is log-normal with one fixed weight per gene name: uneven as in people, but no claim about which genes are frequent.
Lengths follow `clonotrack.germline.recombination_stats`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from clonotrack.errors import GermlineError
from clonotrack.germline import KINDS, Kind, Reference, Segment
from clonotrack.germline.recombination_stats import (
    JUNCTION_MODELS,
    LENGTH_DISPERSION,
    N_BASE_PROBABILITIES,
    P_LENGTH_PROBABILITIES,
)
from clonotrack.sequences import F64, I64, decode, reverse_complement
from clonotrack.simulate.random_streams import FIXED_SEED, random_stream
from clonotrack.simulate.rearrangement import Rearrangement, join_segments

USAGE_SD = 1.0  # standard deviation of the log weight of a gene
ALLELES_PER_GENE = 2
_MAX_EMPTY_BATCHES = 200  # batches in a row without an accepted rearrangement before `draw_rearrangements` gives up
_MIN_BATCH = 64


@dataclass(frozen=True, slots=True)
class WeightedSegments:
    """Hold segments of one kind (V, D or J), and the probability of each segment in `weights`, shape (segments,)."""

    segments: tuple[Segment, ...]
    weights: F64

    def draw(self, count: int, rng: np.random.Generator) -> I64:
        """Draw `count` segments with replacement; return their indices in `segments`, shape (count,)."""
        return rng.choice(len(self.segments), size=count, p=self.weights)

    def restrict_to(self, name: str) -> WeightedSegments:
        """Return a copy with the alleles of one gene only, or with one allele only.

        Args:
            name: name of the gene or allele.

        Raises:
            GermlineError: no segment is of this gene or allele.
        """
        kept = [i for i, segment in enumerate(self.segments) if name in (segment.gene, segment.allele)]
        if not kept:
            raise GermlineError(
                f"{name} is not a functional gene or allele of this locus in the reference: choose another gene"
            )
        return WeightedSegments(tuple(self.segments[i] for i in kept), self.weights[kept] / self.weights[kept].sum())


@dataclass(frozen=True, slots=True)
class Genotype:
    """Hold the V, D and J alleles that one person carries at one locus; `d` is None if the locus has no D."""

    locus: str
    v: WeightedSegments
    d: WeightedSegments | None
    j: WeightedSegments


def draw_genotype(reference: Reference, locus: str, rng: np.random.Generator) -> Genotype:
    """Draw the alleles of a person at one locus: functional genes with anchors, one or two alleles of each.

    Raises:
        GermlineError: the reference has no functional V or no functional J of the locus.
    """
    v, d, j = (_draw_alleles(reference, kind, locus, rng) for kind in KINDS)
    if v is None or j is None:
        raise GermlineError(
            f"the reference {reference.name} has no functional V and J of {locus}: choose another locus"
        )
    return Genotype(locus, v, d, j)


def person_genotype(reference: Reference, locus: str, person: str, seed: int) -> Genotype:
    """Draw the alleles that a named person carries at one locus; they are the same in every tube of a simulation."""
    return draw_genotype(reference, locus, random_stream(seed, person, "germline", locus))


def _draw_alleles(reference: Reference, kind: Kind, locus: str, rng: np.random.Generator) -> WeightedSegments | None:
    genes: dict[str, list[Segment]] = defaultdict(list)
    for segment in reference.select(kind, locus):
        if segment.functionality in ("F", "") and (kind == "D" or segment.anchor is not None):
            genes[segment.gene].append(segment)
    carried: list[Segment] = []
    weights: list[float] = []
    for gene, alleles in genes.items():
        usage = np.exp(random_stream(FIXED_SEED, "usage", locus, gene).normal(0.0, USAGE_SD))
        chosen = sorted(set(rng.integers(len(alleles), size=ALLELES_PER_GENE).tolist()))
        carried += [alleles[i] for i in chosen]
        weights += [usage / len(chosen)] * len(chosen)
    total = np.array(weights)
    return WeightedSegments(tuple(carried), total / total.sum()) if carried else None


def kde_genotype(genotype: Genotype, reference: Reference) -> Genotype:
    """Make the genotype of Kde rearrangements: Kde as the only J; as V, the intron element with probability 1/2."""
    intron, kde = reference.segment("Intron"), reference.segment("KDE")
    v = WeightedSegments((*genotype.v.segments, intron), np.append(genotype.v.weights, 1.0) / 2.0)
    return replace(genotype, v=v, j=WeightedSegments((kde,), np.ones(1)))


def draw_rearrangements(
    genotype: Genotype,
    count: int,
    rng: np.random.Generator,
    *,
    productive: bool | None = None,
    min_inserted: int = 0,
) -> list[Rearrangement]:
    """Draw random rearrangements.

    Args:
        genotype: the alleles that can be joined.
        count: number of rearrangements.
        rng: the stream of random numbers.
        productive: True draws productive rearrangements only, False unproductive ones only, None both.
        min_inserted: minimum number of N and P bases.

    Raises:
        GermlineError: hardly any random rearrangement meets `productive` and `min_inserted`.
    """
    accepted: list[Rearrangement] = []
    empty_batches = 0
    while len(accepted) < count:
        size = max(_MIN_BATCH, count - len(accepted))
        batch = _draw_batch(genotype, size, rng, in_frame=productive is True)
        fitting = [r for r in batch if productive in (None, r.productive) and r.inserted >= min_inserted]
        accepted += fitting
        empty_batches = 0 if fitting else empty_batches + 1
        if empty_batches > _MAX_EMPTY_BATCHES:
            raise GermlineError(
                f"no {genotype.locus} rearrangement with at least {min_inserted} inserted nt was drawn: "
                "lower min_inserted"
            )
    return accepted[:count]


def _draw_batch(genotype: Genotype, size: int, rng: np.random.Generator, *, in_frame: bool) -> Iterator[Rearrangement]:
    """Draw `size` rearrangements; with `in_frame`, skip out-of-frame ones before joining, which is faster."""
    model = JUNCTION_MODELS[genotype.locus]
    v = genotype.v.draw(size, rng)
    j = genotype.j.draw(size, rng)
    d = genotype.d.draw(size, rng) if genotype.d else None
    v_trim, j_trim, d5_trim, d3_trim = (
        draw_lengths(mean, size, rng) for mean in (model.v_trim, model.j_trim, model.d5_trim, model.d3_trim)
    )
    p_lengths = [draw_p_lengths(trimmed, rng) for trimmed in (v_trim, d5_trim, d3_trim, j_trim)]
    n1 = _draw_n_bases(draw_lengths(model.n1, size, rng), rng)
    n2 = _draw_n_bases(draw_lengths(model.n2, size, rng), rng)
    for i in range(size):
        v_segment, j_segment = genotype.v.segments[v[i]], genotype.j.segments[j[i]]
        d_segment = _compatible_d(genotype.d, int(d[i]), j_segment) if genotype.d and d is not None else None
        v_piece = _trim_v(v_segment, int(v_trim[i]))
        j_piece = _trim_j(j_segment, int(j_trim[i]))
        d_piece = d_segment.sequence[d5_trim[i] : max(0, len(d_segment.sequence) - d3_trim[i])] if d_segment else ""
        p_v, p_d5, p_d3, p_j = (int(lengths[i]) for lengths in p_lengths)
        before_d = p_bases_after(v_piece, p_v) + n1[i] + p_bases_before(d_piece, p_d5)
        after_d = p_bases_after(d_piece, p_d3) + n2[i] + p_bases_before(j_piece, p_j)
        pieces = (v_piece, before_d, d_piece, after_d, j_piece)
        if in_frame and (sum(map(len, pieces)) - _bases_outside_junction(v_segment, j_segment)) % 3:
            continue
        yield join_segments(v_segment, d_segment, j_segment, genotype.locus, pieces)


def draw_lengths(mean: float, count: int, rng: np.random.Generator) -> I64:
    """Draw trimmed or inserted lengths [nt] from a negative binomial distribution with this mean, shape (count,)."""
    lengths: I64 = rng.negative_binomial(LENGTH_DISPERSION, LENGTH_DISPERSION / (LENGTH_DISPERSION + mean), count)
    return lengths


def draw_p_lengths(trimmed: I64, rng: np.random.Generator) -> I64:
    """Draw the number of P bases of each coding end, shape (ends,); a trimmed end has no P bases.

    Args:
        trimmed: bases trimmed from each coding end, shape (ends,).
        rng: the stream of random numbers.
    """
    lengths = rng.choice(len(P_LENGTH_PROBABILITIES), size=len(trimmed), p=P_LENGTH_PROBABILITIES)
    return np.where(trimmed == 0, lengths, 0)


def p_bases_after(piece: str, length: int) -> str:
    """Return the P bases after a piece: the reverse complement of the last `length` nt of the piece."""
    return reverse_complement(piece[max(0, len(piece) - length) :])


def p_bases_before(piece: str, length: int) -> str:
    """Return the P bases before a piece: the reverse complement of the first `length` nt of the piece."""
    return reverse_complement(piece[:length])


def _draw_n_bases(lengths: I64, rng: np.random.Generator) -> list[str]:
    """Draw random N bases; return one string for each element of `lengths`."""
    bases = decode(rng.choice(4, size=int(lengths.sum()), p=N_BASE_PROBABILITIES).astype(np.uint8))
    ends = np.cumsum(lengths).tolist()
    return [bases[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


def _trim_v(segment: Segment, nt: int) -> str:
    """Trim at most `nt` bases from the 3' end of a V; keep Cys104, or half of a V without anchor."""
    min_length = segment.anchor + 3 if segment.anchor is not None else len(segment.sequence) // 2
    return segment.sequence[: max(min_length, len(segment.sequence) - nt)]


def _trim_j(segment: Segment, nt: int) -> str:
    """Trim at most `nt` bases from the 5' end of a J; keep Phe/Trp118, or three quarters of a J without anchor."""
    max_trim = segment.anchor if segment.anchor is not None else len(segment.sequence) // 4
    return segment.sequence[min(max_trim, nt) :]


def _bases_outside_junction(v: Segment, j: Segment) -> int:
    """Count the bases of V before and of J after the junction; both must have anchors."""
    return (v.anchor or 0) + len(j.sequence) - (j.anchor or 0) - 3


def _compatible_d(d: WeightedSegments, index: int, j: Segment) -> Segment:
    """Return the D with this index; return TRBD1 instead of TRBD2 for a TRBJ1, which lies 5' of TRBD2."""
    segment = d.segments[index]
    if j.gene.startswith("TRBJ1") and segment.gene == "TRBD2":
        return next((other for other in d.segments if other.gene == "TRBD1"), segment)
    return segment
