"""From a FASTA record to a segment: names, stated facts, letters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from clonotrack.errors import GermlineError
from clonotrack.germline.anchors import find_anchor, ungapped
from clonotrack.germline.reference import KINDS, LOCI, Kind, Segment

# A letter or digit must follow: IGHD*01 is the constant region of IgD, not a D gene.
_NAME = re.compile(r"(IG[HKL]|TR[ABGD])([VDJ])[^*\s]+(\*\S+)?")
_LETTERS = re.compile(r"[ACGTRYSWKMBDHVN]+")

Flanks = Mapping[str, tuple[str, str]]


def read_segment(header: str, letters: str, exceptions: Mapping[str, int], flanks: Flanks) -> tuple[Segment, str]:
    """The segment that a record describes, and why it has no anchor ("" where it has or needs none).

    Two headers are understood: the allele name first and then ``key=value`` words (``anchor``, ``functionality``,
    ``kind``, ``loci``), or IMGT's fields between bars (name second, functionality fourth).

    Args:
        header: without ``>``.
        letters: the sequence, plain or IMGT-gapped.
        exceptions: as `find_anchor`.
        flanks: gene to the nt before and after it.

    Raises:
        GermlineError: the name is no V, D or J name, a stated fact cannot be, or a letter is no nucleotide.
    """
    name, stated = _parse_header(header)
    kind, loci = _place(name, stated)
    sequence = ungapped(letters)
    if not _LETTERS.fullmatch(sequence):
        raise GermlineError(f"{name} holds letters that are no nucleotides; correct or remove it")
    gapped = letters.upper().replace("-", ".") if kind == "V" and len(sequence) < len(letters) else None
    if "anchor" in stated:
        anchor, why = _stated_anchor(name, stated["anchor"], len(sequence)), ""
    else:
        anchor, why = find_anchor(kind, sequence, gapped, exceptions)
    gene = name.split("*")[0]
    before, after = flanks.get(gene, ("", ""))
    functionality = stated.get("functionality", "")
    segment = Segment(name, gene, loci[0], loci, kind, sequence, gapped, anchor, functionality, before, after)
    return segment, why


def _parse_header(header: str) -> tuple[str, dict[str, str]]:
    """Allele name and what the header states."""
    fields = header.split("|")
    if len(fields) > 1:
        stated = {"functionality": fields[3].strip("()[] ")} if len(fields) > 3 else {}
        return fields[1].strip().split("__")[0], stated
    words = header.split()
    if not words:
        raise GermlineError("the record has no name; write the allele name after '>'")
    return words[0].split("__")[0], dict(word.split("=", 1) for word in words[1:] if "=" in word)


def _place(name: str, stated: Mapping[str, str]) -> tuple[Kind, tuple[str, ...]]:
    """Kind and loci, as stated or as the name says."""
    if "kind" in stated and "loci" in stated:
        kind, loci = stated["kind"], tuple(stated["loci"].split(","))
        if kind not in KINDS or not set(loci) <= set(LOCI):
            raise GermlineError(f"{name} is stated as kind={kind} loci={','.join(loci)}, which is no segment")
        return kind, loci
    match = _NAME.fullmatch(name)
    if match is None:
        raise GermlineError(f"{name} is not the name of a human-style V, D or J allele; rename or remove it")
    shared = match[1] == "TRA" and "/DV" in name
    return cast("Kind", match[2]), ("TRA", "TRD") if shared else (match[1],)


def _stated_anchor(name: str, text: str, length: int) -> int | None:
    """The anchor of an ``anchor=`` word; an empty one says that there is none."""
    if not text:
        return None
    if not text.isdecimal() or int(text) > length - 3:
        raise GermlineError(f"{name} states anchor={text}, which is no codon of its {length} nt")
    return int(text)
