"""Read the fact tables, and the sequences in the wheels of Python packages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import TypeAlias
from zipfile import ZipFile

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import remove_gaps

Row: TypeAlias = dict[str, str]
FactTables: TypeAlias = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class PackageSequences:
    """Hold the human V, D and J sequences of the packages.

    Attributes:
        by_md5: md5 of the ungapped sequence to this sequence. The fact tables identify sequences by md5, not by name.
        gapped: OGRDB name of a V allele to its IMGT-gapped sequence.
    """

    by_md5: dict[str, str]
    gapped: dict[str, str]


def md5_hex(text: str) -> str:
    """Compute the md5 of ASCII text, as hexadecimal digits."""
    return md5(text.encode("ascii"), usedforsecurity=False).hexdigest()


def read_fact_tables(folder: Path) -> FactTables:
    """Read every TSV file of the input folder; return file name to rows, each a dictionary by column."""
    return {path.name: _parse_tsv(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.tsv"))}


def read_package_sequences(wheels: Path) -> PackageSequences:
    """Read the sequences in the wheels, without installing or running the packages.

    Args:
        wheels: input folder with one wheel of each package.

    Raises:
        GermlineError: the folder does not contain exactly one wheel of each package.
    """
    sequences: list[str] = []
    with _open_wheel(wheels, "abstar-0.8.0") as archive:
        base = "abstar/germline_dbs"
        for receptor in ("bcr", "tcr"):
            for kind in "vdj":
                sequences += _read_fasta(archive, f"{base}/{receptor}/human/ungapped/{kind}.fasta").values()
        gapped = _read_fasta(archive, f"{base}/bcr/human/imgt_gapped/v.fasta")
    with _open_wheel(wheels, "tcrdist3-0.3") as archive:
        rows = _parse_tsv(_read_text(archive, "tcrdist/db/combo_xcr_2024-03-05.tsv"))
        sequences += (row["nucseq"] for row in rows if row["organism"] == "human")
    with _open_wheel(wheels, "mirpy_lib-4.7.0") as archive:
        rows = _parse_tsv(_read_text(archive, "mir/resources/gene_library/imgt_gene_library.txt"))
        sequences += (row["sequence"] for row in rows if row["species"] == "human")
    return PackageSequences({md5_hex(sequence): sequence for sequence in map(remove_gaps, sequences)}, gapped)


def _open_wheel(wheels: Path, name: str) -> ZipFile:
    paths = sorted(wheels.glob(f"{name}-*.whl"))
    if len(paths) != 1:
        raise GermlineError(f"{wheels} contains {len(paths)} wheels of {name}; put exactly one wheel of it there")
    return ZipFile(paths[0])


def _read_text(archive: ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8")


def _parse_tsv(text: str) -> list[Row]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _read_fasta(archive: ZipFile, name: str) -> dict[str, str]:
    """Return allele name to sequence (upper case, with gaps); the suffix ``__species`` of abstar's names is removed."""
    records = (record.partition("\n") for record in _read_text(archive, name).split(">")[1:])
    return {header.split("__")[0].strip(): "".join(body.split()).upper() for header, _, body in records}
