"""Simulate single reads and the true rearrangement of each read, to test annotation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from clonotrack.errors import ConfigError
from clonotrack.germline import Reference
from clonotrack.sequences import F64, I64, Ragged, translate
from clonotrack.simulate.hypermutation import hypermutate
from clonotrack.simulate.pcr import Substitutions
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.rearrangement import Rearrangement
from clonotrack.simulate.recombine import draw_rearrangements, person_genotype
from clonotrack.simulate.repertoire import clone_weights
from clonotrack.simulate.sequencer import SimulatedReads, sequence_reads
from clonotrack.tables import READ_TRUTH

_PERSON = "reads"


def simulate_labelled_reads(
    reference: Reference,
    loci: Sequence[str],
    reads: int,
    *,
    clonotypes: int,
    largest: float | None = None,
    mutation: float = 0.0,
    error_rate: float = 0.0015,
    length: int | None = None,
    seed: int = 1,
) -> Iterator[tuple[SimulatedReads, tuple[Rearrangement, ...]]]:
    """Simulate single reads of random rearrangements, productive and unproductive.

    Args:
        reference: germline reference to draw segments from.
        loci: loci of the rearrangements. Rearrangement i is of locus ``loci[i % len(loci)]``.
        reads: number of reads.
        clonotypes: number of different rearrangements; each has at least one read.
        largest: share of the first rearrangement in the ``reads - clonotypes`` reads that remain after each
            rearrangement has got one read. None draws the shares of all rearrangements from `clone_weights`.
        mutation: probability that a base is hypermutated, at every locus.
        error_rate: mean sequencing errors per base.
        length: length of every read [nt]. A read consists of the last `length` bases of the rearrangement, so that it
            ends with the last base of J. None starts each read at the FR3 primer of its V gene.
        seed: seed of all random numbers.

    Yields:
        A batch of reads, and all rearrangements. ``batch.origin[i]`` is the index of the rearrangement of read i.

    Raises:
        ConfigError: there are more clonotypes than reads, or no mixture of quality scores has the error rate.
    """
    if clonotypes > reads:
        raise ConfigError(f"{reads} reads cannot contain {clonotypes} clonotypes: set fewer clonotypes or more reads")
    rearrangements = _draw_clonotypes(reference, loci, clonotypes, mutation, seed)
    rng = random_stream(seed, _PERSON, "sequencing")
    origin = np.concatenate([np.arange(clonotypes), _draw_origins(clonotypes, reads - clonotypes, largest, rng)])
    templates = Ragged.from_strings(r.amplicon(length) for r in rearrangements)
    empty = np.empty(0, dtype=np.int64)
    no_pcr_errors = Substitutions(empty, empty, empty.astype(np.uint8))
    for batch in sequence_reads(templates, origin, no_pcr_errors, error_rate=error_rate, rng=rng):
        yield batch, rearrangements


def read_truth_table(
    names: Sequence[str], batch: SimulatedReads, rearrangements: Sequence[Rearrangement]
) -> pl.DataFrame:
    """Make the READ_TRUTH table of a batch, one row per read.

    Positions are 1-based, and count from the first base of the read on the coding strand (5' to 3' of the V).

    Args:
        names: names of the reads, in the order of the batch.
        batch: the reads.
        rearrangements: all rearrangements; ``batch.origin`` contains indices into this sequence.
    """
    lengths = batch.sequences.lengths.tolist()
    columns = zip(names, batch.origin.tolist(), batch.reverse.tolist(), batch.errors.tolist(), lengths, strict=True)
    of_rearrangement = {i: _rearrangement_columns(rearrangements[i]) for i in np.unique(batch.origin).tolist()}
    rows = []
    for name, origin, reverse, errors, length in columns:
        rearrangement = rearrangements[origin]
        start = len(rearrangement.sequence) - length
        rows.append(
            {
                **of_rearrangement[origin],
                "sequence_id": name,
                "rev_comp": reverse,
                "errors": errors,
                "v_sequence_end": rearrangement.v_end - start,
                "j_sequence_start": rearrangement.j_start - start + 1,
            }
        )
    return pl.DataFrame(rows, schema=READ_TRUTH.schema())


def _rearrangement_columns(rearrangement: Rearrangement) -> dict[str, object]:
    """Return the READ_TRUTH columns that all reads of a rearrangement share."""
    in_frame = rearrangement.junction is not None and len(rearrangement.junction) % 3 == 0
    return {
        "locus": rearrangement.locus,
        "system": rearrangement.system,
        "v_call": rearrangement.v_call,
        "d_call": rearrangement.d_call,
        "j_call": rearrangement.j_call,
        "productive": rearrangement.productive,
        "junction": rearrangement.junction,
        "junction_aa": translate(rearrangement.key_region) if in_frame else None,
        "key_region": rearrangement.key_region,
        "mutations": rearrangement.mutations,
        "clone_id": rearrangement.clone_id,
    }


def _draw_clonotypes(
    reference: Reference, loci: Sequence[str], count: int, mutation: float, seed: int
) -> tuple[Rearrangement, ...]:
    """Draw `count` rearrangements; rearrangement i is of locus ``loci[i % len(loci)]``."""
    of_locus = {}
    for rank, locus in enumerate(loci):
        rng = random_stream(seed, _PERSON, locus)
        genotype = person_genotype(reference, locus, _PERSON, seed)
        naive = draw_rearrangements(genotype, len(range(rank, count, len(loci))), rng)
        of_locus[locus] = iter([hypermutate(r, mutation, rng) for r in naive])
    return tuple(next(of_locus[loci[i % len(loci)]]) for i in range(count))


def _draw_origins(clonotypes: int, reads: int, largest: float | None, rng: np.random.Generator) -> I64:
    """Draw the clonotypes of the reads that remain after each clonotype has got one read.

    Args:
        clonotypes: number of clonotypes.
        reads: number of remaining reads.
        largest: share of clonotype 0 in these reads; None uses `clone_weights`.
        rng: the stream of random numbers.

    Returns:
        Index of the clonotype of each remaining read, shape (reads,).
    """
    weights: F64 = clone_weights(clonotypes)
    if largest is not None:
        weights[0] = 0.0
        weights *= (1 - largest) / weights.sum() if weights.sum() else 0.0
        weights[0] = 1.0 - weights.sum()
    return rng.choice(clonotypes, size=reads, p=weights)
