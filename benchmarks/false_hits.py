"""Count false hits in reads of people without the clone: faults, sequencing errors, cells that carry the sequence.

    python benchmarks/false_hits.py [--reads 5000000] [--seed 1]
    python benchmarks/false_hits.py --edits 300

The reads are polyclonal, of another person than the markers, 150 nt with 0.3 % errors, in equal shares of eight
systems. There are forty markers of all systems, twelve of them short TRG and IGH D-J ones, with the edits that
`clonotrack markers` gives them. A hit is *biology* if the rearrangement, without the errors of its read, is within the
edits of the marker: the cell carries the sequence. It is a *sequencing error* if only the read with its errors is, and
a *fault* if not even the read is. Next to each is the number that the recombination model expects with that person's
gene usage, and the sequencing errors that it expects in 1,000,000,000 reads.

With --edits N, there are no reads. For N random markers of each system, the output has how many have which edits, the
median of their background rate, and the share of reads that 0.3 % errors take beyond their edits.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from clonotrack.config import Track
from clonotrack.germline import Reference, Segment
from clonotrack.germline.load import load_reference
from clonotrack.germline.recombination_stats import JUNCTION_MODELS, N_BASE_PROBABILITIES
from clonotrack.markers.target_region import target_region
from clonotrack.pgen.allowed_edits import (
    INDEL_FACTOR,
    GenerationModels,
    edits_for_length,
    matching_error_rate,
    matching_loss,
)
from clonotrack.pgen.kernels import RecombinationModel
from clonotrack.pgen.model import generation_probability, recombination_model
from clonotrack.raw_reads.batches import FragmentBatch, ReadBatch
from clonotrack.sequences import Ragged, decode, encode, reverse_complement
from clonotrack.simulate.recombine import (
    Genotype,
    draw_genotype,
    draw_lengths,
    draw_p_lengths,
    draw_rearrangements,
    p_bases_after,
    p_bases_before,
)
from clonotrack.tables import LOCI
from clonotrack.track.kernels.distance import prefix_distances
from clonotrack.track.kernels.verify_hits import FRAGMENT, TARGET
from clonotrack.track.search import TargetSearch
from clonotrack.track.targets import Target

NUMBERS = {"IGH": 6, "IGH+": 4, "IGK": 5, "IGL": 3, "TRA": 3, "TRB": 6, "TRG": 8, "TRD": 5}
ERRORS = 0.003
LENGTH = 150
CHUNK = 40_000
FLANK = 50


@dataclass(frozen=True)
class Person:
    """One person's germline segments, and how often each is used."""

    germlines: dict[str, Genotype]

    def draw(self, system: str, count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
        """Draw sequence and key region of random rearrangements."""
        if system == "IGH+":
            return [self._incomplete(rng) for _ in range(count)]
        return [(made.sequence, made.key_region) for made in draw_rearrangements(self.germlines[system], count, rng)]

    def _incomplete(self, rng: np.random.Generator) -> tuple[str, str]:
        """Draw a D-J joint with the flank before the D."""
        germline, model = self.germlines["IGH"], JUNCTION_MODELS["IGH"]
        assert germline.d is not None
        d = germline.d.segments[int(germline.d.draw(1, rng)[0])]
        j = germline.j.segments[int(germline.j.draw(1, rng)[0])]
        cut_d, cut_j, n = (int(draw_lengths(mean, 1, rng)[0]) for mean in (model.d3_trim, model.j_trim, model.n2))
        cut_d, cut_j = min(cut_d, len(d.sequence)), min(cut_j, j.anchor or 0)
        p_d, p_j = draw_p_lengths(np.array([cut_d, cut_j]), rng).tolist()
        left, right = d.flank_5 + d.sequence[: len(d.sequence) - cut_d], j.sequence[cut_j:]
        inserted = decode(rng.choice(4, n, p=N_BASE_PROBABILITIES).astype(np.uint8))
        middle = p_bases_after(left, p_d) + inserted + p_bases_before(right, p_j)
        end = (j.anchor or 0) + 3 - cut_j
        return left + middle + right, left[-10:] + middle + right[:end]

    def usage(self, system: str, reference: Reference) -> dict[str, float]:
        """Return the usage of each allele times the alleles of its gene, among which the model divides a gene."""
        germline = self.germlines[system[:3]]
        of_gene = Counter(s.gene for s in reference.segments if s.functionality in ("F", ""))
        pools = [pool for pool in (germline.v, germline.d, germline.j) if pool is not None]
        return {
            segment.allele: float(weight) * of_gene[segment.gene]
            for pool in pools
            for segment, weight in zip(pool.segments, pool.weights, strict=True)
        }


def person(reference: Reference, rng: np.random.Generator) -> Person:
    """Draw a person's germline segments."""
    return Person({locus: draw_genotype(reference, locus, rng) for locus in LOCI})


def make_markers(patient: Person, reference: Reference, rng: np.random.Generator) -> list[Target]:
    """Make the markers, each of another patient."""
    pgen_models, settings, found = GenerationModels(reference), Track(), []
    for system, count in NUMBERS.items():
        for sequence, key in patient.draw(system, count, rng):
            part = target_region(sequence, key, 40)
            codes = part.sequence[part.start - 1 : part.end]
            wanted = edits_for_length(len(codes), settings)[0]
            edits = pgen_models.allowed_edits(codes, system, None, settings, wanted).max_edits
            name = f"{system}.{len(found)}"
            found.append(Target(name, "marker", name, None, sequence, codes, edits, edits, system=system))
    return found


def edits_table(someone: Person, reference: Reference, count: int, rng: np.random.Generator) -> None:
    """Print the allowed edits of random markers of each system."""
    pgen_models, settings = GenerationModels(reference), Track()
    print("system   0 edits  1  2  3 or more   background_rate: median, 90th percentile   mean loss")
    for system in NUMBERS:
        rates, edits, losses = [], [], []
        for sequence, key in someone.draw(system, count, rng):
            part = target_region(sequence, key, 40)
            codes = part.sequence[part.start - 1 : part.end]
            wanted = edits_for_length(len(codes), settings)[0]
            allowed = pgen_models.allowed_edits(codes, system, None, settings, wanted)
            edits.append(min(allowed.max_edits, 3))
            rates.append(allowed.background_rate or 0.0)
            losses.append(matching_loss(len(codes), allowed.max_edits, ERRORS))
        shares = " ".join(f"{share / count:5.0%}" for share in np.bincount(edits, minlength=4))
        print(f"{system:8} {shares}   {np.median(rates):9.1e} {np.quantile(rates, 0.9):9.1e}   {np.mean(losses):6.1%}")


def models(someone: Person, reference: Reference) -> dict[str, RecombinationModel]:
    """Build the recombination models with the gene usage of a person."""
    found = {}
    for system in NUMBERS:
        weights = someone.usage(system, reference)

        def usage(segment: Segment, weights: dict[str, float] = weights) -> float:
            return weights.get(segment.allele, 1e-12)

        model = recombination_model(reference, system, usage)
        assert model is not None
        found[system] = model
    return found


def with_errors(sequences: list[str], rng: np.random.Generator) -> list[str]:
    """Make reads with sequencing errors, on either strand."""
    reads = []
    for sequence in sequences:
        codes = encode(sequence[-LENGTH:])
        wrong = np.flatnonzero(rng.random(len(codes)) < ERRORS)
        codes[wrong] = (codes[wrong] + rng.integers(1, 4, len(wrong))) % 4
        read = decode(codes)
        reads.append(reverse_complement(read) if rng.random() < 0.5 else read)
    return reads


def main() -> None:
    """Make markers and reads, track them, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--edits", type=int, help="number of markers of each system; no reads")
    arguments = parser.parse_args()
    begin = time.perf_counter()
    rng, reference = np.random.default_rng(arguments.seed), load_reference()
    if arguments.edits:
        edits_table(person(reference, rng), reference, arguments.edits, rng)
        return
    markers = make_markers(person(reference, rng), reference, rng)
    other = person(reference, rng)
    search = TargetSearch(markers, reference, None)
    per_system = arguments.reads // len(NUMBERS)
    hits: dict[int, Counter[int]] = defaultdict(Counter)
    wrong = faults = 0
    for system in NUMBERS:
        for first in range(0, per_system, CHUNK):
            true = [sequence for sequence, _ in other.draw(system, min(CHUNK, per_system - first), rng)]
            reads = with_errors(true, rng)
            names = np.zeros(len(reads) + 1, dtype=np.int64)
            chunk = ReadBatch.from_arrays(Ragged.from_strings(reads), None, np.zeros(0, dtype=np.uint8), names, 1)
            for number, target in search.find(FragmentBatch(chunk)).rows[:, [FRAGMENT, TARGET]].tolist():
                marker = markers[target]
                distance = least_edits(marker, true[number])
                wrong += distance > marker.max_edits
                faults += least_edits(marker, reads[number]) > marker.max_edits
                hits[target][min(distance, marker.max_edits + 1)] += 1
    expected = report(markers, models(other, reference), hits, per_system)
    print(f"{per_system * len(NUMBERS):,} reads: {faults} faults; sequencing errors {wrong}, expected {expected:.3g}")
    print(f"{time.perf_counter() - begin:.0f} s")


def least_edits(marker: Target, sequence: str) -> int:
    """Compute the edits of the marker's best position in a sequence, either strand."""
    both = (sequence, reverse_complement(sequence))
    return min(int(prefix_distances(encode(marker.part), encode(strand))[-1]) for strand in both)


def report(
    markers: list[Target], model: dict[str, RecombinationModel], hits: dict[int, Counter[int]], per_system: int
) -> float:
    """Print one line per marker; return the sequencing errors that are expected in all reads."""
    print("marker    nt edits   exact hits  expected   all hits  expected   errors in 1e9 reads")
    total = np.zeros(5)
    for number, marker in enumerate(markers):
        shares = generation_probability(marker.part, model[marker.system or ""], marker.max_edits + 3)
        shares *= INDEL_FACTOR ** np.arange(len(shares))
        errors = 1e9 * matching_error_rate(shares, marker.max_edits, ERRORS)
        expected = per_system * shares[: marker.max_edits + 1]
        by_distance = hits[number]
        biology = sum(count for distance, count in by_distance.items() if distance <= marker.max_edits)
        line = np.array([by_distance[0], expected[0], biology, expected.sum(), errors])
        total += line
        print(f"{marker.target_id:9} {len(marker.part):3} {marker.max_edits:4} ", end="")
        print("{:12,.0f} {:9,.2f} {:10,.0f} {:9,.2f} {:12.2g}".format(*line))
    print("{:19}{:12,.0f} {:9,.2f} {:10,.0f} {:9,.2f} {:12.2g}".format("all", *total))
    return float(total[-1]) * per_system / 1e9


if __name__ == "__main__":
    main()
