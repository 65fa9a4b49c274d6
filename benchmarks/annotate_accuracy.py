"""Measure the accuracy of annotation on reads of an independent simulator, and compare it with IgBLAST.

    python benchmarks/annotate_accuracy.py [--igh 3000] [--other 1000] [--mutations 0 0.02 0.05 0.1 0.15 0.2]

GenAIRR makes the reads (`pip install GenAIRR`; its licence is GPL, and only this benchmark uses it). They reach from
V to J. All alleles of IMGT are equally frequent; trimming, N bases and context-dependent hypermutation are those of
GenAIRR. T-cell receptors have no hypermutation. Genes that are not in the embedded reference, and orphons, are left
out and printed. Alleles that are not in the reference are left out too. With `--all-alleles` they are included, and a
call of their gene is correct.

IgBLAST uses the embedded reference too. `igblastn` and `makeblastdb` have to be on PATH, and IGDATA has to be the
folder that contains `internal_data`. Without IgBLAST, only clonotrack is measured.

The same rules apply to both programs. A gene is correct if one of the tied genes is the simulated one, or has an
allele with the same sequence. A junction is correct if every base is. It is compared if the read contains both
anchors and the simulator knows them, which it does not for TRGJP1 and TRGJP2, for example.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from igblast import Rows, igblast, read_rows

from clonotrack.germline import KINDS, Reference
from clonotrack.germline.load import load_reference
from clonotrack.sequences import translate

CONFIGS = {
    "IGH": "HUMAN_IGH_IMGT",
    "IGK": "HUMAN_IGK_IMGT",
    "IGL": "HUMAN_IGL_IMGT",
    "TRB": "HUMAN_TCRB_IMGT",
    "TRA": "HUMAN_TCRA_IMGT",
    "TRG": "HUMAN_TCRG_IMGT",
    "TRD": "HUMAN_TCRD_IMGT",
}
MUTATIONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2)


@dataclass(frozen=True)
class Truth:
    """Truth of a read: the genes with the sequences of its alleles, and its junction ("" if it is not compared)."""

    sequence: str
    v: frozenset[str]
    j: frozenset[str]
    junction: str


class Simulator:
    """GenAIRR, restricted to genes of the reference."""

    def __init__(self, reference: Reference, *, all_alleles: bool) -> None:
        try:
            self.genairr = importlib.import_module("GenAIRR")
            self.data = importlib.import_module("GenAIRR.data")
        except ImportError:
            sys.exit("GenAIRR is not installed: pip install GenAIRR")
        self.all_alleles = all_alleles
        self.sequences = [segment.sequence for kind in KINDS for segment in reference.select(kind)]
        self.genes: dict[str, set[str]] = defaultdict(set)
        for segment in (*reference.select("V"), *reference.select("J")):
            self.genes[segment.sequence].add(segment.gene)
        self.called = {segment.gene for kind in KINDS for segment in reference.select(kind)}

    def reads(self, locus: str, number: int, mutation: float) -> tuple[list[Truth], list[str]]:
        """Simulate reads of a locus; return their truth and the names of the genes that are left out."""
        config = getattr(self.data, CONFIGS[locus])
        alleles = {
            kind: {allele.name: allele for group in getattr(config, f"{kind}_alleles").values() for allele in group}
            for kind in "vj"
        }
        for named in alleles.values():
            for name, allele in named.items():
                self.genes[allele.ungapped_seq.upper()].add(gene_of(name))
        known = {kind: [name for name in named if self._known(named[name])] for kind, named in alleles.items()}
        left_out = {gene_of(n) for kind in "vj" for n in alleles[kind]}
        left_out -= {gene_of(n) for kind in "vj" for n in known[kind]}
        experiment = self.genairr.Experiment.on(config).allow_curatable_refdata()
        experiment = experiment.restrict_alleles(**known).recombine()
        if mutation:
            experiment = experiment.mutate(rate=mutation)
        records = experiment.run_records(n=number, seed=1, expose_provenance=True)
        return [self._truth(record, alleles) for record in records], sorted(left_out)

    def _genes_with(self, sequence: str) -> frozenset[str]:
        """Return the genes with an allele that contains the sequence or is part of it (some alleles are partial)."""
        equal = [genes for other, genes in self.genes.items() if other in sequence or sequence in other]
        return frozenset().union(*equal)

    def _known(self, allele: Any) -> bool:
        sequence = allele.ungapped_seq.upper()
        if self.all_alleles:
            return bool(({allele.gene} | self.genes[sequence]) & self.called)
        return any(sequence in other or other in sequence for other in self.sequences)

    def _truth(self, record: Mapping[str, Any], alleles: Mapping[str, Mapping[str, Any]]) -> Truth:
        v, j = (alleles[kind][record[f"truth_{kind}_call"]] for kind in "vj")
        whole = (
            _has_anchor(v, "C")
            and _has_anchor(j, "FW")
            and v.ungapped_len - record["v_trim_3"] >= v.anchor + 3
            and record["j_trim_5"] <= j.anchor
        )
        of_v, of_j = (self._genes_with(allele.ungapped_seq.upper()) for allele in (v, j))
        return Truth(record["sequence"].upper(), of_v, of_j, record["junction"].upper() if whole else "")


def _has_anchor(allele: Any, residues: str) -> bool:
    """Return whether the simulator's anchor of an allele codes for one of the residues (not that of TRGJP1)."""
    return allele.anchor is not None and translate(allele.ungapped_seq[allele.anchor :][:3]) in tuple(residues)


