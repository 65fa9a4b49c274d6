"""Check the FASTA files of a germline reference, record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import find_anchor
from clonotrack.germline.parse_segment import parse_segment
from clonotrack.germline.reference import Segment
from clonotrack.germline.reference_files import FastaRecord, list_fasta_files, read_anchor_exceptions, read_fasta


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Hold the result of the check of one FASTA record.

    Attributes:
        path: the file.
        record: 1-based number of the record in the file.
        allele: name of the allele, or the whole header line if the record cannot be parsed.
        segment: the parsed segment, or None if the record cannot be parsed.
        status: `problem` if the record must be corrected, `note` if the record can be used but is unusual, `ok`
            otherwise.
        message: what is wrong or unusual in the record; "" for `ok`.
    """

    path: str
    record: int
    allele: str
    segment: Segment | None
    status: Literal["ok", "note", "problem"]
    message: str


def check_reference(paths: Iterable[Path]) -> list[RecordCheck]:
    """Check every record of FASTA files, or of folders with FASTA files.

    An anchor that a header states is compared with the anchor that the sequence gives. If no anchor is found, the
    status is `problem` for a segment that is functional or states no functionality, and `note` for other segments.

    Args:
        paths: FASTA files, or folders of FASTA files.

    Returns:
        One result per record, in the order of the files.

    Raises:
        InputError: a file is not a FASTA file.
    """
    sources = [source for path in paths for source in (list_fasta_files(path) if path.is_dir() else [path])]
    return list(check_records(read_fasta(sources)))


def check_records(records: Iterable[FastaRecord]) -> Iterator[RecordCheck]:
    """Check FASTA records; yield one result per record, as `check_reference` describes."""
    exceptions = read_anchor_exceptions()
    first_of_allele: dict[str, Segment] = {}
    for record in records:
        yield _check_record(record, exceptions, first_of_allele)


def _check_record(record: FastaRecord, exceptions: dict[str, int], first_of_allele: dict[str, Segment]) -> RecordCheck:
    location = (str(record.path), record.number)
    try:
        segment, missing_reason = parse_segment(record.header, record.bases, exceptions, {})
    except GermlineError as error:
        return RecordCheck(*location, record.header, None, "problem", str(error))
    first = first_of_allele.setdefault(segment.allele, segment)
    if first.sequence != segment.sequence:
        return RecordCheck(*location, segment.allele, segment, "problem", "appears earlier with a different sequence")
    if missing_reason:
        needed = segment.functionality in ("", "F")
        return RecordCheck(*location, segment.allele, segment, "problem" if needed else "note", missing_reason)
    anchor, _ = find_anchor(segment.kind, segment.sequence, segment.gapped, exceptions)
    if anchor is not None and segment.anchor != anchor:
        message = f"the header states anchor={segment.anchor}, but the sequence gives {anchor}"
        return RecordCheck(*location, segment.allele, segment, "problem", message)
    note = _note(segment, first)
    return RecordCheck(*location, segment.allele, segment, "note" if note else "ok", note)


def _note(segment: Segment, first: Segment) -> str:
    if segment.orphon:
        return "an orphon: listed, but not used for calls"
    return "appears earlier with the same sequence; the first record is kept" if first is not segment else ""
