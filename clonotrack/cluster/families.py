"""Relatives of a clonotype: what ongoing mutation and ongoing recombination make of it.

Which clonotypes are controls that were put into the tube.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import polars as pl

from clonotrack.cluster.kernels.find_substrings import occurrences
from clonotrack.cluster.kernels.neighbours import neighbours
from clonotrack.cluster.key_regions import genes
from clonotrack.sequences import I64, Ragged, reverse_complement

SHARE = 0.1
MOST = 4
STEM = 18
"""nt before the J gene that two clonotypes of one D-N-J stem have in common: the D, and what is inserted behind it."""

_SHIFT = 2  # nt by which an alignment can extend the J gene by chance


def family_heads(clonotypes: pl.DataFrame) -> I64:
    """The row that heads the family of each row; its own number for a head.

    METHOD: a head and the less abundant clonotypes of its system

    - with a V and a J gene and the length in common that are at most `SHARE` of the key region, and never more than
      `MOST` substitutions, away: lineages by V, J, junction length and a junction distance are as in Gupta et al. 2017
      (J Immunol 198:2489); the two limits are ours;
    - or with the same bases from `STEM` before the J gene on, whatever stands before them: another V on the same D-N-J
      stem, by V replacement or V to D-J joining that goes on (Gawad et al. 2012, Blood 120:4407). Of
      simulated IGH, TRB and TRD rearrangements fewer than one pair in a million share a stem by chance.

    A relative of a relative is not drawn in, so families stay narrow where a repertoire is dense.

    Args:
        clonotypes: by falling `abundance`; `j_start` is the 0-based first base of the J gene in `key_region`.

    Returns:
        Shape (n,).
    """
    pairs = np.concatenate([_mutated(clonotypes), _of_one_stem(clonotypes)])
    head = np.arange(clonotypes.height)
    for parent, child in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))].tolist():
        if head[child] == child and head[parent] == parent:
            head[child] = parent
    return head


def _mutated(clonotypes: pl.DataFrame) -> I64:
    """Rows of (more abundant, less abundant) clonotype of the same genes and length, a few substitutions apart."""
    regions = Ragged.from_strings(clonotypes["key_region"])
    systems = clonotypes["system"].rank("dense").to_numpy().astype(np.int64)
    abundance = clonotypes["abundance"].to_numpy()
    pairs = neighbours(regions.codes, regions.offsets, systems, abundance, np.tile(abundance, (MOST, 1)))
    pairs = pairs[pairs[:, 2] <= SHARE * regions.lengths[pairs[:, 1]], :2]
    calls = clonotypes.select("v_call", "j_call").rows()
    same = [_same_genes(calls[parent], calls[child]) for parent, child in pairs.tolist()]
    result: I64 = pairs[np.array(same, dtype=np.bool_)]
    return result


def _of_one_stem(clonotypes: pl.DataFrame) -> I64:
    """Rows of (most abundant, other) clonotype of one D-N-J stem."""
    first: dict[tuple[str, str], int] = {}
    pairs = []
    stems = clonotypes.with_row_index("row").filter(pl.col("d_call").is_not_null(), pl.col("j_start") >= STEM)
    for row, system, region, start in stems.select("row", "system", "key_region", pl.col("j_start") - STEM).iter_rows():
        known = [(system, region[at:]) for at in range(max(start - _SHIFT, 0), start + _SHIFT + 1)]
        head = min((first[stem] for stem in known if stem in first), default=row)
        if head == row:
            first[known[min(_SHIFT, start)]] = row
        else:
            pairs.append((head, row))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


@lru_cache(maxsize=100_000)
def _same_genes(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> bool:
    sets = [(genes(a), genes(b)) for a, b in zip(one, other, strict=True)]
    return all(a == b or not a.isdisjoint(b) for a, b in sets)


def control_ids(key_regions: pl.Series, controls: pl.DataFrame | None, max_distance: int) -> pl.Series:
    """The control that holds each key region, on either strand, with up to `max_distance` substitutions; else null.

    Args:
        key_regions: upper case.
        controls: CONTROLS, or None.
        max_distance: substitutions.
    """
    if controls is None or not controls.height:
        return pl.Series([None] * len(key_regions), dtype=pl.String)
    forward = controls["sequence"].str.to_uppercase().to_list()
    regions = Ragged.from_strings(key_regions)
    both = Ragged.from_strings([*forward, *map(reverse_complement, forward)])
    found = occurrences(regions.codes, regions.offsets, both.codes, both.offsets, max_distance)
    names = controls["control_id"].to_list() * 2
    return pl.Series([names[place] if place >= 0 else None for place in found.tolist()], dtype=pl.String)
