"""Recombinations of known truth are recovered, on either strand, mutated or not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.germline import LOCI, Reference, Segment
from tests.annotate.airr_checks import check_strictly
from tests.annotate.random_reads import RecombinedRead, recombine
from tests.annotate.twins.germline_alignment import rows

READS = 150


def table(reads: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"sequence_id": [f"r{i}" for i in range(len(reads))], "sequence": reads})


def genes(calls: str | None) -> set[str]:
    return {allele.split("*")[0] for allele in (calls or "").split(",")}


def identical_genes(reference: Reference, segment: Segment) -> set[str]:
    """Return the genes with the same sequence as this one."""
    return {genes_of.split("*")[0] for genes_of in (segment.allele, *reference.identical_alleles(segment.allele))}


def share_right(simulated: list[RecombinedRead], frame: pl.DataFrame, reference: Reference) -> dict[str, float]:
    """Share of reads with the right V gene, J gene, junction and strand."""
    right: dict[str, list[bool]] = {"v": [], "j": [], "junction": [], "strand": []}
    for one, row in zip(simulated, frame.iter_rows(named=True), strict=True):
        right["v"].append(bool(genes(row["v_call"]) & identical_genes(reference, one.v)))
        right["j"].append(bool(genes(row["j_call"]) & identical_genes(reference, one.j)))
        right["junction"].append(row["junction"] == one.junction)
        right["strand"].append(row["rev_comp"] == one.reversed)
    return {name: float(np.mean(values)) for name, values in right.items()}


BOUNDS = {0.0: (1.0, 0.985), 0.05: (0.98, 0.98), 0.15: (0.97, 0.95)}
CASES = [(locus, mutation) for locus in LOCI for mutation in BOUNDS if locus.startswith("IG") or mutation < 0.1]


@pytest.mark.parametrize(("locus", "mutation"), CASES)
def test_genes_and_junction_are_recovered(reference: Reference, locus: str, mutation: float) -> None:
    least_v, least_j = BOUNDS[mutation]
    rng = np.random.default_rng(11)
    simulated = [recombine(rng, reference, locus, mutation) for _ in range(READS)]
    frame = annotate(table([one.read for one in simulated]), reference, Annotate())
    check_strictly(frame)
    right = share_right(simulated, frame, reference)
    assert right["v"] >= least_v
    assert right["j"] >= least_j
    assert right["junction"] >= 0.98
    assert right["strand"] >= 0.99
    assert set(frame["locus"].drop_nulls()) == {locus}


@pytest.mark.parametrize("locus", ["IGH", "IGK", "TRB", "TRG"])
def test_sixty_bases_of_v_are_enough(reference: Reference, locus: str) -> None:
    rng = np.random.default_rng(12)
    simulated = [recombine(rng, reference, locus, 0.02, v_bases=60) for _ in range(READS)]
    frame = annotate(table([one.read for one in simulated]), reference, Annotate())
    check_strictly(frame)
    right = share_right(simulated, frame, reference)
    assert right["junction"] >= 0.98
    assert right["v"] >= 0.96


@pytest.mark.parametrize("locus", ["IGH", "TRB", "TRD"])
def test_a_d_that_is_called_is_the_right_one(reference: Reference, locus: str) -> None:
    rng = np.random.default_rng(13)
    simulated = [recombine(rng, reference, locus, 0.0) for _ in range(READS)]
    frame = annotate(table([one.read for one in simulated]), reference, Annotate())
    called = [
        bool((genes(row["d_call"]) | genes(row["d2_call"])) & identical_genes(reference, one.d))
        for one, row in zip(simulated, frame.iter_rows(named=True), strict=True)
        if row["d_call"] is not None and one.d is not None
    ]
    assert len(called) >= 0.85 * READS
    assert np.mean(called) >= 0.95


def test_alignment_rows_are_those_of_the_cigars(reference: Reference) -> None:
    rng = np.random.default_rng(14)
    reads = []
    for locus in ("IGH", "TRB", "IGK", "TRG"):
        for _ in range(40):
            read = recombine(rng, reference, locus, 0.03).read
            cut = int(rng.integers(40, len(read) - 60))
            reads.append(read[:cut] + "ACG"[: rng.integers(4)] + read[cut + rng.integers(4) :])
    frame = annotate(table(reads), reference, Annotate())
    check_strictly(frame)
    called = frame.filter(pl.col("v_call").is_not_null() & pl.col("d2_call").is_null())
    assert called.height > 150
    assert called["v_cigar"].str.contains("I|D").sum() > 50
    for row in called.iter_rows(named=True):
        assert (row["sequence_alignment"], row["germline_alignment"]) == rows(row, reference)
