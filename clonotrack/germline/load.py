"""Load the embedded germline reference or a user's, and check a user's FASTA files.

A folder holds FASTA files (``.fasta``, ``.fa``, ``.fna``) and, optionally, ``aliases.tsv`` (columns `alias`,
`canonical`) and ``rss_flanks.tsv`` (columns `gene`, `side`, `flank`); the embedded data are such a folder too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from clonotrack.errors import GermlineError, InputError
from clonotrack.germline.anchors import find_anchor
from clonotrack.germline.fasta_records import read_segment
from clonotrack.germline.reference import Reference, Segment

EMBEDDED = "clonotrack human"
_FASTA = (".fasta", ".fa", ".fna")


@dataclass(frozen=True, slots=True)
class Finding:
    """What `check_reference` says of one record.

    Attributes:
        path: the file.
        record: 1-based number in the file.
        allele: its name, or the whole header where no name could be read.
        segment: what it was read as; None where it could not be.
        status: `problem` where the reference cannot be used as it is; `note` where it can.
        message: one sentence; "" for ok.
    """

    path: str
    record: int
    allele: str
    segment: Segment | None
    status: Literal["ok", "note", "problem"]
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a file: its number (1-based), its header and its letters as they stand."""

    path: Traversable
    number: int
    header: str
    letters: str

    def error(self, message: str) -> InputError:
        """The error that names this record."""
        return InputError(str(self.path), message, record=self.number)


def load_reference(folder: Path | None = None) -> Reference:
    """The reference in a folder, or the embedded human one.

    Anchors are found from the sequences, except where a header states ``anchor=``. An allele that is met again
    with the same sequence (IMGT lists TRAV29/DV5 under TRA and TRD) is kept once.

    Raises:
        InputError: a file that cannot be read, a record that is no V, D or J segment, one allele with two
            sequences, or a locus with V but without J segments.
    """
    source: Traversable = _data() if folder is None else folder
    flanks = _flanks(source)
    exceptions = {} if folder is None else _exceptions()
    segments: dict[str, Segment] = {}
    for record in fasta_records(fasta_files(source)):
        try:
            segment, _ = read_segment(record.header, record.letters, exceptions, flanks)
        except GermlineError as error:
            raise record.error(str(error)) from error
        if _clashes(segments.setdefault(segment.allele, segment), segment):
            raise record.error(f"{segment.allele} was met before with another sequence; keep one of the two")
    check_loci(str(source), segments.values())
    aliases = {row["alias"]: row["canonical"] for row in _table(source / "aliases.tsv", "alias", "canonical")}
    return Reference(EMBEDDED if folder is None else str(folder), tuple(segments.values()), aliases)


def check_reference(paths: Iterable[Path]) -> list[Finding]:
    """One finding for every record of the FASTA files, or of the folders of FASTA files, in order.

    A stated anchor is compared with the one found. A missing anchor is a problem in a segment that is functional
    or does not say, a note in any other.

    Raises:
        InputError: a file that is no FASTA file at all.
    """
    sources = [source for path in paths for source in (fasta_files(path) if path.is_dir() else [path])]
    return list(check_records(fasta_records(sources)))


def check_records(records: Iterable[Record]) -> Iterator[Finding]:
    """One finding for every record."""
    exceptions = _exceptions()
    seen: dict[str, Segment] = {}
    for record in records:
        yield _finding(record, exceptions, seen)


def _finding(record: Record, exceptions: dict[str, int], seen: dict[str, Segment]) -> Finding:
    place = (str(record.path), record.number)
    try:
        segment, why = read_segment(record.header, record.letters, exceptions, {})
    except GermlineError as error:
        return Finding(*place, record.header, None, "problem", str(error))
    known = seen.setdefault(segment.allele, segment)
    if _clashes(known, segment):
        return Finding(*place, segment.allele, segment, "problem", "met before with another sequence")
    if why:
        needed = segment.functionality in ("", "F")
        return Finding(*place, segment.allele, segment, "problem" if needed else "note", why)
    found, _ = find_anchor(segment.kind, segment.sequence, segment.gapped, exceptions)
    if found is not None and segment.anchor != found:
        message = f"the header states anchor={segment.anchor}, the sequence shows {found}"
        return Finding(*place, segment.allele, segment, "problem", message)
    note = _note(segment, known)
    return Finding(*place, segment.allele, segment, "note" if note else "ok", note)


