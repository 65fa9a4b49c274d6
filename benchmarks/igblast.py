"""Run IgBLAST with the embedded reference as its germline, for `annotate_accuracy.py`."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from pathlib import Path
from typing import TypeAlias

from clonotrack.germline import KINDS, Kind, Reference

Rows: TypeAlias = dict[str, dict[str, str]]
CHAINS = {"IGH": "JH", "IGK": "JK", "IGL": "JL", "TRA": "JA", "TRB": "JB", "TRG": "JG", "TRD": "JD"}
ELEMENTS = ("KDE", "Intron")


def read_rows(path: Path) -> Rows:
    """Read an AIRR table; return its rows by sequence_id."""
    with path.open() as file:
        return {row["sequence_id"]: row for row in csv.DictReader(file, delimiter="\t")}


class Igblast:
    """IgBLAST with databases made from a reference."""

    def __init__(self, reference: Reference, folder: Path, threads: int) -> None:
        self.folder, self.threads = folder, threads
        for kind in KINDS:
            for family in ("IG", "TR"):
                self._database(reference, kind, family)
        lines = [
            f"{s.allele}\t{s.anchor % 3}\t{CHAINS[s.locus]}\t{s.anchor - 1}\n"
            for s in reference.select("J")
            if s.anchor is not None
        ]
        (folder / "j.aux").write_text("".join(lines))

    def _database(self, reference: Reference, kind: Kind, family: str) -> None:
        chosen = [s for s in reference.select(kind) if s.locus.startswith(family) and s.allele not in ELEMENTS]
        fasta = self.folder / f"{family}{kind}"
        fasta.write_text("".join(f">{s.allele}\n{s.sequence}\n" for s in chosen))
        command = ["makeblastdb", "-parse_seqids", "-dbtype", "nucl", "-in", str(fasta)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def __call__(self, fasta: Path, locus: str) -> Rows:
        """Annotate reads of a locus and return the rows of IgBLAST."""
        out = self.folder / "igblast.tsv"
        words: list[object] = ["igblastn", "-organism", "human", "-domain_system", "imgt", "-outfmt", 19]
        words += ["-ig_seqtype", "Ig" if locus.startswith("IG") else "TCR", "-auxiliary_data", self.folder / "j.aux"]
        for kind in "VDJ":
            words += [f"-germline_db_{kind}", self.folder / f"{locus[:2]}{kind}"]
        words += ["-query", fasta, "-out", out, "-num_threads", self.threads]
        subprocess.run([str(word) for word in words], check=True, stderr=subprocess.DEVNULL)
        return read_rows(out)


def igblast(reference: Reference, folder: Path, threads: int) -> Igblast | None:
    """Return IgBLAST; or None if it is not installed, and print the reason."""
    missing = [name for name in ("igblastn", "makeblastdb") if shutil.which(name) is None]
    if missing or not Path(os.environ.get("IGDATA", "-"), "internal_data").is_dir():
        reason = f"{missing[0]} is not on PATH" if missing else "IGDATA is not a folder that contains internal_data"
        print(f"Without IgBLAST: {reason}.\n")
        return None
    return Igblast(reference, folder, threads)
