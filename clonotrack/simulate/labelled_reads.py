"""Simulate single reads that are labelled with their true rearrangement, to test annotation."""

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
    """Simulate reads of random rearrangements, productive or not.

    Args:
        reference: germline reference to draw segments from.
        loci: loci that rearrange in turn, so that each has the same number of clonotypes.
        reads: number of reads.
        clonotypes: number of different rearrangements; each has at least one read.
        largest: share of the further reads that belong to the first rearrangement. By default all shares follow
            `clone_weights`.
        mutation: hypermutated bases per base, at every locus.
        error_rate: sequencing errors per base.
        length: length of a read [nt], up to the end of J; by default reads start at the FR3 primer.
        seed: seed of all random numbers.

    Yields:
        Batches of reads, each with the rearrangements that its `origin` indexes.

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
    """Make the READ_TRUTH table of a batch; positions count along the coding strand of the read.

    Args:
        names: names of the reads, in the order of the batch.
        batch: the reads.
        rearrangements: rearrangements that `batch.origin` indexes.
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
    """Draw `count` rearrangements of the loci in turn."""
    of_locus = {}
    for rank, locus in enumerate(loci):
        rng = random_stream(seed, _PERSON, locus)
        genotype = person_genotype(reference, locus, _PERSON, seed)
        naive = draw_rearrangements(genotype, len(range(rank, count, len(loci))), rng)
        of_locus[locus] = iter([hypermutate(r, mutation, rng) for r in naive])
    return tuple(next(of_locus[loci[i % len(loci)]]) for i in range(count))


def _draw_origins(clonotypes: int, reads: int, largest: float | None, rng: np.random.Generator) -> I64:
    """Draw the clonotype of each read beyond the first read of every clonotype, shape (reads,)."""
    weights: F64 = clone_weights(clonotypes)
    if largest is not None:
        weights[0] = 0.0
        weights *= (1 - largest) / weights.sum() if weights.sum() else 0.0
        weights[0] = 1.0 - weights.sum()
    return rng.choice(clonotypes, size=reads, p=weights)
