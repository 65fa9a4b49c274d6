"""Naive twin of `clonotrack.kernels.text`."""

from __future__ import annotations

from clonotrack.sequences import translate


def map_bytes(codes: list[int], alphabet: bytes) -> bytes:
    return bytes(alphabet[code] for code in codes)


def reverse_rows(texts: list[str]) -> list[str]:
    return [text[::-1] for text in texts]


def write_cigars(rows: list[tuple[int, int, int, int, list[tuple[str, int]]] | None]) -> list[str]:
    """CIGAR of each (start, end, start on the germline, length of the read, operations); empty for None."""
    return ["" if row is None else _cigar(*row) for row in rows]


def _cigar(start: int, end: int, germline_start: int, length: int, operations: list[tuple[str, int]]) -> str:
    aligned = operations or [("M", end - start)]
    parts = [("S", start), ("N", germline_start), *aligned, ("S", length - end)]
    return "".join(f"{bases}{letter}" for letter, bases in parts if bases)


def translate_rows(stretches: list[str]) -> list[str]:
    return [translate(stretch) + ("#" if len(stretch) % 3 else "") for stretch in stretches]
