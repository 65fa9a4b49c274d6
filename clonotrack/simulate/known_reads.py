"""Reads whose rearrangement is known one by one: what annotation is measured on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from clonotrack.errors import ConfigError
from clonotrack.germline import Reference
from clonotrack.sequences import F64, I64, Ragged, translate
from clonotrack.simulate.pcr import Edits
from clonotrack.simulate.people import clone_weights, person_germline
from clonotrack.simulate.random_streams import stream
from clonotrack.simulate.recombine import Rearrangement, draw, hypermutate
from clonotrack.simulate.sequencer import ReadBatch, sequence
from clonotrack.tables import READ_TRUTH

PERSON = "reads"


def known_reads(
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
) -> Iterator[tuple[ReadBatch, tuple[Rearrangement, ...]]]:
    """Reads of random rearrangements, productive or not.

    Args:
        reference: where V, D and J come from.
        loci: rearranged in turn, so that each has as many clonotypes.
        reads: how many.
        clonotypes: different rearrangements; with as many as reads each is read once.
        largest: share of the reads that the first one gets; by default a power law has it too.
        mutation: hypermutated bases per base, at every locus.
        error_rate: of sequencing, per base.
        length: nt of a read, up to the end of J; by default from an FR3 primer.
        seed: of all random numbers.

    Yields:
        Batches, with the rearrangements that their `origin` indexes.

    Raises:
        ConfigError: more clonotypes than reads were asked for, or an error rate that the qualities cannot have.
    """
    if clonotypes > reads:
        raise ConfigError(f"{clonotypes} clonotypes cannot be in {reads} reads: ask for fewer clonotypes or more reads")
    rearrangements = _clonotypes(reference, loci, clonotypes, mutation, seed)
    rng = stream(seed, PERSON, "sequencing")
    origin = np.concatenate([np.arange(clonotypes), _extra(clonotypes, reads - clonotypes, largest, rng)])
    templates = Ragged.from_strings(r.amplicon(length) for r in rearrangements)
    none = np.empty(0, dtype=np.int64)
    edits = Edits(none, none, none.astype(np.uint8))
    for batch in sequence(templates, origin, edits, error_rate=error_rate, rng=rng):
        yield batch, rearrangements


def read_truth(names: Sequence[str], batch: ReadBatch, rearrangements: Sequence[Rearrangement]) -> pl.DataFrame:
    """READ_TRUTH of a batch; positions count along the coding strand of the read."""
    lengths = batch.sequences.lengths.tolist()
    columns = zip(names, batch.origin.tolist(), batch.reverse.tolist(), batch.errors.tolist(), lengths, strict=True)
    facts = {i: _facts(rearrangements[i]) for i in np.unique(batch.origin).tolist()}
    rows = []
    for name, origin, reverse, errors, length in columns:
        r = rearrangements[origin]
        start = len(r.sequence) - length
        rows.append(
            {
                **facts[origin],
                "sequence_id": name,
                "rev_comp": reverse,
                "errors": errors,
                "v_sequence_end": r.v_end - start,
                "j_sequence_start": r.j_start - start + 1,
            }
        )
    return pl.DataFrame(rows, schema=READ_TRUTH.schema())


def _facts(r: Rearrangement) -> dict[str, object]:
    in_frame = r.junction is not None and len(r.junction) % 3 == 0
    return {
        "locus": r.locus,
        "system": r.system,
        "v_call": r.v_call,
        "d_call": r.d_call,
        "j_call": r.j_call,
        "productive": r.productive,
        "junction": r.junction,
        "junction_aa": translate(r.key_region) if in_frame else None,
        "key_region": r.key_region,
        "mutations": r.mutations,
        "clone_id": r.clone_id,
    }


def _clonotypes(
    reference: Reference, loci: Sequence[str], count: int, mutation: float, seed: int
) -> tuple[Rearrangement, ...]:
    """`count` rearrangements, the loci in turn."""
    of_locus = {}
    for rank, locus in enumerate(loci):
        rng = stream(seed, PERSON, locus)
        drawn = draw(person_germline(reference, locus, PERSON, seed), len(range(rank, count, len(loci))), rng)
        of_locus[locus] = iter([hypermutate(r, mutation, rng) for r in drawn])
    return tuple(next(of_locus[loci[i % len(loci)]]) for i in range(count))


def _extra(clonotypes: int, reads: int, largest: float | None, rng: np.random.Generator) -> I64:
    """Origin of the reads beyond the first of each clonotype."""
    weights: F64 = clone_weights(clonotypes)
    if largest is not None:
        weights[0] = 0.0
        weights *= (1 - largest) / weights.sum() if weights.sum() else 0.0
        weights[0] = 1.0 - weights.sum()
    return rng.choice(clonotypes, size=reads, p=weights)