def _note(segment: Segment, known: Segment) -> str:
    if segment.orphon:
        return "an orphon: listed, but not called from"
    return "met before with the same sequence, kept once" if known is not segment else ""


def _clashes(known: Segment, segment: Segment) -> bool:
    return known.sequence != segment.sequence


def check_loci(source: str, segments: Iterable[Segment]) -> None:
    """Refuse a reference of which a locus has V but no J."""
    kinds = {(segment.locus, segment.kind) for segment in segments}
    for locus, kind in sorted(kinds):
        if kind == "V" and (locus, "J") not in kinds:
            raise InputError(source, f"{locus} has V segments but no J segments; add its J file")


# Files ----------------------------------------------------------------------------------------------------


def _data() -> Traversable:
    return files("clonotrack.germline") / "data"


def fasta_files(folder: Traversable) -> list[Traversable]:
    """The FASTA files of a folder; at least one."""
    if not folder.is_dir():
        raise InputError(str(folder), "is no folder; name a folder with FASTA files of V, D and J segments")
    found = [item for item in folder.iterdir() if item.name.lower().endswith(_FASTA)]
    if not found:
        raise InputError(str(folder), f"holds no FASTA file; put files ending with {', '.join(_FASTA)} there")
    return sorted(found, key=lambda item: item.name)


def text_of(path: Traversable) -> str:
    """The text of an ASCII file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror}); check the name and its rights") from error
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(str(path), "holds a character that is not ASCII; remove it", line=line) from error


def fasta_records(paths: Iterable[Traversable]) -> Iterator[Record]:
    """The records of FASTA files."""
    for path in paths:
        yield from _fasta(path)


def _fasta(path: Traversable) -> Iterator[Record]:
    """The records of one FASTA file; at least one, none empty."""
    starts: list[tuple[str, list[str]]] = []
    for number, line in enumerate(map(str.strip, text_of(path).splitlines()), start=1):
        if line.startswith(">"):
            starts.append((line[1:].strip(), []))
        elif line and not starts:
            raise InputError(str(path), "is no FASTA file: text stands before the first '>'", line=number)
        elif line:
            starts[-1][1].append(line)
    if not starts:
        raise InputError(str(path), "holds no FASTA record; remove it or give its sequences")
    for number, (header, parts) in enumerate(starts, start=1):
        record = Record(path, number, header, "".join("".join(parts).split()))
        if not record.letters:
            raise record.error(f"'{header}' has no sequence; remove it or give its letters")
        yield record


def _table(path: Traversable, *columns: str) -> list[dict[str, str]]:
    """Rows of an optional tab-separated file, with at least these columns."""
    if not path.is_file():
        return []
    header, *lines = [line.split("\t") for line in text_of(path).splitlines() if line] or [[]]
    for column in columns:
        if column not in header:
            raise InputError(str(path), f"has no column {column}; give it, tab-separated", line=1)
    for number, fields in enumerate(lines, start=2):
        if len(fields) != len(header):
            raise InputError(str(path), f"has {len(fields)} fields for {len(header)} columns", line=number)
    return [dict(zip(header, fields, strict=True)) for fields in lines]


def _flanks(folder: Traversable) -> dict[str, tuple[str, str]]:
    """Gene to the nt right before and right after it."""
    sides: dict[tuple[str, str], str] = {
        (row["gene"], row["side"]): row["flank"].upper()
        for row in _table(folder / "rss_flanks.tsv", "gene", "side", "flank")
    }
    return {gene: (sides.get((gene, "5'"), ""), sides.get((gene, "3'"), "")) for gene, _ in sides}


def _exceptions() -> dict[str, int]:
    """md5 of the alleles that the anchor rules do not fit, to their anchor."""
    tables = (_data() / f"{kind}_anchor_exceptions.tsv" for kind in "vj")
    return {row["md5"]: int(row["cdr3_anchor"]) for table in tables for row in _table(table, "md5", "cdr3_anchor")}
