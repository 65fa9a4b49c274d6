"""Germline sets of others, FASTA or AIRR GermlineSet JSON, to a folder that `load_reference` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from clonotrack.errors import InputError
from clonotrack.germline import Segment
from clonotrack.germline.load import Finding, Record, check_loci, check_records, fasta_files, fasta_records, text_of
from clonotrack.io.outputs import staged_folder, write_text

REPORT = "import.tsv"
FINDING_COLUMNS = ("path", "record", "allele", "kind", "locus", "length", "anchor", "status", "message")
_IMGT = "IMGT"


def import_germline(paths: Sequence[Path], folder: Path) -> list[Finding]:
    """Read germline sets and write the segments that could be placed.

    Args:
        paths: FASTA files (plain or IMGT-gapped), folders of such, AIRR GermlineSet files (``.json``); any species
            whose genes are named as the human ones are.
        folder: made; holds a FASTA file for each locus and kind, the anchors in the headers, and ``import.tsv``, which
            says of every record what became of it.

    Returns:
        What is in ``import.tsv``: records of the status `problem` are not in the FASTA files, unless all that they lack
        is an anchor.

    Raises:
        InputError: a file is neither FASTA nor a GermlineSet, one allele has two sequences, nothing could be placed, or
            a locus has V but no J.
        OutputError: the folder is there and holds something.
    """
    with staged_folder(folder) as place:
        findings = list(check_records(_records(paths)))
        segments = _segments(findings)
        if not segments:
            raise InputError(str(paths[0]), f"holds no V, D or J segment: {findings[0].message}")
        check_loci(str(paths[0]), segments)
        for name, lines in _fasta_texts(segments).items():
            write_text(place / name, lines)
        write_text(place / REPORT, "".join(map(_line, [FINDING_COLUMNS, *map(finding_row, findings)])))
    return findings


def finding_row(finding: Finding) -> Sequence[object]:
    """A finding as a row of `FINDING_COLUMNS`."""
    segment = finding.segment
    facts: Sequence[object] = ("", "", "", "")
    if segment is not None:
        facts = (segment.kind, segment.locus, len(segment.sequence), _anchor(segment))
    return (finding.path, finding.record, finding.allele, *facts, finding.status, finding.message)


def _line(row: Sequence[object]) -> str:
    return "\t".join(str(value).replace("\t", " ") for value in row) + "\n"


def _anchor(segment: Segment) -> object:
    return "" if segment.anchor is None else segment.anchor


def _segments(findings: Iterable[Finding]) -> list[Segment]:
    """The distinct segments, in order."""
    placed: dict[str, Segment] = {}
    for finding in findings:
        if finding.segment is None:
            continue
        known = placed.setdefault(finding.segment.allele, finding.segment)
        if known.sequence != finding.segment.sequence:
            message = f"{known.allele} was met before with another sequence; keep one of the two"
            raise InputError(finding.path, message, record=finding.record)
    return list(placed.values())


def _fasta_texts(segments: Iterable[Segment]) -> dict[str, str]:
    """Name of each file, and its text: V with gaps where they are known, anchors stated."""
    texts: dict[str, str] = {}
    for one in segments:
        name = f"{one.locus}{one.kind}".lower() + ".fasta"
        stated = f"anchor={_anchor(one)} functionality={one.functionality} kind={one.kind} loci={','.join(one.loci)}"
        texts[name] = texts.get(name, "") + f">{one.allele} {stated}\n{one.gapped or one.sequence}\n"
    return texts


def _records(paths: Iterable[Path]) -> Iterator[Record]:
    for path in paths:
        if path.suffix.lower() == ".json":
            yield from _set_records(path)
        else:
            yield from fasta_records(fasta_files(path) if path.is_dir() else [path])


def _set_records(path: Path) -> Iterator[Record]:
    """The alleles of an AIRR GermlineSet file (one set, or several)."""
    try:
        content = json.loads(text_of(path))
    except ValueError as error:
        raise InputError(str(path), f"is no JSON ({error}); give the GermlineSet file as it was downloaded") from None
    sets = content.get("GermlineSet") if isinstance(content, dict) else None
    sets = sets if isinstance(sets, list) else [sets]
    number = 0
    for one in sets:
        if not isinstance(one, dict) or not isinstance(one.get("allele_descriptions"), list):
            message = "has no GermlineSet with allele_descriptions; give an AIRR GermlineSet file, as OGRDB has them"
            raise InputError(str(path), message)
        for allele in one["allele_descriptions"]:
            number += 1
            yield _set_record(path, number, allele)


def _set_record(path: Path, number: int, allele: Any) -> Record:
    wanted = ("label", "sequence_type", "coding_sequence")
    if not isinstance(allele, dict) or not all(isinstance(allele.get(name), str) for name in wanted):
        raise InputError(str(path), f"an allele lacks one of {', '.join(wanted)}; give a complete file", record=number)
    functional = allele.get("functional")
    stated = f" functionality={'F' if functional else 'NF'}" if isinstance(functional, bool) else ""
    return Record(path, number, allele["label"] + stated, _gapped(allele) or allele["coding_sequence"])


def _gapped(allele: dict[str, Any]) -> str | None:
    """The IMGT-gapped form of a V, where the set has it."""
    for delineation in allele.get("v_gene_delineations") or []:
        aligned = delineation.get("aligned_sequence")
        if delineation.get("delineation_scheme", "").upper() == _IMGT and isinstance(aligned, str):
            return aligned
    return None
