"""Read the files of a germline reference folder: FASTA files and two optional tables.

A reference folder contains FASTA files (``.fasta``, ``.fa``, ``.fna``). It may contain ``aliases.tsv`` (columns
`alias`, `canonical`) and ``rss_flanks.tsv`` (columns `gene`, `side`, `flank`). The embedded data have this form too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from clonotrack.errors import InputError

_FASTA_SUFFIXES = (".fasta", ".fa", ".fna")


@dataclass(frozen=True, slots=True)
class FastaRecord:
    """Hold one FASTA record as it is in the file.

    Attributes:
        path: the file.
        number: 1-based number of the record in the file.
        header: the header line without ``>``.
        bases: the sequence, with gaps and case as in the file, without white space.
    """

    path: Traversable
    number: int
    header: str
    bases: str

    def error(self, message: str) -> InputError:
        """Make an error with this message that names the file and the number of the record."""
        return InputError(str(self.path), message, record=self.number)


def embedded_folder() -> Traversable:
    """Return the folder of the embedded germline reference."""
    return files("clonotrack.germline") / "data"


def list_fasta_files(folder: Traversable) -> list[Traversable]:
    """List the FASTA files of a folder, sorted by name.

    Raises:
        InputError: the folder does not exist or contains no FASTA file.
    """
    if not folder.is_dir():
        raise InputError(str(folder), "is not a folder; name a folder with FASTA files of V, D and J segments")
    paths = [path for path in folder.iterdir() if path.name.lower().endswith(_FASTA_SUFFIXES)]
    if not paths:
        raise InputError(
            str(folder), f"contains no FASTA file; add files whose names end with {', '.join(_FASTA_SUFFIXES)}"
        )
    return sorted(paths, key=lambda path: path.name)


def read_text(path: Traversable) -> str:
    """Read a whole ASCII file and return its text.

    Raises:
        InputError: the file cannot be read, or contains a character that is not ASCII.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read ({error.strerror}); check the path and the permissions of the file"
        ) from error
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            str(path), "contains a character that is not ASCII; remove the character", line=line
        ) from error


def read_fasta(paths: Iterable[Traversable]) -> Iterator[FastaRecord]:
    """Read FASTA files and yield their records, in order.

    Raises:
        InputError: a file cannot be read, has no record, or has text before its first header; or a record has no
            sequence.
    """
    for path in paths:
        yield from _read_fasta_file(path)


def _read_fasta_file(path: Traversable) -> Iterator[FastaRecord]:
    records: list[tuple[str, list[str]]] = []
    for number, line in enumerate(map(str.strip, read_text(path).splitlines()), start=1):
        if line.startswith(">"):
            records.append((line[1:].strip(), []))
        elif line and not records:
            raise InputError(
                str(path),
                "is not a FASTA file, because it has text before the first '>'; name a FASTA file, or remove this text",
                line=number,
            )
        elif line:
            records[-1][1].append(line)
    if not records:
        raise InputError(str(path), "contains no FASTA record; remove the file or add sequences")
    for number, (header, lines) in enumerate(records, start=1):
        record = FastaRecord(path, number, header, "".join("".join(lines).split()))
        if not record.bases:
            raise record.error(f"'{header}' has no sequence; add the sequence or remove the header")
        yield record


def read_aliases(folder: Traversable) -> dict[str, str]:
    """Read ``aliases.tsv`` of a reference folder.

    Returns:
        Alias to the name of the gene or allele in this reference; empty if the file does not exist.
    """
    return {row["alias"]: row["canonical"] for row in _read_tsv(folder / "aliases.tsv", "alias", "canonical")}


def read_flanks(folder: Traversable) -> dict[str, tuple[str, str]]:
    """Read ``rss_flanks.tsv`` of a reference folder.

    Returns:
        Gene to the genomic bases directly before and directly after the segment, both 5' to 3'. Empty if the file does
        not exist.
    """
    flanks = {
        (row["gene"], row["side"]): row["flank"].upper()
        for row in _read_tsv(folder / "rss_flanks.tsv", "gene", "side", "flank")
    }
    return {gene: (flanks.get((gene, "5'"), ""), flanks.get((gene, "3'"), "")) for gene, _ in flanks}


def read_anchor_exceptions() -> dict[str, int]:
    """Read the embedded exceptions to the anchor rules; return md5 of a sequence to its anchor (0-based)."""
    tables = (embedded_folder() / f"{kind}_anchor_exceptions.tsv" for kind in "vj")
    return {row["md5"]: int(row["cdr3_anchor"]) for table in tables for row in _read_tsv(table, "md5", "cdr3_anchor")}


def _read_tsv(path: Traversable, *columns: str) -> list[dict[str, str]]:
    """Read a tab-separated file; return its rows as dictionaries, or no row if the file does not exist.

    Raises:
        InputError: the file lacks one of `columns`, or a line has more or fewer fields than the header.
    """
    if not path.is_file():
        return []
    header, *lines = [line.split("\t") for line in read_text(path).splitlines() if line] or [[]]
    for column in columns:
        if column not in header:
            raise InputError(str(path), f"has no column {column}; add the column, separated by a tab", line=1)
    for number, fields in enumerate(lines, start=2):
        if len(fields) != len(header):
            raise InputError(
                str(path),
                f"has {len(fields)} fields, but the header has {len(header)}; add or remove tabs in this line",
                line=number,
            )
    return [dict(zip(header, fields, strict=True)) for fields in lines]
