"""Primers of a library, from FASTA."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clonotrack.config.umi_pattern import IUPAC
from clonotrack.errors import InputError

SHORTEST = 10
"""nt: a shorter primer would be found by chance."""


def read_primers(path: Path) -> dict[str, str]:
    """Name and sequence of each primer, upper case, in the order of the file.

    Args:
        path: FASTA; the first word of a header is the name, bases are IUPAC codes.

    Raises:
        InputError: the file is missing or no FASTA, a name stands twice, or a primer is short or holds no base.
    """
    found: dict[str, str] = {}
    for line, name, bases in _records(path):
        primer = bases.upper()
        if not name or name in found:
            problem = f"the name {name!r} stands twice" if name else "a primer has no name"
            raise InputError(path, f"{problem}: give each its own", line=line)
        odd = next((letter for letter in primer if letter not in IUPAC), None)
        if odd is not None:
            raise InputError(path, f"primer {name} holds {odd!r}, which is no IUPAC base: correct it", line=line)
        if len(primer) < SHORTEST:
            raise InputError(path, f"primer {name} has {len(primer)} nt, and at least {SHORTEST} are needed", line=line)
        found[name] = primer
    if not found:
        raise InputError(path, "holds no primer: give FASTA")
    return found


def _records(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line, first word, bases) of each record."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as FASTA: check the path and the file") from None
    start, name, bases = 0, "", ""
    for number, text in enumerate(lines, start=1):
        if text.startswith(">"):
            if start:
                yield start, name, bases
            start, name, bases = number, (text[1:].split() or [""])[0], ""
        elif text.strip() and not start:
            raise InputError(path, "does not begin with '>': give the primers as FASTA", line=number)
        else:
            bases += text.strip()
    if start:
        yield start, name, bases
