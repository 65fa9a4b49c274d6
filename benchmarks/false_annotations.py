"""How often a sequence that is no rearrangement is called one, and whether E-values mean what they say.

    apt-get download emboss-test bowtie-examples      # real sequences: human genes, mitochondrion, E. coli
    python benchmarks/false_annotations.py --packages DIR [--number 20000] [--near 5000] [--calibration 20000]

Windows of 150 to 350 nt on either strand, in equal parts: simulated rearrangements of all loci shuffled with their
dinucleotides kept (Altschul and Erickson 1985), coding sequences and whole entries of the GenBank primate division
(emboss-test: HLA, globin, cadherin and other human genes), the mitochondrion of the fin whale (emboss-test),
Escherichia coli 536 (bowtie-examples). Without --packages only the first. Then what looks like half a rearrangement:
germline V with heptamer, germline D with both flanks, J alone, J in front of V, primer pairs. Last, random sequence
behind true V, with loose thresholds: how many calls reach an E-value, against how many should; and chimeras.
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

SHORTEST, LONGEST = 150, 350
# E-value up to which calls are made where E-values are held against what is found.
CALIBRATED = 0.1
TEST = Path("usr/share/EMBOSS/test")
E_COLI = Path("usr/share/doc/bowtie/examples/genomes/NC_008253.fna.gz")
Rng = np.random.Generator


def random_bases(rng: Rng, length: int) -> str:
    """Random sequence."""
    return "".join(rng.choice(list("ACGT"), length))


def shuffled(rng: Rng, sequence: str) -> str:
    """A random sequence with the same dinucleotides: a random Eulerian walk."""
    while True:
        after: dict[str, list[str]] = defaultdict(list)
        for one, two in pairwise(sequence):
            after[one].append(two)
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
    """Whether the last steps from each base lead from this one to the end."""
    for _ in range(5):
        if base == end:
            return True
        base = last[base]
    return False


def window(rng: Rng, sequences: list[str]) -> str:
    """A window of a random length, from a sequence chosen by its length, on either strand."""
    length = int(rng.integers(SHORTEST, LONGEST + 1))
    weights = np.array([max(0, len(s) - length + 1) for s in sequences], dtype=float)
    chosen = sequences[rng.choice(len(sequences), p=weights / weights.sum())]
    start = int(rng.integers(len(chosen) - length + 1))
    return either(rng, chosen[start : start + length])


def either(rng: Rng, sequence: str) -> str:
    """The sequence or its reverse complement."""
    return reverse_complement(sequence) if rng.integers(2) else sequence


def unpacked(packages: Path, folder: Path) -> dict[str, list[str]]:
    """Sequences that Debian packages carry, by what they are."""
    for name in ("emboss-test", "bowtie-examples"):
        (package,) = packages.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    human = list(SeqIO.parse(folder / TEST / "genbank/gbpri1.seq", "genbank"))
    whole = [(entry, f) for entry in human for f in entry.features if f.type == "CDS"]
    coding = [str(f.extract(entry).seq) for entry, f in whole if all(part.ref is None for part in f.location.parts)]
    mitochondrion = SeqIO.read(folder / TEST / "data/mito.seq", "fasta")
    unzipped = subprocess.run(["zcat", folder / E_COLI], check=True, capture_output=True, text=True).stdout
    return {
        "human coding sequence": [one for one in coding if len(one) > LONGEST],
        "human genes with introns": [str(entry.seq) for entry in human if len(entry.seq) > LONGEST],
        "mitochondrion": [str(mitochondrion.seq)],
        "Escherichia coli": ["".join(unzipped.splitlines()[1:])],
    }


def rearrangements(reference: Reference, number: int) -> list[str]:
    """Simulated reads of all loci, 280 nt."""
    batches = simulate_labelled_reads(reference, LOCI, number, clonotypes=number, length=280, error_rate=0.001)
    return [read for batch, _ in batches for read in batch.sequences.to_strings()]


def near(reference: Reference, rng: Rng, number: int) -> dict[str, list[str]]:
    """What holds a part of a rearrangement, and is none."""
    v, d, j = (list(reference.select(kind)) for kind in ("V", "D", "J"))

    def some(make: Callable[[int], str]) -> list[str]:
        return [either(rng, make(i)) for i in range(number)]

    def tail(low: int = 20, high: int = 200) -> str:
        return random_bases(rng, int(rng.integers(low, high)))

    return {
        "germline V, CACAGTG, random": some(lambda i: v[i % len(v)].sequence + "CACAGTG" + tail()),
        "V with 8 % substitutions, random": some(lambda i: substituted(rng, v[i % len(v)].sequence) + tail()),
        "random, J": some(lambda i: tail(100, 250) + j[i % len(j)].sequence),
        "random, J and what follows": some(lambda i: tail(60, 150) + j[i % len(j)].sequence + tail(50, 100)),
        "D with both flanks": some(lambda i: tail() + flanked(d[i % len(d)]) + tail()),
        "D with both flanks, J": some(
            lambda i: flanked(d[i % len(d)]) + tail(30, 60) + beside(reference, d[i % len(d)])
        ),
        "J before V": some(lambda i: j[i % len(j)].sequence + tail(0, 30) + v[i % len(v)].sequence),
        "primer of V, primer of J": some(
            lambda i: v[i % len(v)].sequence[60:80] + tail(0, 8) + reverse_complement(j[i % len(j)].sequence[-20:])
        ),
    }


def flanked(d: Segment) -> str:
    """A D as the chromosome has it."""
    return d.flank_5 + d.sequence + d.flank_3


def beside(reference: Reference, d: Segment) -> str:
    """The first J of the D's locus."""
    return reference.select("J", d.locus)[0].sequence


