"""Group rearrangements into distinct key regions, and find the best Phred score of each base of a key region."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
import polars as pl

from clonotrack.cluster.rearrangements import CALLS, KEY, Rearrangements
from clonotrack.sequences import U8


def group_key_regions(rearrangements: Rearrangements, min_ratio: float) -> tuple[Rearrangements, pl.DataFrame]:
    """Group rearrangements by locus and key region, and by V and J genes if these are disjoint.

    METHOD: a clonotype is defined by its locus and key region. Rows with one key region and disjoint sets of V or J
    genes are separate groups; the main group has the most reads. A group with at most 1 / `min_ratio` of the main
    group's reads is joined with the main group, because its reads can have a wrong call or be a PCR chimera. The limit
    is the same as for a copy at one substitution. Genes are compared, not alleles, because one error in a short read
    can change the allele.

    Args:
        rearrangements: rearrangements of one sample.
        min_ratio: ratio of the main group's reads to another group's reads from which on both are one group.

    Returns:
        The rearrangements with the `region_id` of each row. And the key regions: `region_id` (0, 1, .. by falling
        `reads`, then by sequence), `locus`, `key_region`, `vj_genes` (V and J genes of a separate group, empty for the
        main group), `reads`.
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
    """List the genes of a call, which may contain several tied alleles; empty if there is no call."""
    return frozenset(allele.split("*")[0] for allele in call.split(",")) if call else frozenset()


def _split_by_genes(calls: pl.DataFrame, min_ratio: float) -> pl.DataFrame:
    """Add the column `vj_genes` to the rows of key regions that have several combinations of V call and J call.

    Args:
        calls: `locus`, `key_region`, `v_call`, `j_call` and `reads`; one row for each combination of calls.
        min_ratio: see `group_key_regions`.
    """
    ordered = calls.sort([*KEY, "reads", *CALLS], descending=[False, False, True, False, False])
    names: list[str] = []
    for _, rows in groupby(ordered.select(*KEY, *CALLS, "reads").iter_rows(), key=lambda row: row[:2]):
        names += _vj_genes([(genes_of(v), genes_of(j), reads) for _, _, v, j, reads in rows], min_ratio)
    return ordered.with_columns(vj_genes=pl.Series(names, dtype=pl.String))


def _vj_genes(pairs: list[tuple[frozenset[str], frozenset[str], int]], min_ratio: float) -> list[str]:
    """Group the pairs of V call and J call of one key region by shared genes.

    A pair joins the group of the first earlier pair that shares a V gene and a J gene with it. A missing call counts as
    sharing a gene with every call.

    Args:
        pairs: (V genes, J genes, reads) by falling reads.
        min_ratio: see `group_key_regions`.

    Returns:
        V and J genes of the group of each pair (``IGHV1-2/IGHJ4``); empty for the main group and for groups that are
        joined with it.
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
    """Check whether two sets of genes share a gene, or a set is empty because its call is missing."""
    return not a or not b or not a.isdisjoint(b)


def best_scores(rearrangements: Rearrangements, regions: pl.DataFrame) -> U8 | None:
    """Find the best Phred score of each base of each key region, over all rows with this key region.

    Args:
        rearrangements: rearrangements whose rows have `region_id`.
        regions: key regions with `key_region`; row i has the `region_id` i.

    Returns:
        Phred scores of the bases of all key regions, concatenated; None if no row has qualities.
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
