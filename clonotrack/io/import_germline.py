"""Import published germline sets (FASTA or AIRR GermlineSet JSON) into a folder that `load_reference` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from clonotrack.errors import InputError
from clonotrack.germline import Segment
from clonotrack.germline.check import RecordCheck, check_records
from clonotrack.germline.load import require_j_segments
from clonotrack.germline.reference_files import FastaRecord, list_fasta_files, read_fasta, read_text
from clonotrack.io.outputs import staged_folder, write_text

IMPORT_TABLE = "import.tsv"
CHECK_COLUMNS = ("path", "record", "allele", "kind", "locus", "length", "anchor", "status", "message")
_IMGT = "IMGT"


def import_germline(paths: Sequence[Path], folder: Path) -> list[RecordCheck]:
    """Read germline sets and write their segments to a new reference folder.

    The folder gets one FASTA file per locus and kind, with the anchors in the headers, and ``import.tsv`` with the
    result of every record.

    Args:
        paths: FASTA files (ungapped or IMGT-gapped), folders with FASTA files, or AIRR GermlineSet files (``.json``).
            Any species is accepted if its genes have names of the human pattern (``IGHV1-18*01``).
        folder: output folder to create; it may exist if it is empty.

    Returns:
        The rows of ``import.tsv``. The FASTA files contain no record with the status `problem`, except records whose
        only problem is a missing anchor.

    Raises:
        InputError: a file is neither FASTA nor a GermlineSet, one allele name has two different sequences, no record
            is a V, D or J segment, or a locus has V but no J segments.
        OutputError: the folder exists and is not empty.
    """
    with staged_folder(folder) as temporary:
        checks = list(check_records(_read_records(paths)))
        segments = _unique_segments(checks)
        if not segments:
            raise InputError(
                str(paths[0]), f"contains no V, D or J segment; the first record has this problem: {checks[0].message}"
            )
        require_j_segments(str(paths[0]), segments)
        for name, text in _format_fasta_files(segments).items():
            write_text(temporary / name, text)
        write_text(temporary / IMPORT_TABLE, "".join(map(_format_line, [CHECK_COLUMNS, *map(check_row, checks)])))
    return checks


def check_row(check: RecordCheck) -> Sequence[object]:
    """Convert the check of one record to a row of ``import.tsv``, in the order of `CHECK_COLUMNS`."""
    segment = check.segment
    fields: Sequence[object] = ("", "", "", "")
    if segment is not None:
        fields = (segment.kind, segment.locus, len(segment.sequence), _anchor(segment))
    return (check.path, check.record, check.allele, *fields, check.status, check.message)


def _format_line(row: Sequence[object]) -> str:
    return "\t".join(str(value).replace("\t", " ") for value in row) + "\n"


def _anchor(segment: Segment) -> object:
    return "" if segment.anchor is None else segment.anchor


def _unique_segments(checks: Iterable[RecordCheck]) -> list[Segment]:
    """Return the first segment of each allele name, in order.

    Raises:
        InputError: a later segment of the same name has another sequence.
    """
    segments: dict[str, Segment] = {}
    for check in checks:
        if check.segment is None:
            continue
        first = segments.setdefault(check.segment.allele, check.segment)
        if first.sequence != check.segment.sequence:
            message = f"{first.allele} appears earlier with a different sequence; remove one of the two records"
            raise InputError(check.path, message, record=check.record)
    return list(segments.values())


def _format_fasta_files(segments: Iterable[Segment]) -> dict[str, str]:
    """Format one FASTA file per locus and kind; return file name to text.

    Headers state the anchor. A V has IMGT gaps if its gapped sequence is available.
    """
    texts: dict[str, str] = {}
    for segment in segments:
        name = f"{segment.locus}{segment.kind}".lower() + ".fasta"
        header = (
            f"{segment.allele} anchor={_anchor(segment)} functionality={segment.functionality} "
            f"kind={segment.kind} loci={','.join(segment.loci)}"
        )
        texts[name] = texts.get(name, "") + f">{header}\n{segment.gapped or segment.sequence}\n"
    return texts


def _read_records(paths: Iterable[Path]) -> Iterator[FastaRecord]:
    for path in paths:
        if path.suffix.lower() == ".json":
            yield from _read_germline_set(path)
        else:
            yield from read_fasta(list_fasta_files(path) if path.is_dir() else [path])


def _read_germline_set(path: Path) -> Iterator[FastaRecord]:
    """Read an AIRR GermlineSet file, which contains one or several sets; yield each allele as a FASTA record."""
    try:
        document = json.loads(read_text(path))
    except ValueError as error:
        message = f"is not JSON ({error}); use the GermlineSet file as it was downloaded"
        raise InputError(str(path), message) from None
    sets = document.get("GermlineSet") if isinstance(document, dict) else None
    sets = sets if isinstance(sets, list) else [sets]
    number = 0
    for germline_set in sets:
        if not isinstance(germline_set, dict) or not isinstance(germline_set.get("allele_descriptions"), list):
            message = "has no GermlineSet with allele_descriptions; use an AIRR GermlineSet file, as from OGRDB"
            raise InputError(str(path), message)
        for allele in germline_set["allele_descriptions"]:
            number += 1
            yield _allele_record(path, number, allele)


def _allele_record(path: Path, number: int, allele: Any) -> FastaRecord:
    required = ("label", "sequence_type", "coding_sequence")
    if not isinstance(allele, dict) or not all(isinstance(allele.get(name), str) for name in required):
        message = f"an allele lacks one of the fields {', '.join(required)}; download the file again"
        raise InputError(str(path), message, record=number)
    functional = allele.get("functional")
    functionality = f" functionality={'F' if functional else 'NF'}" if isinstance(functional, bool) else ""
    return FastaRecord(path, number, allele["label"] + functionality, _imgt_gapped(allele) or allele["coding_sequence"])


def _imgt_gapped(allele: dict[str, Any]) -> str | None:
    """Return the IMGT-gapped sequence of a V; None if the set does not contain this sequence."""
    for delineation in allele.get("v_gene_delineations") or []:
        aligned = delineation.get("aligned_sequence")
        if delineation.get("delineation_scheme", "").upper() == _IMGT and isinstance(aligned, str):
            return aligned
    return None
