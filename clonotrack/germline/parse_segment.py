"""Parse one FASTA record of a germline reference into a segment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import find_anchor, remove_gaps
from clonotrack.germline.reference import KINDS, LOCI, Kind, Segment

# A letter or digit must follow V, D or J: IGHD*01 is the constant region of IgD, not a D gene.
_ALLELE_NAME = re.compile(r"(IG[HKL]|TR[ABGD])([VDJ])[^*\s]+(\*\S+)?")
_IUPAC_BASES = re.compile(r"[ACGTRYSWKMBDHVN]+")

Flanks = Mapping[str, tuple[str, str]]


def parse_segment(header: str, bases: str, exceptions: Mapping[str, int], flanks: Flanks) -> tuple[Segment, str]:
    """Parse the header and the bases of a record into a segment, with its CDR3 anchor.

    Two forms of headers are accepted. The first form is the allele name, followed by ``key=value`` words (``anchor``,
    ``functionality``, ``kind``, ``loci``). The second form is IMGT's: fields between bars, of which the second is the
    name and the fourth the functionality.

    Args:
        header: the header line without ``>``.
        bases: the sequence, ungapped or IMGT-gapped, upper or lower case.
        exceptions: md5 of a sequence to its anchor, for alleles whose anchor the rules do not find.
        flanks: gene name to the genomic bases directly before and directly after the segment, both 5' to 3'.

    Returns:
        The segment, and the reason why a V or J has no anchor ("" for a D, or if the header or sequence gives one).

    Raises:
        GermlineError: the name is not the name of a V, D or J, the header states an impossible value, or a character
            is not an IUPAC nucleotide.
    """
    name, fields = _parse_header(header)
    kind, loci = _kind_and_loci(name, fields)
    sequence = remove_gaps(bases)
    if not _IUPAC_BASES.fullmatch(sequence):
        raise GermlineError(
            f"{name} contains characters that are not nucleotides; correct its sequence or remove the record"
        )
    gapped = bases.upper().replace("-", ".") if kind == "V" and len(sequence) < len(bases) else None
    if "anchor" in fields:
        anchor, missing_reason = _stated_anchor(name, fields["anchor"], len(sequence)), ""
    else:
        anchor, missing_reason = find_anchor(kind, sequence, gapped, exceptions)
    gene = name.split("*")[0]
    before, after = flanks.get(gene, ("", ""))
    functionality = fields.get("functionality", "")
    segment = Segment(name, gene, loci[0], loci, kind, sequence, gapped, anchor, functionality, before, after)
    return segment, missing_reason


def _parse_header(header: str) -> tuple[str, dict[str, str]]:
    """Return the allele name and the ``key=value`` fields of a header."""
    columns = header.split("|")
    if len(columns) > 1:
        fields = {"functionality": columns[3].strip("()[] ")} if len(columns) > 3 else {}
        return columns[1].strip().split("__")[0], fields
    words = header.split()
    if not words:
        raise GermlineError("the record has no name; write the allele name after '>'")
    return words[0].split("__")[0], dict(word.split("=", 1) for word in words[1:] if "=" in word)


def _kind_and_loci(name: str, fields: Mapping[str, str]) -> tuple[Kind, tuple[str, ...]]:
    """Return kind and loci of a segment: from the header fields if both are stated, otherwise from the name."""
    if "kind" in fields and "loci" in fields:
        kind, loci = fields["kind"], tuple(fields["loci"].split(","))
        if kind not in KINDS or not set(loci) <= set(LOCI):
            raise GermlineError(
                f"{name} states kind={kind} loci={','.join(loci)}; use kinds {', '.join(KINDS)} and loci "
                f"{', '.join(LOCI)}"
            )
        return kind, loci
    match = _ALLELE_NAME.fullmatch(name)
    if match is None:
        raise GermlineError(
            f"{name} is not the name of a human-style V, D or J allele; use a name such as IGHV1-18*01, or "
            "remove the record"
        )
    shared = match[1] == "TRA" and "/DV" in name
    return cast("Kind", match[2]), ("TRA", "TRD") if shared else (match[1],)


def _stated_anchor(name: str, text: str, length: int) -> int | None:
    """Parse the value of ``anchor=`` in a header; return None if the value is empty (the segment has no anchor)."""
    if not text:
        return None
    if not text.isdecimal() or int(text) > length - 3:
        raise GermlineError(
            f"{name} states anchor={text}, which is not the start of a codon in its {length} nt; correct the "
            "anchor (0-based), or remove anchor= from the header"
        )
    return int(text)
