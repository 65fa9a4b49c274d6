"""Rows that carry one key region, set apart where their V or J genes cannot be the same.

How well the bases of a key region were read.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
import polars as pl

from clonotrack.cluster.rows import CALLS, KEY, Rows
from clonotrack.sequences import U8


def group(rows: Rows, min_ratio: float) -> tuple[Rows, pl.DataFrame]:
    """Group rearrangements by locus and key region, and by V and J genes where these are disjoint.

    METHOD: a clonotype is its locus and key region. The same key region under disjoint sets of V or J genes is
    another clonotype, but only if it is too large to be a copy of the main one with an error that moved the call, or
    a PCR chimera: less than `min_ratio` times smaller, as for one substitution. Genes are compared, not alleles: one
    error in a short read is enough to move an allele.

    Args:
        rows: those with a key region.
        min_ratio: see above.

    Returns:
        The rows with their `node`, and the nodes: `node` (0, 1, .. by falling `reads`, then by sequence), `locus`,
        `key_region`, `apart` (V and J genes; empty for the main node of a key region), `reads`.
    """
    said = rows.variants.select(*KEY, *CALLS).with_columns(reads=pl.Series(rows.by_variant()))
    votes = said.group_by([*KEY, *CALLS]).agg(pl.col("reads").sum())
    alone = pl.len().over(KEY) == 1
    apart = pl.concat(
        [
            votes.filter(alone).with_columns(apart=pl.lit("")),
            _set_apart(votes.filter(~alone), min_ratio),
        ]
    )
    nodes = apart.group_by([*KEY, "apart"]).agg(pl.col("reads").sum())
    order = ["reads", "key_region", "locus", "apart"]
    nodes = nodes.sort(order, descending=[True, False, False, False]).with_row_index("node")
    nodes = nodes.with_columns(pl.col("node").cast(pl.Int64))
    named = apart.drop("reads").join(nodes.select("node", *KEY, "apart"), on=[*KEY, "apart"]).drop("apart")
    found = said.join(named, on=[*KEY, *CALLS], how="left", nulls_equal=True, maintain_order="left")
    rows = replace(rows, variants=rows.variants.with_columns(found["node"]))
    return rows.with_columns(node=found["node"].gather(rows.table["variant"])), nodes


def genes(call: str | None) -> frozenset[str]:
    """The genes of a tie set; none for no call."""
    return frozenset(allele.split("*")[0] for allele in call.split(",")) if call else frozenset()


def _set_apart(votes: pl.DataFrame, min_ratio: float) -> pl.DataFrame:
    """Add `apart` to the call pairs of the key regions that have several."""
    ordered = votes.sort([*KEY, "reads", *CALLS], descending=[False, False, True, False, False])
    names: list[str] = []
    for _, items in groupby(ordered.select(*KEY, *CALLS, "reads").iter_rows(), key=lambda row: row[:2]):
        names += _parts([(genes(v), genes(j), reads) for _, _, v, j, reads in items], min_ratio)
    return ordered.with_columns(apart=pl.Series(names, dtype=pl.String))


def _parts(calls: list[tuple[frozenset[str], frozenset[str], int]], min_ratio: float) -> list[str]:
    """The `apart` name of each call pair; the pairs come by falling reads.

    A pair joins the first earlier pair that shares a V and a J gene with it; no call shares with every call.
    """
    heads: list[int] = []
    totals: dict[int, int] = {}
    joined = []
    for place, (v, j, reads) in enumerate(calls):
        head = next((h for h in heads if _share(v, calls[h][0]) and _share(j, calls[h][1])), place)
        if head == place:
            heads.append(head)
        totals[head] = totals.get(head, 0) + reads
        joined.append(head)
    main = max(heads, key=lambda head: (totals[head], -head))
    names = {head: "/".join(",".join(sorted(genes)) for genes in calls[head][:2]) for head in heads}
    return ["" if totals[main] >= min_ratio * totals[head] or head == main else names[head] for head in joined]


def _share(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or not one.isdisjoint(other)


def best_scores(rows: Rows, nodes: pl.DataFrame) -> U8 | None:
    """The best Phred score of each base of each key region, over the rows that carry it.

    Args:
        rows: with `node`.
        nodes: `key_region`, by `node`.

    Returns:
        The key regions of `nodes` one after the other; None where no row has qualities.
    """
    scored = rows.table["scored"].to_numpy()
    if not scored.any():
        return None
    lengths = nodes["key_region"].str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    best = np.zeros(ends[-1], dtype=np.uint8)
    node, start = rows.table["node"].to_numpy(), rows.table["key_region_start"].to_numpy() - 1
    for part in rows.letters():
        chosen = np.flatnonzero(scored[part.first : part.first + len(part.offsets) - 1])
        owner = node[part.first + chosen]
        sizes = lengths[owner]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        source = np.repeat(part.offsets[chosen] + start[part.first + chosen], sizes) + within
        np.maximum.at(best, np.repeat((ends - lengths)[owner], sizes) + within, part.scores[source])
    return best
