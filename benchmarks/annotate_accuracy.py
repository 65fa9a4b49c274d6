"""How right annotations are, beside IgBLAST on the same reads, by an independent simulator.

    python benchmarks/annotate_accuracy.py [--igh 3000] [--other 1000] [--mutations 0 0.02 0.05 0.1 0.15 0.2]

Reads come from GenAIRR (`pip install GenAIRR`; GPL: only this benchmark uses it): V to J, alleles of IMGT's sets
drawn evenly, its trimming and N bases, its context-dependent hypermutation at a rate (none for T cell receptors, which
do not hypermutate). Genes that the embedded reference does not call from (orphons, and those it lacks) are left out and
named. So are alleles that it lacks, unless `--all-alleles` is given: then their gene is asked for.

IgBLAST gets the embedded reference too. It has to be on PATH with `makeblastdb`, and IGDATA has to name its folder with
`internal_data`; without it only clonotrack is measured.

A gene is right if any gene of a tie is that of the simulated allele, or has an allele of the same sequence. A junction
is right if every base is; it is asked for where trimming left both anchors in the read and where the simulator knows
them (not those of TRGJP1 and TRGJP2, for example). Both programs are judged by the same rules.
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

from igblast import Rows, called, igblast

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
    """What a read was made of: genes that have the alleles' sequences, and the junction ("" where there is none)."""

    sequence: str
    v: frozenset[str]
    j: frozenset[str]
    junction: str


class Simulator:
    """GenAIRR, held to genes of the reference."""

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
        """Reads of a locus, and the genes that were left out."""
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

    def _alike(self, sequence: str) -> frozenset[str]:
        """Genes with an allele that is this one, or a piece of it, or holds it (some of IMGT's are incomplete)."""
        alike = [genes for other, genes in self.genes.items() if other in sequence or sequence in other]
        return frozenset().union(*alike)

    def _known(self, allele: Any) -> bool:
        sequence = allele.ungapped_seq.upper()
        if self.all_alleles:
            return bool(({allele.gene} | self.genes[sequence]) & self.called)
        return any(sequence in other or other in sequence for other in self.sequences)

    def _truth(self, record: Mapping[str, Any], alleles: Mapping[str, Mapping[str, Any]]) -> Truth:
        v, j = (alleles[kind][record[f"truth_{kind}_call"]] for kind in "vj")
        whole = (
            _has(v, "C")
            and _has(j, "FW")
            and v.ungapped_len - record["v_trim_3"] >= v.anchor + 3
            and record["j_trim_5"] <= j.anchor
        )
        of_v, of_j = (self._alike(allele.ungapped_seq.upper()) for allele in (v, j))
        return Truth(record["sequence"].upper(), of_v, of_j, record["junction"].upper() if whole else "")


def _has(allele: Any, residues: str) -> bool:
    """Whether the simulator's anchor of an allele is one: TRGJP1's, for one, is not."""
    return allele.anchor is not None and translate(allele.ungapped_seq[allele.anchor :][:3]) in tuple(residues)


def clonotrack(fasta: Path, folder: Path) -> Rows:
    """Calls of clonotrack."""
    out = folder / "clonotrack.tsv"
    subprocess.run([sys.executable, "-m", "clonotrack", "annotate", fasta, "-o", out, "--force"], check=True)
    return called(out)


def right(truths: Sequence[Truth], rows: Rows) -> tuple[list[bool], list[bool], list[bool]]:
    """Of each read: V gene, J gene, junction right."""
    found = [rows.get(f"r{number}", {}) for number in range(len(truths))]
    v = [bool(genes(row.get("v_call")) & truth.v) for truth, row in zip(truths, found, strict=True)]
    j = [bool(genes(row.get("j_call")) & truth.j) for truth, row in zip(truths, found, strict=True)]
    junction = [(row.get("junction") or "") == truth.junction for truth, row in zip(truths, found, strict=True)]
    return v, j, [one for one, truth in zip(junction, truths, strict=True) if truth.junction]


def gene_of(allele: str) -> str:
    """The gene of an allele's name."""
    return allele.split("*", maxsplit=1)[0]


def genes(call: str | None) -> set[str]:
    """Genes of a comma-separated call."""
    return {gene_of(name) for name in (call or "").split(",") if name}


def misses(
    kind: str, truths: Sequence[Truth], rows: Rows, others: Rows, verdicts: Sequence[bool], most: int
) -> Iterator[str]:
    """What was called instead, of the first few wrong ones, and what the other program called."""
    asked = [number for number, truth in enumerate(truths) if kind != "junction" or truth.junction]
    wrong = [number for number, verdict in zip(asked, verdicts, strict=True) if not verdict]
    field = kind if kind == "junction" else f"{kind}_call"
    for number in wrong[:most]:
        expected = getattr(truths[number], kind)
        text = expected if kind == "junction" else "/".join(sorted(expected))
        row, other = rows.get(f"r{number}", {}), others.get(f"r{number}", {})
        yield f"    r{number} {text} not {row.get(field)}; IgBLAST: {other.get(field)}\n"


def main() -> None:
    """Simulate, call, compare, locus by locus and mutation by mutation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--igh", type=int, default=3000, help="IGH reads at each rate of mutation")
    parser.add_argument("--other", type=int, default=1000, help="reads of every other locus at each rate")
    parser.add_argument("--mutations", type=float, nargs="+", default=MUTATIONS)
    parser.add_argument("--loci", nargs="+", default=list(CONFIGS))
    parser.add_argument("--all-alleles", action="store_true", help="also alleles that the reference lacks")
    parser.add_argument("--threads", type=int, default=2, help="of IgBLAST")
    parser.add_argument("--misses", type=int, default=0, help="wrong calls of clonotrack to show of each kind")
    options = parser.parse_args()
    reference = load_reference()
    simulator = Simulator(reference, all_alleles=options.all_alleles)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        other = igblast(reference, folder, options.threads)
        print(f"{'percent right':24}{'V gene':>8}{'J gene':>8}{'junction':>10}" + ("   IgBLAST's" if other else ""))
        for locus in options.loci:
            rates = options.mutations if locus.startswith("IG") else options.mutations[:1]
            for mutation in rates:
                number = options.igh if locus == "IGH" else options.other
                truths, left_out = simulator.reads(locus, number, mutation)
                if mutation == rates[0] and left_out:
                    print(f"{locus}: not in the reference, left out: {', '.join(left_out)}")
                fasta = folder / "reads.fasta"
                fasta.write_text("".join(f">r{i}\n{truth.sequence}\n" for i, truth in enumerate(truths)))
                start = time.perf_counter()
                rows = clonotrack(fasta, folder)
                verdicts = right(truths, rows)
                line = f"{locus} {mutation:4.0%} {number:8,} reads " + "".join(
                    f"{100 * sum(of_kind) / len(of_kind):8.1f}" for of_kind in verdicts
                )
                others: Rows = {}
                if other is not None:
                    others = other(fasta, locus)
                    line += "     " + "".join(
                        f"{100 * sum(of_kind) / len(of_kind):8.1f}" for of_kind in right(truths, others)
                    )
                print(f"{line}   {time.perf_counter() - start:4.0f} s", flush=True)
                for kind, of_kind in zip(("v", "j", "junction"), verdicts, strict=True):
                    print("".join(misses(kind, truths, rows, others, of_kind, options.misses)), end="")


if __name__ == "__main__":
    main()