def substituted(rng: Rng, sequence: str) -> str:
    """8 % of the bases replaced by another one."""
    return "".join(rng.choice([b for b in "ACGT" if b != base]) if rng.random() < 0.08 else base for base in sequence)


def called(reference: Reference, sequences: list[str], settings: Annotate) -> pl.DataFrame:
    """The calls of sequences."""
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(len(sequences))], "sequence": sequences})
    return annotate(frame, reference, settings, threads=2).filter(pl.col("locus").is_not_null())


def report(reference: Reference, name: str, sequences: list[str]) -> int:
    """Print how many are called; the number."""
    found = called(reference, sequences, Annotate())
    systems = ", ".join(f"{n} {system}" for system, n in found["system"].value_counts(sort=True).iter_rows())
    print(f"{name:34} {found.height:5} of {len(sequences):6,} called  {systems}", flush=True)
    return found.height


def calibration(reference: Reference, rng: Rng, number: int) -> None:
    """Print how many of true V with random sequence behind reach an E-value, and how many should."""
    v = [one.sequence[: -int(rng.integers(1, 10))] for one in islice(cycle(reference.select("V")), number)]
    reads = [one + random_bases(rng, int(rng.integers(50, 150))) for one in v]
    found = called(reference, reads, Annotate(min_j_score=0, max_j_expected=CALIBRATED))["rearrangement_evalue"]
    print(f"\n{number:,} germline V with 50 to 150 random bases behind them")
    for level in (CALIBRATED, 0.03, 0.01, 0.003, 0.001):
        print(f"E-value up to {level:5}: {(found <= level).sum():5} called, {level * number:7.0f} would be expected")
    for locus in ("IGH", "TRB", "TRD"):
        v = [one.sequence[:-4] for one in islice(cycle(reference.select("V", locus)), number // 4)]
        j = [one.sequence[5:] for one in islice(cycle(reference.select("J", locus)), number // 4)]
        reads = [one + random_bases(rng, int(rng.integers(8, 45))) + other for one, other in zip(v, j, strict=True)]
        found = called(reference, reads, Annotate())["d_support"]
        for level in (0.04, 0.01, 0.003):
            text = f"{(found <= level).sum():5} called, {level * len(reads):7.0f} would be expected"
            print(f"D of {locus} in 8 to 44 random bases, E-value up to {level:5}: {text}")


def chimeras(reference: Reference, rng: Rng, number: int) -> None:
    """Print how many chimeras are told, and how many reads of one rearrangement are taken for one."""
    print(f"\n{number:,} reads of each kind: called chimeric")
    for locus, mutation in (("IGH", 0.0), ("IGH", 0.1), ("IGK", 0.0), ("TRA", 0.0), ("TRB", 0.0)):
        one, other = (_whole(reference, locus, number, mutation, seed) for seed in (1, 2))
        joined = [a.amplicon(280) + b.amplicon(280) for a, b in zip(one, other, strict=True)]
        switched = []
        for a, b in zip(one, other, strict=True):
            before = int(rng.integers(40, 220))
            switched.append(a.sequence[: a.key_start - before][-100:] + b.sequence[b.key_start - before :])
        told = [called(reference, reads, Annotate())["chimeric"].sum() for reads in (joined, switched)]
        print(f"{locus}, {mutation:4.0%} mutated: two joined {told[0]:5}, V left for another's {told[1]:5}")
    for locus in ("IGH", "IGK", "IGL"):
        reads = [r.amplicon(300) for r in _whole(reference, locus, number, 0.2, 1)]
        print(f"{locus},  20% mutated: of one rearrangement {called(reference, reads, Annotate())['chimeric'].sum():5}")


def _whole(reference: Reference, locus: str, number: int, mutation: float, seed: int) -> tuple[Rearrangement, ...]:
    """Simulated rearrangements."""
    made = simulate_labelled_reads(reference, [locus], number, clonotypes=number, mutation=mutation, seed=seed)
    return next(rearrangements for _, rearrangements in made)


def main() -> None:
    """Count false annotations of each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder with the .deb files")
    parser.add_argument("--number", type=int, default=20_000, help="sequences that are no rearrangement, in all")
    parser.add_argument("--near", type=int, default=5_000, help="of each kind of half a rearrangement")
    parser.add_argument("--calibration", type=int, default=20_000)
    parser.add_argument("--chimeras", type=int, default=1_500)
    options = parser.parse_args()
    rng, reference = np.random.default_rng(1), load_reference()
    with tempfile.TemporaryDirectory() as folder:
        kinds = unpacked(options.packages, Path(folder)) if options.packages else {}
    each = options.number // (1 + len(kinds))
    total = report(reference, "shuffled rearrangements", [shuffled(rng, r) for r in rearrangements(reference, each)])
    for name, sequences in kinds.items():
        total += report(reference, name, [window(rng, sequences) for _ in range(each)])
    print(f"{'in all':34} {total:5} of {each * (1 + len(kinds)):6,}: {1000 * total / options.number:.2f} in 1,000\n")
    for name, sequences in near(reference, rng, options.near).items():
        report(reference, name, sequences)
    calibration(reference, rng, options.calibration)
    chimeras(reference, rng, options.chimeras)


if __name__ == "__main__":
    main()
