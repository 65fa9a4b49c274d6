"""Measure the merging of pairs on simulated rearrangements of known length that are read from both ends.

    python benchmarks/pairs.py [--pairs 200000] [--error-rate 0.0015]

The benchmark uses mates of 150 and 250 nt. It prints the share of overlapping pairs that are merged correctly, by the
length of the overlap. It prints the number of merged pairs without overlap: ordinary pairs, and pairs with tandem
repeats or low complexity at their ends. It also prints the wrong bases of merged reads, the number that their
qualities predict, and the speed.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from clonotrack.config import Reads
from clonotrack.germline.load import load_reference
from clonotrack.kernels.arrays import reverse_complement_rows
from clonotrack.reads.kernels.merge import merge_mates
from clonotrack.reads.kernels.overlap import find_overlaps
from clonotrack.sequences import COMPLEMENT, I64, U8, Ragged
from clonotrack.simulate.pcr import Substitutions
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.simulate.sequencer import SimulatedReads, sequence_reads

NONE = np.empty(0, dtype=np.int64)
BINS = ((12, 14), (15, 17), (18, 19), (20, 24), (25, 49), (50, 10**6))
SHARE_SHORT = 0.3  # share of pairs with an overlap of 12 to 30 nt
KINDS = ("repeat", "two bases", "low complexity")


def make_fragments(lengths: I64, rng: np.random.Generator) -> Ragged:
    """Make fragments of given lengths: the ends of rearrangements, followed by random bases if they are too short."""
    reference = load_reference(None)
    loci = ("IGH", "IGK", "TRB", "TRG")
    clones = [r.sequence for locus in loci for r in draw_rearrangements(draw_genotype(reference, locus, rng), 500, rng)]
    chosen = rng.integers(0, len(clones), len(lengths))
    tails = rng.integers(0, 4, (2000, int(lengths.max()))).astype(np.uint8)
    rows = []
    for which, length, tail in zip(chosen.tolist(), lengths.tolist(), rng.integers(0, 2000, len(lengths)), strict=True):
        codes = Ragged.from_strings([clones[which][-length:]]).codes
        rows.append(np.concatenate([codes, tails[tail][: length - len(codes)]]))
    return Ragged(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]))


def make_separate_mates(count: int, read: int, rng: np.random.Generator, kind: str) -> Ragged:
    """Make fragments whose mates do not overlap but have similar inner ends of 10 to 60 nt.

    Args:
        count: number of fragments.
        read: length of a mate [nt].
        rng: random numbers.
        kind: ``repeat`` (both ends have at least two copies of the same unit of 1 to 30 nt, in any phase), ``two
            bases`` (the whole mates have two of the four bases) or ``low complexity`` (a skewed composition).
    """
    rows = []
    for _ in range(count):
        mates = rng.integers(0, 2 if kind == "two bases" else 4, (2, read)).astype(np.uint8)
        ends = [int(length) for length in rng.integers(10, 61, 2)]
        if kind == "repeat":
            unit = rng.integers(0, 4, int(rng.integers(1, 31)))
            tails = [np.resize(np.roll(unit, rng.integers(0, len(unit))), max(2 * len(unit), end)) for end in ends]
            mates[0][-len(tails[0]) :], mates[1][: len(tails[1])] = tails
        if kind == "low complexity":
            shares = rng.dirichlet([0.3] * 4)
            mates[0][-ends[0] :], mates[1][: ends[1]] = (rng.choice(4, end, p=shares) for end in ends)
        rows.append(
            np.concatenate([mates[0], rng.integers(0, 4, int(rng.integers(0, 100))).astype(np.uint8), mates[1]])
        )
    return Ragged(np.concatenate(rows), np.concatenate([[0], np.cumsum([len(row) for row in rows])]))


def merge_batch(batch: SimulatedReads) -> tuple[I64, tuple[U8, U8, I64], float]:
    """Merge the pairs of a batch; return merged lengths (0 if not merged), merged reads, and CPU time [s]."""
    assert batch.mates is not None
    mates, scores = batch.mates
    start = time.process_time()
    second = reverse_complement_rows(mates.codes, scores, mates.offsets, np.ones(len(mates), dtype=np.bool_))
    sides = batch.sequences.codes, batch.qualities, batch.sequences.offsets, *second, mates.offsets
    merged_lengths, _ = find_overlaps(*sides, Reads().max_false_merge)
    merged_reads = merge_mates(
        *sides, merged_lengths, np.zeros((2, 1024, 2), dtype=np.int64), np.zeros((94, 2), dtype=np.int64)
    )
    return merged_lengths, merged_reads, time.process_time() - start


def wrong_bases(
    batch: SimulatedReads, fragments: Ragged, merged_lengths: I64, merged_reads: tuple[U8, U8, I64]
) -> tuple[int, float]:
    """Return the wrong bases of correctly merged pairs, and the number that their qualities predict."""
    codes, scores, offsets = merged_reads
    wrong, expected = 0, 0.0
    for i in np.flatnonzero(merged_lengths == fragments.lengths[batch.origin]).tolist():
        true = fragments[int(batch.origin[i])]
        if batch.reverse[i]:
            true = COMPLEMENT[true[::-1]]
        wrong += int((codes[offsets[i] : offsets[i + 1]] != true).sum())
        expected += float((10.0 ** (scores[offsets[i] : offsets[i + 1]] / -10.0)).sum())
    return wrong, expected


def run(fragments: Ragged, read: int, error_rate: float, seed: int) -> tuple[I64, I64, tuple[int, float], float]:
    """Merge pairs; return true and merged lengths, wrong and predicted bases, and CPU time [s]."""
    rng = random_stream(seed, "pairs")
    edits = Substitutions(NONE, NONE, NONE.astype(np.uint8))
    true, merged, bases, seconds = [], [], (0, 0.0), 0.0
    origin = np.arange(len(fragments))
    for batch in sequence_reads(fragments, origin, edits, error_rate=error_rate, rng=rng, mate_length=read):
        merged_lengths, merged_reads, batch_seconds = merge_batch(batch)
        wrong = wrong_bases(batch, fragments, merged_lengths, merged_reads)
        bases = bases[0] + wrong[0], bases[1] + wrong[1]
        seconds += batch_seconds
        true.append(fragments.lengths[batch.origin])
        merged.append(merged_lengths)
    return np.concatenate(true), np.concatenate(merged), bases, seconds


def report(read: int, pairs: int, error_rate: float) -> None:
    """Print the results for one read length."""
    rng = np.random.default_rng(read)
    short = int(SHARE_SHORT * pairs)
    lengths = np.append(2 * read - rng.integers(12, 31, short), rng.integers(40, 2 * read + 200, pairs - short))
    true, merged, (wrong, expected), seconds = run(make_fragments(lengths, rng), read, error_rate, 1)
    overlap = np.minimum(true, 2 * read - true)
    print(f"\nmates of {read} nt, {pairs:,} pairs, {error_rate:g} errors per base")
    for low, high in BINS:
        here = (overlap >= low) & (overlap <= high)
        right = (merged[here] == true[here]).mean()
        bad = int(((merged[here] != true[here]) & (merged[here] > 0)).sum())
        print(f"  overlap {low:3} to {min(high, read):3} nt {here.sum():8,} pairs: {right:9.3%} correct, {bad} wrong")
    enough = overlap >= BINS[3][0]
    print(f"  overlap of at least 20 nt: {(merged[enough] == true[enough]).mean():.4%} correct")
    exact = {n: (merged[overlap == n] == true[overlap == n]).mean() for n in range(12, 31)}
    print("  by nt: " + ", ".join(f"{n} {share:.2%}" for n, share in exact.items()))
    separate = overlap <= 0
    print(f"  no overlap: {separate.sum():,} pairs, {int((merged[separate] > 0).sum())} merged")
    for kind in KINDS:
        _, lengths, _, _ = run(make_separate_mates(pairs, read, rng, kind), read, error_rate, 2)
        print(f"  no overlap, {kind} at the ends: {len(lengths):,} pairs, {int((lengths > 0).sum())} merged")
    print(f"  wrong bases of merged reads: {wrong:,}, predicted by their qualities: {expected:,.0f}")
    print(f"  {pairs / seconds / 1e6:.3f} million pairs per CPU second")


def main() -> None:
    """Print the results for both read lengths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--error-rate", type=float, default=0.0015)
    options = parser.parse_args()
    run(make_separate_mates(8, 150, np.random.default_rng(0), KINDS[0]), 150, options.error_rate, 0)  # compiles
    for read in (150, 250):
        report(read, options.pairs, options.error_rate)


if __name__ == "__main__":
    main()
