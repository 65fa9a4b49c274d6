"""Reads of one molecule have one key region: that of their UMI group."""

from __future__ import annotations

import numpy as np
import polars as pl

from clonotrack.cluster.error_model import ErrorModel
from clonotrack.cluster.merge_errors import neighbourhoods, roots
from clonotrack.config import Cluster
from clonotrack.errors import ClonotrackError
from clonotrack.sequences import I64, U8, U64, Ragged, encode
from clonotrack.umi.collect import Umis


def packed(umis: pl.Series) -> tuple[U64, int]:
    """UMIs in 2 bits a base, and their length.

    Raises:
        ClonotrackError: their lengths differ.
    """
    lengths = umis.str.len_bytes().unique().sort().to_list()
    if len(lengths) > 1:
        raise ClonotrackError(
            f"UMIs of {lengths[0]} and {lengths[-1]} nt stand in one table: cluster libraries of different UMIs apart"
        )
    length = lengths[0]
    codes = encode("".join(umis)).reshape(-1, length).astype(np.uint64) & np.uint64(3)
    values = np.zeros(len(codes), dtype=np.uint64)
    for place in range(length):
        values = values << np.uint64(2) | codes[:, place]
    return values, length


def collected(rows: pl.DataFrame, targets: I64) -> Umis:
    """The UMIs of rows (`umi`, `duplicate_count`) that are of these targets."""
    umis, length = packed(rows["umi"])
    return Umis.collect(umis, targets, length, rows["duplicate_count"].to_numpy())


def by_molecule(rows: pl.DataFrame, nodes: pl.DataFrame, scores: U8 | None, settings: Cluster) -> dict[str, pl.Series]:
    """The clone of each row, the molecule being the unit.

    METHOD: reads of near key regions are grouped by their UMI, and each group takes the key region that most of its
    reads have, the more abundant one among equals (a consensus, as in MIGEC, Shugay et al. 2014,
    doi:10.1038/nmeth.2960). Key regions are then counted by groups, and the error model is asked again: errors of
    sequencing are left in groups of a single read, those of the polymerase where the first copies were wrong, and an
    early error is in one group only. What reads alone would put under a parent is so set apart where molecules have it.

    Args:
        rows: `node`, `umi`, `duplicate_count`; all have a UMI.
        nodes: as `roots` takes them.
        scores: best score of each base of the nodes' key regions.
        settings: distance, and the rates of errors.

    Returns:
        Of each row `clone`, and `molecule_reads`, the reads of its group.
    """
    heads, errors = neighbourhoods(nodes, settings)
    found = collected(rows, heads[rows["node"].to_numpy()])
    groups = found.heads()[found.place]
    votes = rows.select("node", "duplicate_count", group=pl.Series(groups))
    votes = votes.group_by("group", "node").agg(pl.col("duplicate_count").sum())
    votes = votes.with_columns(molecule_reads=pl.col("duplicate_count").sum().over("group"))
    votes = votes.sort("group", "duplicate_count", "node", descending=[False, True, False])
    chosen = votes.unique("group", keep="first", maintain_order=True)
    size = chosen["molecule_reads"].to_numpy()
    voted = chosen["node"].to_numpy()
    clones = _clones(voted, nodes, scores, errors.of_molecules(float(np.mean(size == 1))), settings)
    place = np.searchsorted(chosen["group"].to_numpy(), groups)
    return {"clone": pl.Series(clones[voted][place]), "molecule_reads": pl.Series(size[place])}


def _clones(voted: I64, nodes: pl.DataFrame, scores: U8 | None, errors: ErrorModel, settings: Cluster) -> I64:
    """The clone of each node, nodes being counted by the molecules that have them."""
    molecules = np.bincount(voted, minlength=nodes.height)
    order = np.argsort(-molecules, kind="stable")[: int((molecules > 0).sum())]
    counted = nodes.with_columns(reads=pl.Series(molecules))[order]
    if scores is not None:
        ends = np.cumsum(nodes["key_region"].str.len_bytes().to_numpy().astype(np.int64))
        scores = Ragged(scores, np.concatenate([[0], ends])).take(order).codes
    clones = np.full(nodes.height, -1, dtype=np.int64)
    clones[order] = order[roots(counted, scores, settings, errors)[0]]
    return clones
