"""Group clonotypes into clone families.

Relatives by ongoing mutation share V, J and the length of the key region and differ by substitutions. Relatives by
ongoing recombination share J and the bases before it (D-N-J stem) and have another V, as after V replacement.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import polars as pl

from clonotrack.cluster.kernels.neighbours import neighbours
from clonotrack.cluster.key_regions import genes_of
from clonotrack.sequences import I64, Ragged

MAX_SUBSTITUTED_SHARE = 0.1
"""Most substitutions between the head of a family and a relative by mutation, per base of the key region."""

MAX_SUBSTITUTIONS = 4
"""Most substitutions between the head of a family and a relative by mutation."""

STEM_LENGTH = 18
"""Length before the J gene that clonotypes of one D-N-J stem have in common: N bases and a part of the D [nt]."""

_J_START_UNCERTAINTY = 2  # nt by which an alignment can extend the J gene by chance


def family_heads(clonotypes: pl.DataFrame) -> I64:
    """Find the head of the clone family of each clonotype.

    METHOD: a family is a head and less abundant clonotypes of the head's system. A clonotype belongs to the family if
    it is related to the head in one of two ways:

    - Mutation: both share a V gene, a J gene and the length of the key region. At most `MAX_SUBSTITUTED_SHARE` of the
      key region and at most `MAX_SUBSTITUTIONS` bases differ. Lineages by V, J, junction length and a junction distance
      are as in Gupta et al. 2017 (J Immunol 198:2489); the two limits are ours.
    - Stem: both have the same bases from `STEM_LENGTH` nt before the J gene to the end of the key region. Another V was
      joined to the same D-N-J stem, by V replacement or ongoing V to D-J joining (Gawad et al. 2012, Blood 120:4407).
      Of simulated IGH, TRB and TRD rearrangements, fewer than one pair in a million share a stem by chance.

    A clonotype that is related only to a relative of the head is not added, so that families stay narrow in a dense
    repertoire.

    Args:
        clonotypes: CLONOTYPES by falling `abundance`, with `j_start`, the 0-based first base of the J gene in
            `key_region`.

    Returns:
        Row number of the head of each clonotype's family, shape (n,). A head has its own row number.
    """
    pairs = np.concatenate([_mutated_pairs(clonotypes), _stem_pairs(clonotypes)])
    head = np.arange(clonotypes.height)
    for parent, child in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))].tolist():
        if head[child] == child and head[parent] == parent:
            head[child] = parent
    return head


def _mutated_pairs(clonotypes: pl.DataFrame) -> I64:
    """Find pairs of clonotypes with the same genes and length and few substitutions.

    Returns:
        Row numbers (more abundant clonotype, less abundant clonotype), shape (pairs, 2).
    """
    regions = Ragged.from_strings(clonotypes["key_region"])
    systems = clonotypes["system"].rank("dense").to_numpy().astype(np.int64)
    abundance = clonotypes["abundance"].to_numpy()
    max_child_reads = np.tile(abundance, (MAX_SUBSTITUTIONS, 1))
    pairs = neighbours(regions.codes, regions.offsets, systems, abundance, max_child_reads)
    pairs = pairs[pairs[:, 2] <= MAX_SUBSTITUTED_SHARE * regions.lengths[pairs[:, 1]], :2]
    calls = clonotypes.select("v_call", "j_call").rows()
    same_genes = [_same_genes(calls[parent], calls[child]) for parent, child in pairs.tolist()]
    result: I64 = pairs[np.array(same_genes, dtype=np.bool_)]
    return result


def _stem_pairs(clonotypes: pl.DataFrame) -> I64:
    """Find pairs of clonotypes with the same D-N-J stem.

    Returns:
        Row numbers (most abundant clonotype of the stem, another clonotype of the stem), shape (pairs, 2).
    """
    first: dict[tuple[str, str], int] = {}
    pairs = []
    with_stem = (pl.col("d_call").is_not_null(), pl.col("j_start") >= STEM_LENGTH)
    rows = clonotypes.with_row_index("row").filter(*with_stem)
    columns = ("row", "system", "key_region", pl.col("j_start") - STEM_LENGTH)
    for row, system, region, stem_start in rows.select(*columns).iter_rows():
        starts = range(max(stem_start - _J_START_UNCERTAINTY, 0), stem_start + _J_START_UNCERTAINTY + 1)
        stems = [(system, region[start:]) for start in starts]
        head = min((first[stem] for stem in stems if stem in first), default=row)
        if head == row:
            first[stems[min(_J_START_UNCERTAINTY, stem_start)]] = row
        else:
            pairs.append((head, row))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


@lru_cache(maxsize=100_000)
def _same_genes(a: tuple[str | None, ...], b: tuple[str | None, ...]) -> bool:
    """Check whether two clonotypes have the same genes.

    The V calls have to share a gene or both be missing, and so do the J calls.

    Args:
        a: V call and J call of one clonotype.
        b: V call and J call of the other clonotype.
    """
    sets = [(genes_of(call_a), genes_of(call_b)) for call_a, call_b in zip(a, b, strict=True)]
    return all(genes_a == genes_b or not genes_a.isdisjoint(genes_b) for genes_a, genes_b in sets)
