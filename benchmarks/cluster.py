"""How the time and memory of `cluster` grow with the number of distinct key regions.

    python benchmarks/cluster.py                  1e4, 1e5 and 1e6 distinct key regions
    python benchmarks/cluster.py 10000 50000      other sizes

Each repertoire has clonotypes of heavy-tailed abundance (one at 40 %, two at 5 %), and error copies of one and two
substitutions. On 5,000 key regions the pairs of the kernel are compared with an all-pairs twin. Printed: distinct key
regions, reads, clonotypes, seconds of `cluster` (compiled before), microseconds per key region, share of the
dominant clonotype's reads that came back to it, resident memory at the peak.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import polars as pl

from clonotrack.cluster import cluster
from clonotrack.config import Cluster
from clonotrack.kernels.neighbours import neighbours
from clonotrack.sequence import Ragged, decode
from clonotrack.tables import REARRANGEMENTS

V_END = "GACACGGCTGTGTATTAC"
J_END = "GGCCAGGGAACCCTGGTCACC"
GERMLINE_J = ("ACTACTTTGACTACTGG", "TGATGCTTTTGATATCTGG", "ACTACTACTACGGTATGGACGTCTGG", "CTGGTACTTCGATCTCTGG")


def repertoire(distinct: int, seed: int) -> pl.DataFrame:
    """REARRANGEMENTS with about `distinct` key regions, half of them error copies."""
    random = np.random.default_rng(seed)
    clones = [_region(random) for _ in range(max(distinct // 2, 3))]
    abundance = random.pareto(1.2, len(clones)) + 0.2
    abundance[3:] *= 0.5 / abundance[3:].sum()
    abundance[:3] = 0.4, 0.05, 0.05
    reads = np.maximum(np.round(abundance * distinct * 10), 1).astype(int)
    rows = dict.fromkeys(clones, 0) | dict(zip(clones, reads.tolist(), strict=True))
    truth = {clone: clone for clone in rows}
    parents = random.choice(len(clones), 2 * distinct, p=abundance / abundance.sum())
    for parent, errors in zip(parents, 1 + (random.random(len(parents)) < 0.1), strict=True):
        copy = _copy(clones[parent], errors, random)
        if len(rows) < distinct and copy not in rows:
            rows[copy] = 1
            truth[copy] = clones[parent]
    return _table(rows, truth)


def _region(random: np.random.Generator) -> str:
    inserted = decode(random.integers(0, 4, 8 + random.poisson(14), dtype=np.uint8))
    return "TGTGCGAGAGA" + inserted + GERMLINE_J[random.integers(len(GERMLINE_J))]


def _copy(region: str, errors: int, random: np.random.Generator) -> str:
    letters = list(region)
    for place in random.integers(0, len(region), errors):
        letters[place] = "ACGT"[("ACGT".index(letters[place]) + random.integers(1, 4)) % 4]
    return "".join(letters)


def _table(rows: dict[str, int], truth: dict[str, str]) -> pl.DataFrame:
    """REARRANGEMENTS; `truth` rides along as `umi`, which `cluster` does not read."""
    frame = pl.DataFrame({"key_region": list(rows), "duplicate_count": list(rows.values())})
    frame = frame.with_columns(
        sequence_id=pl.col("key_region"),
        sequence=V_END + pl.col("key_region") + J_END,
        junction=pl.col("key_region"),
        key_region_start=pl.lit(len(V_END) + 1),
        locus=pl.lit("IGH"),
        system=pl.lit("IGH"),
        v_call=pl.lit("IGHV1-2*02"),
        j_call=pl.lit("IGHJ4*02"),
        umi=pl.Series([truth[region] for region in rows]),
    )
    missing = {name: kind for name, kind in REARRANGEMENTS.schema().items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())


def compare_with_all_pairs(regions: pl.Series, reads: np.ndarray) -> int:
    """Pairs found by the kernel and by comparing all; stops if they differ."""
    order = np.argsort(-reads, kind="stable")
    ragged = Ragged.from_strings(regions.gather(order))
    reads = reads[order]
    settings = Cluster()
    groups = np.zeros(len(order), dtype=np.int64)
    found = neighbours(ragged.codes, ragged.offsets, groups, reads, settings.max_distance, settings.min_ratio)
    expected = set()
    for length in np.unique(ragged.lengths):
        members = np.flatnonzero(ragged.lengths == length)
        codes = np.stack([ragged[i] for i in members])
        for place, parent in enumerate(members):
            distance = (codes != codes[place]).sum(axis=1)
            near = (distance >= 1) & (distance <= settings.max_distance)
            near &= reads[parent] >= settings.min_ratio**distance * reads[members]
            expected |= {(int(parent), int(child)) for child in members[near]}
    if {(parent, child) for parent, child, _ in found.tolist()} != expected:
        raise SystemExit("the kernel's pairs are not those of the all-pairs twin")
    return len(expected)


def main(sizes: list[int]) -> None:
    """Print one line for each size."""
    cluster(repertoire(100, 1), Cluster())
    table = repertoire(5_000, 2)
    pairs = compare_with_all_pairs(table["key_region"], table["duplicate_count"].to_numpy())
    print(f"5,000 key regions: {pairs} pairs, the same as comparing all")
    print("  distinct      reads  clonotypes  seconds  us/region  dominant  peak MB")
    for size in sizes:
        table = repertoire(size, 3)
        start = time.perf_counter()
        clonotypes = cluster(table, Cluster())
        seconds = time.perf_counter() - start
        dominant = table["umi"].filter(table["duplicate_count"] == table["duplicate_count"].max())[0]
        true_reads = table.filter(pl.col("umi") == dominant)["duplicate_count"].sum()
        share = clonotypes["duplicate_count"][0] / true_reads
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{table.height:10,} {table['duplicate_count'].sum():10,} {clonotypes.height:11,} {seconds:8.2f} "
            f"{1e6 * seconds / table.height:10.1f} {share:9.4f} {peak:8.0f}"
        )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
