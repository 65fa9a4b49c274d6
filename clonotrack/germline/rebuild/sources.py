"""What is read: the fact tables, and the sequences that pip packages hold."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import TypeAlias
from zipfile import ZipFile

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import ungapped

Row: TypeAlias = dict[str, str]
Tables: TypeAlias = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Human V, D and J sequences of the packages.

    Attributes:
        by_md5: md5 of the ungapped sequence to the sequence; names are not needed, the md5 is on a list.
        gapped: OGRDB allele to its IMGT-gapped V.
    """

    by_md5: dict[str, str]
    gapped: dict[str, str]


def digest(text: str) -> str:
    """Hex md5."""
    return md5(text.encode("ascii"), usedforsecurity=False).hexdigest()


def read_facts(folder: Path) -> Tables:
    """File name to rows."""
    return {path.name: _table(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.tsv"))}


def package_sequences(wheels: Path) -> Sequences:
    """Read the wheels as zip archives: nothing of them is installed or run."""
    letters: list[str] = []
    with _wheel(wheels, "abstar-0.8.0") as archive:
        base = "abstar/germline_dbs"
        for receptor in ("bcr", "tcr"):
            for kind in "vdj":
                letters += _fasta(archive, f"{base}/{receptor}/human/ungapped/{kind}.fasta").values()
        gapped = _fasta(archive, f"{base}/bcr/human/imgt_gapped/v.fasta")
    with _wheel(wheels, "tcrdist3-0.3") as archive:
        rows = _table(_read(archive, "tcrdist/db/combo_xcr_2024-03-05.tsv"))
        letters += (row["nucseq"] for row in rows if row["organism"] == "human")
    with _wheel(wheels, "mirpy_lib-4.7.0") as archive:
        rows = _table(_read(archive, "mir/resources/gene_library/imgt_gene_library.txt"))
        letters += (row["sequence"] for row in rows if row["species"] == "human")
    return Sequences({digest(item): item for item in map(ungapped, letters)}, gapped)


def _wheel(wheels: Path, name: str) -> ZipFile:
    found = sorted(wheels.glob(f"{name}-*.whl"))
    if len(found) != 1:
        raise GermlineError(f"{len(found)} wheels of {name} in {wheels}; put exactly one there")
    return ZipFile(found[0])


def _read(archive: ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8")


def _table(text: str) -> list[Row]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _fasta(archive: ZipFile, name: str) -> dict[str, str]:
    """Allele to letters as written, upper case; abstar's ``__species`` is cut off the name."""
    records = (record.partition("\n") for record in _read(archive, name).split(">")[1:])
    return {head.split("__")[0].strip(): "".join(body.split()).upper() for head, _, body in records}
