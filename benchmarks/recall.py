"""Test whether tracking misses a read, against an exhaustive search of every read for every target, both strands.

    python benchmarks/recall.py [--reads 1000000] [--targets 10] [--seed 1] [--whole]

Needs edlib (``pip install edlib``), whose edit distances are the truth. Targets are clone-specific parts of simulated
rearrangements, of 30 to 120 nt, each of another patient and with the edits that its length asks for. Of ten reads, six
contain a target with up to one edit more than allowed (substitutions, inserted and missing bases, anywhere). Three
end inside a target, with a least overlap of 30 nt. One contains none. Reads are on either strand. With --whole, cut
reads do not count: such targets, like those of other patients, may be rejected by the word filter. The output has the
reads that edlib finds and those that tracking counts, by distance, for whole and for cut reads. For cut reads, edlib
searches for every part of the target that counts.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import replace

import edlib
import numpy as np

from clonotrack.config import Track
from clonotrack.germline.load import load_reference
from clonotrack.pgen.allowed_edits import edits_for_length
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.simulate.recombine import draw_genotype, draw_rearrangements
from clonotrack.tables import LOCI
from clonotrack.track.kernels.verify_hits import DISTANCE, FRAGMENT, TARGET
from clonotrack.track.search import TargetSearch
from clonotrack.track.targets import Target

CHUNK = 20_000
LEAST = 30


def make_targets(count: int, rng: np.random.Generator) -> list[Target]:
    """Make targets of all loci and many lengths."""
    reference = load_reference()
    found = []
    for number in range(count):
        (made,) = draw_rearrangements(draw_genotype(reference, LOCI[number % len(LOCI)], rng), 1, rng, min_inserted=4)
        middle = (made.v_end + made.j_start) // 2
        length = int(rng.choice([30, 39, 40, 45, 52, 60, 66, 80, 120]))
        start = max(0, min(middle - length // 2, len(made.sequence) - length))
        part = made.sequence[start : start + length]
        edits = edits_for_length(length, Track())[0]
        target = Target(f"m{number}", "marker", f"p{number}", made.locus, part, part, edits, edits)
        found.append(replace(target, min_prefix=min(LEAST, length), min_suffix=min(LEAST, length)))
    return found


def edited(sequence: str, edits: int, rng: np.random.Generator) -> str:
    """Apply random edits; some may undo others."""
    for _ in range(edits):
        position, kind = int(rng.integers(len(sequence))), int(rng.integers(3))
        inserted = "ACGT"[rng.integers(4)] if kind < 2 else ""
        sequence = sequence[:position] + inserted + sequence[position + (kind != 1) :]
    return sequence


def random_bases(rng: np.random.Generator, least: int, most: int) -> str:
    """Draw at least `least` and fewer than `most` bases."""
    return "".join("ACGT"[i] for i in rng.integers(0, 4, int(rng.integers(least, most))))


def make_read(targets: list[Target], rng: np.random.Generator) -> tuple[str, int, bool]:
    """Make a read; return it, its target (-1 for none), and whether it was cut inside the target."""
    number, kind = int(rng.integers(len(targets))), int(rng.integers(10))
    target = targets[number]
    inner = edited(target.part, int(rng.integers(target.max_edits + 2)), rng)
    before, after = random_bases(rng, 0, 100), random_bases(rng, 0, 100)
    read = before + inner + after
    if kind == 0:
        number, read = -1, random_bases(rng, 50, 250)
    elif kind < 4:
        keep = int(rng.integers(LEAST - 5, max(LEAST - 4, len(inner))))
        read = before + inner[:keep] if rng.random() < 0.5 else inner[-keep:] + after
    return (reverse_complement(read) if rng.random() < 0.5 else read), number, 0 < kind < 4


def whole_distance(read: str, target: Target) -> int:
    """Compute the edits of a target's best position in a read, either strand; more than allowed if there is none."""
    both = (target.part, reverse_complement(target.part))
    found = [edlib.align(part, read, mode="HW", task="distance", k=target.max_edits)["editDistance"] for part in both]
    return min((d for d in found if d >= 0), default=target.max_edits + 1)


def cut_distance(read: str, target: Target, allowed: tuple[list[int], list[int]]) -> int:
    """Compute the edits of the best part of a target, of those that count, with which a read begins or ends."""
    best = target.max_edits + 1
    size = len(target.part)
    for strand in (read, reverse_complement(read)):
        for bases in range(LEAST, size):
            prefix, suffix = allowed[0][bases], allowed[1][bases]
            sides = ((target.part[:bases][::-1], strand[::-1], prefix), (target.part[size - bases :], strand, suffix))
            for part, text, most in sides:
                if most >= 0:
                    found = edlib.align(part, text, mode="SHW", task="distance", k=most)["editDistance"]
                    best = min(best, found) if found >= 0 else best
    return best


def main() -> None:
    """Make reads, search them in both ways, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="count reads with whole targets only")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    targets = make_targets(arguments.targets, rng)
    if arguments.whole:
        targets = [replace(target, min_prefix=None, min_suffix=None) for target in targets]
    search = TargetSearch(targets, load_reference(), None)
    allowed = [search.edits_of_cut_reads(number) for number in range(len(targets))]
    truth, counted, missed, false = Counter[str](), Counter[str](), 0, 0
    begin = time.perf_counter()
    for first in range(0, arguments.reads, CHUNK):
        made = [make_read(targets, rng) for _ in range(min(CHUNK, arguments.reads - first))]
        reads = [read for read, _, _ in made]
        names = np.zeros(len(reads) + 1, dtype=np.int64)
        batch = FragmentBatch(
            ReadBatch.from_arrays(Ragged.from_strings(reads), None, np.zeros(0, dtype=np.uint8), names, first + 1)
        )
        rows = search.find(batch).rows[:, [FRAGMENT, TARGET, DISTANCE]].tolist()
        found = {(read, target): distance for read, target, distance in rows}
        for number, (read, source, is_cut) in enumerate(made):
            near = {t: whole_distance(read, target) for t, target in enumerate(targets)}
            if source >= 0:
                near[source] = min(near[source], cut_distance(read, targets[source], allowed[source]))
            near = {t: d for t, d in near.items() if d <= targets[t].max_edits}
            least = min(near.values(), default=-1)
            expected = {t for t, d in near.items() if d == least}
            tracked = {t: d for t in range(len(targets)) if (d := found.get((number, t))) is not None}
            kind = "cut" if is_cut else "whole"
            truth.update(f"{kind} {least}" for _ in expected)
            counted.update(f"{kind} {least}" for t in expected if tracked.get(t) == least)
            missed += sum(tracked.get(t) != least for t in expected)
            false += len(tracked.keys() - expected)
    print(f"{arguments.reads:,} reads, {len(targets)} targets of {min(len(t.part) for t in targets)} to", end=" ")
    print(f"{max(len(t.part) for t in targets)} nt with {sorted({t.max_edits for t in targets})} edits")
    for kind in sorted(truth):
        print(f"{kind + ' edits':14} edlib {truth[kind]:>9,}   counted {counted[kind]:>9,}")
    print(f"missed or counted with another distance {missed}, counted though edlib finds none {false}")
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
