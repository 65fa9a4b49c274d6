"""Measure how often other sequences are called rearrangements, and whether E-values are calibrated.

    apt-get download emboss-test bowtie-examples      # real sequences: human genes, mitochondrion, E. coli
    python benchmarks/false_annotations.py --packages DIR [--number 20000] [--near 5000] [--calibration 20000]

The first part counts calls in windows of 150 to 350 nt, on either strand, in equal numbers from these sources:

- simulated rearrangements of all loci, shuffled with equal dinucleotide counts (Altschul and Erickson 1985);
- coding sequences, and whole entries, of the GenBank primate division (emboss-test: HLA, globin, cadherin and others);
- the mitochondrion of the fin whale (emboss-test);
- Escherichia coli 536 (bowtie-examples).

Without --packages, only the first source is used. The second part counts calls in sequences that resemble a part of a
rearrangement: germline V with heptamer, germline D with both flanks, J alone, J before V, and primer pairs. The third
part compares the number of calls up to an E-value with the expected number, in random sequence after true V and with a
loose threshold. The last part counts calls of chimeras.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable
from itertools import cycle, islice, pairwise
from pathlib import Path

import numpy as np
import polars as pl
from Bio import SeqIO

from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.germline import LOCI, Reference, Segment
from clonotrack.germline.load import load_reference
from clonotrack.sequences import reverse_complement
from clonotrack.simulate.labelled_reads import simulate_labelled_reads
from clonotrack.simulate.rearrangement import Rearrangement

MIN_LENGTH, MAX_LENGTH = 150, 350
# Largest E-value of the calls whose number is compared with the expected number.
MAX_EVALUE = 0.1
EMBOSS = Path("usr/share/EMBOSS/test")
E_COLI = Path("usr/share/doc/bowtie/examples/genomes/NC_008253.fna.gz")
Rng = np.random.Generator


def random_bases(rng: Rng, length: int) -> str:
    """Draw a random sequence."""
    return "".join(rng.choice(list("ACGT"), length))


def shuffle_dinucleotides(rng: Rng, sequence: str) -> str:
    """Shuffle a sequence with equal dinucleotide counts: draw a random Eulerian walk."""
    while True:
        after: dict[str, list[str]] = defaultdict(list)
        for base, following in pairwise(sequence):
            after[base].append(following)
        for followers in after.values():
            rng.shuffle(followers)
        last = {base: followers[-1] for base, followers in after.items()}
        if all(_leads_to(base, last, sequence[-1]) for base in after):
            break
    walk = [sequence[0]]
    for _ in range(len(sequence) - 1):
        walk.append(after[walk[-1]].pop(0))
    return "".join(walk)


def _leads_to(base: str, last: dict[str, str], end: str) -> bool:
    """Check whether the last steps from each base lead from this base to the end."""
    for _ in range(5):
        if base == end:
            return True
        base = last[base]
    return False


def draw_window(rng: Rng, sequences: list[str]) -> str:
    """Draw a window of random length, on either strand, from a sequence drawn in proportion to its length."""
    length = int(rng.integers(MIN_LENGTH, MAX_LENGTH + 1))
    weights = np.array([max(0, len(s) - length + 1) for s in sequences], dtype=float)
    chosen = sequences[rng.choice(len(sequences), p=weights / weights.sum())]
    start = int(rng.integers(len(chosen) - length + 1))
    return random_strand(rng, chosen[start : start + length])


def random_strand(rng: Rng, sequence: str) -> str:
    """Return the sequence or its reverse complement, with equal probability."""
    return reverse_complement(sequence) if rng.integers(2) else sequence


def read_packages(packages: Path, folder: Path) -> dict[str, list[str]]:
    """Read the sequences in the Debian packages; return source to sequences."""
    for name in ("emboss-test", "bowtie-examples"):
        (package,) = packages.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    human = list(SeqIO.parse(folder / EMBOSS / "genbank/gbpri1.seq", "genbank"))
    features = [(entry, f) for entry in human for f in entry.features if f.type == "CDS"]
    coding = [str(f.extract(entry).seq) for entry, f in features if all(part.ref is None for part in f.location.parts)]
    mitochondrion = SeqIO.read(folder / EMBOSS / "data/mito.seq", "fasta")
    unzipped = subprocess.run(["zcat", folder / E_COLI], check=True, capture_output=True, text=True).stdout
    return {
        "human coding sequence": [sequence for sequence in coding if len(sequence) > MAX_LENGTH],
        "human genes with introns": [str(entry.seq) for entry in human if len(entry.seq) > MAX_LENGTH],
        "mitochondrion": [str(mitochondrion.seq)],
        "Escherichia coli": ["".join(unzipped.splitlines()[1:])],
    }


def simulate_reads(reference: Reference, number: int) -> list[str]:
    """Simulate reads of all loci, 280 nt long."""
    batches = simulate_labelled_reads(reference, LOCI, number, clonotypes=number, length=280, error_rate=0.001)
    return [read for batch, _ in batches for read in batch.sequences.to_strings()]


def partial_rearrangements(reference: Reference, rng: Rng, number: int) -> dict[str, list[str]]:
    """Make sequences that contain a part of a rearrangement; return kind to sequences."""
    v, d, j = (list(reference.select(kind)) for kind in ("V", "D", "J"))

    def repeat(make: Callable[[int], str]) -> list[str]:
        return [random_strand(rng, make(i)) for i in range(number)]

    def random_tail(low: int = 20, high: int = 200) -> str:
        return random_bases(rng, int(rng.integers(low, high)))

    return {
        "germline V, CACAGTG, random": repeat(lambda i: v[i % len(v)].sequence + "CACAGTG" + random_tail()),
        "V with 8 % substitutions, random": repeat(lambda i: substitute(rng, v[i % len(v)].sequence) + random_tail()),
        "random, J": repeat(lambda i: random_tail(100, 250) + j[i % len(j)].sequence),
        "random, J, random": repeat(lambda i: random_tail(60, 150) + j[i % len(j)].sequence + random_tail(50, 100)),
        "D with both flanks": repeat(lambda i: random_tail() + with_flanks(d[i % len(d)]) + random_tail()),
        "D with both flanks, J": repeat(
            lambda i: with_flanks(d[i % len(d)]) + random_tail(30, 60) + first_j(reference, d[i % len(d)])
        ),
        "J before V": repeat(lambda i: j[i % len(j)].sequence + random_tail(0, 30) + v[i % len(v)].sequence),
        "primer of V, primer of J": repeat(
            lambda i: (
                v[i % len(v)].sequence[60:80] + random_tail(0, 8) + reverse_complement(j[i % len(j)].sequence[-20:])
            )
        ),
    }


def with_flanks(d: Segment) -> str:
    """Return a D with its genomic flanks."""
    return d.flank_5 + d.sequence + d.flank_3


def first_j(reference: Reference, d: Segment) -> str:
    """Return the first J of the locus of a D."""
    return reference.select("J", d.locus)[0].sequence


def substitute(rng: Rng, sequence: str) -> str:
    """Substitute 8 % of the bases."""
    return "".join(rng.choice([b for b in "ACGT" if b != base]) if rng.random() < 0.08 else base for base in sequence)


def annotate_called(reference: Reference, sequences: list[str], settings: Annotate) -> pl.DataFrame:
    """Annotate sequences and keep the rows with a call."""
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(len(sequences))], "sequence": sequences})
    return annotate(frame, reference, settings, threads=2).filter(pl.col("locus").is_not_null())


def report(reference: Reference, name: str, sequences: list[str]) -> int:
    """Count the calls in sequences, print and return the number."""
    calls = annotate_called(reference, sequences, Annotate())
    systems = ", ".join(f"{n} {system}" for system, n in calls["system"].value_counts(sort=True).iter_rows())
    print(f"{name:34} {calls.height:5} of {len(sequences):6,} called  {systems}", flush=True)
    return calls.height


def calibration(reference: Reference, rng: Rng, number: int) -> None:
    """Print the observed and the expected number of calls up to an E-value, in random sequence after true V."""
    v = [segment.sequence[: -int(rng.integers(1, 10))] for segment in islice(cycle(reference.select("V")), number)]
    reads = [sequence + random_bases(rng, int(rng.integers(50, 150))) for sequence in v]
    settings = Annotate(min_j_score=0, max_j_expected=MAX_EVALUE)
    evalues = annotate_called(reference, reads, settings)["rearrangement_evalue"]
    print(f"\n{number:,} germline V with 50 to 150 random bases after them")
    for level in (MAX_EVALUE, 0.03, 0.01, 0.003, 0.001):
        print(f"E-value up to {level:5}: {(evalues <= level).sum():5} called, {level * number:7.0f} expected")
    for locus in ("IGH", "TRB", "TRD"):
        v = [segment.sequence[:-4] for segment in islice(cycle(reference.select("V", locus)), number // 4)]
        j = [segment.sequence[5:] for segment in islice(cycle(reference.select("J", locus)), number // 4)]
        reads = [a + random_bases(rng, int(rng.integers(8, 45))) + b for a, b in zip(v, j, strict=True)]
        evalues = annotate_called(reference, reads, Annotate())["d_support"]
        for level in (0.04, 0.01, 0.003):
            text = f"{(evalues <= level).sum():5} called, {level * len(reads):7.0f} expected"
            print(f"D of {locus} in 8 to 44 random bases, E-value up to {level:5}: {text}")


def chimeras(reference: Reference, rng: Rng, number: int) -> None:
    """Print how many chimeras are called chimeric, and how many reads of a single rearrangement."""
    print(f"\n{number:,} reads of each kind: number called chimeric")
    for locus, mutation in (("IGH", 0.0), ("IGH", 0.1), ("IGK", 0.0), ("TRA", 0.0), ("TRB", 0.0)):
        first, second = (_draw_rearrangements(reference, locus, number, mutation, seed) for seed in (1, 2))
        joined = [a.amplicon(280) + b.amplicon(280) for a, b in zip(first, second, strict=True)]
        switched = []
        for a, b in zip(first, second, strict=True):
            before = int(rng.integers(40, 220))
            switched.append(a.sequence[: a.key_start - before][-100:] + b.sequence[b.key_start - before :])
        chimeric = [annotate_called(reference, reads, Annotate())["chimeric"].sum() for reads in (joined, switched)]
        print(f"{locus}, {mutation:4.0%} mutated: two joined {chimeric[0]:5}, V changes inside {chimeric[1]:5}")
    for locus in ("IGH", "IGK", "IGL"):
        reads = [r.amplicon(300) for r in _draw_rearrangements(reference, locus, number, 0.2, 1)]
        chimeric_reads = annotate_called(reference, reads, Annotate())["chimeric"].sum()
        print(f"{locus},  20% mutated: single rearrangement {chimeric_reads:5}")


def _draw_rearrangements(
    reference: Reference, locus: str, number: int, mutation: float, seed: int
) -> tuple[Rearrangement, ...]:
    """Draw rearrangements of one locus."""
    batches = simulate_labelled_reads(reference, [locus], number, clonotypes=number, mutation=mutation, seed=seed)
    return next(rearrangements for _, rearrangements in batches)


def main() -> None:
    """Run the four parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder with the .deb files")
    parser.add_argument("--number", type=int, default=20_000, help="windows of the first part, over all sources")
    parser.add_argument("--near", type=int, default=5_000, help="sequences of each kind of the second part")
    parser.add_argument("--calibration", type=int, default=20_000, help="sequences of the third part")
    parser.add_argument("--chimeras", type=int, default=1_500, help="reads of each kind of the last part")
    options = parser.parse_args()
    rng, reference = np.random.default_rng(1), load_reference()
    with tempfile.TemporaryDirectory() as folder:
        kinds = read_packages(options.packages, Path(folder)) if options.packages else {}
    each = options.number // (1 + len(kinds))
    total = report(
        reference, "shuffled rearrangements", [shuffle_dinucleotides(rng, r) for r in simulate_reads(reference, each)]
    )
    for name, sequences in kinds.items():
        total += report(reference, name, [draw_window(rng, sequences) for _ in range(each)])
    print(f"{'total':34} {total:5} of {each * (1 + len(kinds)):6,}: {1000 * total / options.number:.2f} in 1,000\n")
    for name, sequences in partial_rearrangements(reference, rng, options.near).items():
        report(reference, name, sequences)
    calibration(reference, rng, options.calibration)
    chimeras(reference, rng, options.chimeras)


if __name__ == "__main__":
    main()
