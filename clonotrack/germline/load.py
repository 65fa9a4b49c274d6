"""Load the embedded germline reference or a user's reference folder."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path

from clonotrack.errors import GermlineError, InputError
from clonotrack.germline.parse_segment import parse_segment
from clonotrack.germline.reference import Reference, Segment
from clonotrack.germline.reference_files import (
    embedded_folder,
    list_fasta_files,
    read_aliases,
    read_anchor_exceptions,
    read_fasta,
    read_flanks,
)

EMBEDDED_NAME = "clonotrack human"


def load_reference(folder: Path | None = None) -> Reference:
    """Load a germline reference.

    Anchors are found from the sequences unless a header states ``anchor=``. If an allele appears again with the same
    sequence (IMGT lists TRAV29/DV5 under TRA and TRD), the first record is kept.

    Args:
        folder: folder of the reference (docs/germline.md); None loads the embedded human reference.

    Raises:
        InputError: a file cannot be read, a record is not a V, D or J segment, two records of one allele name have
            different sequences, or a locus has V but no J segments.
    """
    source: Traversable = embedded_folder() if folder is None else folder
    flanks = read_flanks(source)
    exceptions = {} if folder is None else read_anchor_exceptions()
    segments: dict[str, Segment] = {}
    for record in read_fasta(list_fasta_files(source)):
        try:
            segment, _ = parse_segment(record.header, record.bases, exceptions, flanks)
        except GermlineError as error:
            raise record.error(str(error)) from error
        if segments.setdefault(segment.allele, segment).sequence != segment.sequence:
            raise record.error(
                f"{segment.allele} appears earlier with a different sequence; remove one of the two records"
            )
    require_j_segments(str(source), segments.values())
    name = EMBEDDED_NAME if folder is None else str(folder)
    return Reference(name, tuple(segments.values()), read_aliases(source))


def require_j_segments(source: str, segments: Iterable[Segment]) -> None:
    """Raise an error if a locus has V segments but no J segments.

    Args:
        source: name of the file or folder, for the error message.
        segments: all segments of the reference.

    Raises:
        InputError: names the first locus with V but no J segments.
    """
    kinds = {(segment.locus, segment.kind) for segment in segments}
    for locus, kind in sorted(kinds):
        if kind == "V" and (locus, "J") not in kinds:
            raise InputError(
                source, f"{locus} has V segments but no J segments; add a FASTA file with {locus}J segments"
            )