def clonotrack(fasta: Path, folder: Path) -> Rows:
    """Annotate reads with clonotrack and return its rows."""
    out = folder / "clonotrack.tsv"
    subprocess.run([sys.executable, "-m", "clonotrack", "annotate", fasta, "-o", out, "--force"], check=True)
    return read_rows(out)


def correct(truths: Sequence[Truth], rows: Rows) -> tuple[list[bool], list[bool], list[bool]]:
    """Return whether V gene, J gene and junction of each read are correct; junctions only if they are compared."""
    calls = [rows.get(f"r{number}", {}) for number in range(len(truths))]
    v = [bool(genes(row.get("v_call")) & truth.v) for truth, row in zip(truths, calls, strict=True)]
    j = [bool(genes(row.get("j_call")) & truth.j) for truth, row in zip(truths, calls, strict=True)]
    junction = [(row.get("junction") or "") == truth.junction for truth, row in zip(truths, calls, strict=True)]
    return v, j, [one for one, truth in zip(junction, truths, strict=True) if truth.junction]


def gene_of(allele: str) -> str:
    """Return the gene in the name of an allele."""
    return allele.split("*", maxsplit=1)[0]


def genes(call: str | None) -> set[str]:
    """Return the genes of a call, whose alleles are separated by commas."""
    return {gene_of(name) for name in (call or "").split(",") if name}


def misses(
    kind: str, truths: Sequence[Truth], rows: Rows, others: Rows, verdicts: Sequence[bool], most: int
) -> Iterator[str]:
    """Yield a line for each of the first `most` wrong calls: truth, call, and call of the other program."""
    compared = [number for number, truth in enumerate(truths) if kind != "junction" or truth.junction]
    wrong = [number for number, verdict in zip(compared, verdicts, strict=True) if not verdict]
    field = kind if kind == "junction" else f"{kind}_call"
    for number in wrong[:most]:
        expected = getattr(truths[number], kind)
        text = expected if kind == "junction" else "/".join(sorted(expected))
        row, other = rows.get(f"r{number}", {}), others.get(f"r{number}", {})
        yield f"    r{number} {text} not {row.get(field)}; IgBLAST: {other.get(field)}\n"


def main() -> None:
    """Simulate, annotate and compare, for each locus and mutation rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--igh", type=int, default=3000, help="IGH reads at each mutation rate")
    parser.add_argument("--other", type=int, default=1000, help="reads of each other locus at each mutation rate")
    parser.add_argument("--mutations", type=float, nargs="+", default=MUTATIONS)
    parser.add_argument("--loci", nargs="+", default=list(CONFIGS))
    parser.add_argument("--all-alleles", action="store_true", help="include alleles that are not in the reference")
    parser.add_argument("--threads", type=int, default=2, help="threads of IgBLAST")
    parser.add_argument(
        "--misses", type=int, default=0, help="number of wrong calls of clonotrack to print of each kind"
    )
    options = parser.parse_args()
    reference = load_reference()
    simulator = Simulator(reference, all_alleles=options.all_alleles)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        other = igblast(reference, folder, options.threads)
        print(f"{'percent correct':24}{'V gene':>8}{'J gene':>8}{'junction':>10}" + ("   IgBLAST" if other else ""))
        for locus in options.loci:
            rates = options.mutations if locus.startswith("IG") else options.mutations[:1]
            for mutation in rates:
                number = options.igh if locus == "IGH" else options.other
                truths, left_out = simulator.reads(locus, number, mutation)
                if mutation == rates[0] and left_out:
                    print(f"{locus}: not in the reference and left out: {', '.join(left_out)}")
                fasta = folder / "reads.fasta"
                fasta.write_text("".join(f">r{i}\n{truth.sequence}\n" for i, truth in enumerate(truths)))
                start = time.perf_counter()
                rows = clonotrack(fasta, folder)
                verdicts = correct(truths, rows)
                line = f"{locus} {mutation:4.0%} {number:8,} reads " + "".join(
                    f"{100 * sum(of_kind) / len(of_kind):8.1f}" for of_kind in verdicts
                )
                others: Rows = {}
                if other is not None:
                    others = other(fasta, locus)
                    line += "     " + "".join(
                        f"{100 * sum(of_kind) / len(of_kind):8.1f}" for of_kind in correct(truths, others)
                    )
                print(f"{line}   {time.perf_counter() - start:4.0f} s", flush=True)
                for kind, of_kind in zip(("v", "j", "junction"), verdicts, strict=True):
                    print("".join(misses(kind, truths, rows, others, of_kind, options.misses)), end="")


if __name__ == "__main__":
    main()
