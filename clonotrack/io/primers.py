"""Read the primers of a library from a FASTA file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clonotrack.config.umi_pattern import IUPAC
from clonotrack.errors import InputError

MIN_PRIMER_LENGTH = 10
"""Minimum length of a primer [nt]; a shorter primer would match reads by chance."""


def read_primers(path: Path) -> dict[str, str]:
    """Read a FASTA file of primers; return name to sequence (upper case), in the order of the file.

    Args:
        path: FASTA file with IUPAC bases; the first word of a header is the name of the primer.

    Raises:
        InputError: the file is missing or not FASTA, a name is missing or occurs twice, or a primer is shorter than
            `MIN_PRIMER_LENGTH` or has a character that is not an IUPAC base.
    """
    primers: dict[str, str] = {}
    for line, name, bases in _records(path):
        primer = bases.upper()
        if not name or name in primers:
            problem = f"the name {name!r} occurs twice" if name else "a primer has no name"
            raise InputError(path, f"{problem}: give every primer its own name", line=line)
        wrong = next((character for character in primer if character not in IUPAC), None)
        if wrong is not None:
            raise InputError(
                path,
                f"primer {name} contains {wrong!r}, which is not an IUPAC base: correct the sequence of this primer",
                line=line,
            )
        if len(primer) < MIN_PRIMER_LENGTH:
            message = (
                f"primer {name} has {len(primer)} nt, but the minimum is {MIN_PRIMER_LENGTH}: give its whole sequence"
            )
            raise InputError(path, message, line=line)
        primers[name] = primer
    if not primers:
        raise InputError(path, "contains no primer: add primers in FASTA format, or remove the setting primers")
    return primers


def _records(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the line number, the first word of the header and the bases of each record."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            path, "cannot be read as ASCII text: check the path, the permissions and the characters of the file"
        ) from None
    start, name, bases = 0, "", ""
    for number, text in enumerate(lines, start=1):
        if text.startswith(">"):
            if start:
                yield start, name, bases
            start, name, bases = number, (text[1:].split() or [""])[0], ""
        elif text.strip() and not start:
            raise InputError(path, "has text before the first '>': write the primers in FASTA format", line=number)
        else:
            bases += text.strip()
    if start:
        yield start, name, bases
