"""Group rearrangements into distinct key regions, and find how well each base of a key region was read."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
import polars as pl

from clonotrack.cluster.rearrangements import CALLS, KEY, Rearrangements
from clonotrack.sequences import U8


def group_key_regions(rearrangements: Rearrangements, min_ratio: float) -> tuple[Rearrangements, pl.DataFrame]:
    """Group rearrangements by locus and key region, and by V and J genes if these are disjoint.

    METHOD: a clonotype is its locus and key region. The same key region with disjoint sets of V or J genes is another
    clonotype, unless it is so rare that it can be an error copy of the main one with a wrong call, or a PCR chimera. It
    is so rare if it has at most 1 / `min_ratio` of the main one's reads, as for one substitution. Genes are compared,
    not alleles: one error in a short read can change the allele.

    Args:
        rearrangements: of one sample.
        min_ratio: reads of the main group per read of another group with disjoint genes, from which on the two are one.

    Returns:
        The rearrangements with the `region_id` of each row, and the key regions: `region_id` (0, 1, .. by falling
        `reads`, then by sequence), `locus`, `key_region`, `vj_genes` (empty for the main group of a key region),
        `reads`.
    """
    annotations = rearrangements.annotations.select(*KEY, *CALLS)
    annotations = annotations.with_columns(reads=pl.Series(rearrangements.reads_of_annotations()))
    calls = annotations.group_by([*KEY, *CALLS]).agg(pl.col("reads").sum())
    only_one = pl.len().over(KEY) == 1
    calls = pl.concat(
        [
            calls.filter(only_one).with_columns(vj_genes=pl.lit("")),
            _split_by_genes(calls.filter(~only_one), min_ratio),
        ]
    )
    regions = calls.group_by([*KEY, "vj_genes"]).agg(pl.col("reads").sum())
    order = ["reads", "key_region", "locus", "vj_genes"]
    regions = regions.sort(order, descending=[True, False, False, False]).with_row_index("region_id")
    regions = regions.with_columns(pl.col("region_id").cast(pl.Int64))
    named = calls.drop("reads").join(regions.select("region_id", *KEY, "vj_genes"), on=[*KEY, "vj_genes"])
    named = named.drop("vj_genes")
    on = [*KEY, *CALLS]
    ids = annotations.join(named, on=on, how="left", nulls_equal=True, maintain_order="left")["region_id"]
    with_ids = replace(rearrangements, annotations=rearrangements.annotations.with_columns(ids))
    return with_ids.with_columns(region_id=ids.gather(rearrangements.rows["annotation"])), regions


def genes_of(call: str | None) -> frozenset[str]:
    """List the genes of a call with ties; empty for no call."""
    return frozenset(allele.split("*")[0] for allele in call.split(",")) if call else frozenset()


def _split_by_genes(calls: pl.DataFrame, min_ratio: float) -> pl.DataFrame:
    """Add `vj_genes` to the pairs of V and J call of the key regions that have several pairs."""
    ordered = calls.sort([*KEY, "reads", *CALLS], descending=[False, False, True, False, False])
    names: list[str] = []
    for _, rows in groupby(ordered.select(*KEY, *CALLS, "reads").iter_rows(), key=lambda row: row[:2]):
        names += _vj_genes([(genes_of(v), genes_of(j), reads) for _, _, v, j, reads in rows], min_ratio)
    return ordered.with_columns(vj_genes=pl.Series(names, dtype=pl.String))


def _vj_genes(pairs: list[tuple[frozenset[str], frozenset[str], int]], min_ratio: float) -> list[str]:
    """Name the V and J genes of the group of each pair of calls; empty for the main group.

    A pair joins the first earlier pair that shares a V and a J gene with it. No call shares with every call.

    Args:
        pairs: (V genes, J genes, reads) by falling reads.
        min_ratio: see `group_key_regions`.
    """
    heads: list[int] = []
    totals: dict[int, int] = {}
    head_of = []
    for index, (v, j, reads) in enumerate(pairs):
        head = next((h for h in heads if _may_be_equal(v, pairs[h][0]) and _may_be_equal(j, pairs[h][1])), index)
        if head == index:
            heads.append(head)
        totals[head] = totals.get(head, 0) + reads
        head_of.append(head)
    main = max(heads, key=lambda head: (totals[head], -head))
    names = {head: "/".join(",".join(sorted(genes)) for genes in pairs[head][:2]) for head in heads}
    return ["" if totals[main] >= min_ratio * totals[head] or head == main else names[head] for head in head_of]


def _may_be_equal(a: frozenset[str], b: frozenset[str]) -> bool:
    """Check whether two calls share a gene or one of them is missing."""
    return not a or not b or not a.isdisjoint(b)


def best_scores(rearrangements: Rearrangements, regions: pl.DataFrame) -> U8 | None:
    """Find the best Phred score of each base of each key region, over the rows that carry it.

    Args:
        rearrangements: with `region_id`.
        regions: `key_region`, by `region_id`.

    Returns:
        Scores of the key regions, concatenated; None if no row has qualities.
    """
    has_quality = rearrangements.rows["has_quality"].to_numpy()
    if not has_quality.any():
        return None
    lengths = regions["key_region"].str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    best = np.zeros(ends[-1], dtype=np.uint8)
    region_id = rearrangements.rows["region_id"].to_numpy()
    start = rearrangements.rows["key_region_start"].to_numpy() - 1
    for batch in rearrangements.sequence_batches():
        chosen = np.flatnonzero(has_quality[batch.first : batch.first + len(batch.offsets) - 1])
        region = region_id[batch.first + chosen]
        sizes = lengths[region]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        source = np.repeat(batch.offsets[chosen] + start[batch.first + chosen], sizes) + within
        np.maximum.at(best, np.repeat((ends - lengths)[region], sizes) + within, batch.scores[source])
    return best
