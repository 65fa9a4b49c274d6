"""Reads from BAM and CRAM, aligned or not: what the same reads as FASTQ would be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from clonotrack.errors import InputError
from clonotrack.io.alignment_files import lines, open_alignments
from clonotrack.io.mates import MOST_WAITING, Mates, Read, Unmatched
from clonotrack.io.parts import Part
from clonotrack.io.reads import ReadChunk
from clonotrack.io.streams import label
from clonotrack.kernels.strands import turned
from clonotrack.sequence import ENCODE, I64, U8, Ragged, offsets_of

FRAGMENTS_AT_ONCE = 4096
SKIPPED = 0x900
"""Flags of secondary and supplementary alignments, which repeat a read."""
PAIRED, UNMAPPED, REVERSE, FIRST = 0x1, 0x4, 0x10, 0x40
HARD_CLIP = 5


def read_alignments(
    path: Path, *, tag: str | None = None, qualities_needed: bool = False, most_waiting: int = MOST_WAITING
) -> Iterator[Part]:
    """Reads and pairs of a BAM or CRAM file, on the strand as read; secondary and supplementary lines left out.

    Single reads and pairs may stand side by side: each part holds one kind. Pairs are found by name; where many wait
    for their mates, as in a file sorted by place, they wait in temporary files.

    Args:
        path: the file; ``-`` is standard input.
        tag: whose text is handed on, as RX.
        qualities_needed: refuse reads without qualities; those of pairs are always needed.
        most_waiting: reads that wait in memory for their mates; more do in temporary files.

    Raises:
        InputError: the file is damaged or cut short, has no sequences, or the mates of pairs are not all there; CRAM
            whose reference is not found.
    """
    import pysam  # noqa: PLC0415 (heavy, and needed for these files only)

    before = pysam.set_verbosity(0)
    mates = Mates(most_waiting)
    try:
        with open_alignments(path, pysam) as file:
            yield from _parts(path, file, mates, tag, qualities_needed=qualities_needed)
    except Unmatched as error:
        message = (
            f"read {error.read.name!r} is mate {error.read.mate} of a pair, and the other mate is not there: give the "
            "whole file"
        )
        raise InputError(label(path), message) from None
    finally:
        mates.close()
        pysam.set_verbosity(before)


def _parts(path: Path, file: Any, mates: Mates, tag: str | None, *, qualities_needed: bool) -> Iterator[Part]:
    singles: list[tuple[Read, ...]] = []
    pairs: list[tuple[Read, ...]] = []
    clipped = done = 0

    def part(fragments: list[tuple[Read, ...]]) -> Part:
        nonlocal clipped, done
        told = _part(path, fragments, tag, done + 1, clipped, qualities_needed=qualities_needed)
        clipped, done = 0, done + len(fragments)
        fragments.clear()
        return told

    for record, line in enumerate(lines(path, file), start=1):
        flag = line.flag
        if flag & SKIPPED:
            continue
        if not flag & UNMAPPED and any(op == HARD_CLIP for op, _ in line.cigartuples or ()):
            clipped += 1
        read = _read(path, record, line, tag)
        if not flag & PAIRED:
            singles.append((read,))
        elif pair := mates.add(read):
            pairs.append(pair)
        for full in (fragments for fragments in (singles, pairs) if len(fragments) == FRAGMENTS_AT_ONCE):
            yield part(full)
    for pair in mates.rest():
        pairs.append(pair)
        if len(pairs) == FRAGMENTS_AT_ONCE:
            yield part(pairs)
    if not (done or singles or pairs):
        raise InputError(label(path), "is empty: give a file with reads")
    for fragments in (singles, pairs):
        if fragments:
            yield part(fragments)


def _read(path: Path, record: int, line: Any, tag: str | None) -> Read:
    sequence = line.query_sequence
    if sequence is None:
        raise InputError(label(path), "has no sequence (SEQ is *): give a file that holds the reads", record=record)
    scores = line.query_qualities
    text = str(line.get_tag(tag)) if tag and line.has_tag(tag) else ""
    mate = 0 if not line.flag & PAIRED else 1 if line.flag & FIRST else 2
    values = b"" if scores is None else scores.tobytes()
    return Read(line.query_name, sequence, values, bool(line.flag & REVERSE), mate, text)


def _part(
    path: Path, fragments: list[tuple[Read, ...]], tag: str | None, first: int, clipped: int, *, qualities_needed: bool
) -> Part:
    columns = list(zip(*fragments, strict=True))
    chunks = [_chunk(path, column, first, needed=qualities_needed or len(columns) > 1) for column in columns]
    mates = chunks[1] if len(chunks) > 1 else None
    if tag is None:
        return Part(chunks[0], mates, hard_clipped=clipped)
    texts = [next((read.tag for read in reads if read.tag), "") for reads in fragments]
    return Part(chunks[0], mates, *_joined(texts), clipped)


def _chunk(path: Path, reads: tuple[Read, ...], first: int, *, needed: bool) -> ReadChunk:
    text, offsets = _joined([read.sequence for read in reads])
    if (text == ord("=")).any():
        message = "has bases written as =, which only the reference tells: write the bases (samtools calmd without -e)"
        raise InputError(label(path), message)
    codes = ENCODE[text]
    scores: U8 | None = np.frombuffer(b"".join(read.scores for read in reads), dtype=np.uint8)
    if len(codes) != (0 if scores is None else len(scores)):
        if needed:
            raise InputError(
                label(path), "has reads without base qualities, which are needed here: give a file with them"
            )
        scores = None
    reverse = np.array([read.reverse for read in reads], dtype=np.bool_)
    bases, qualities = turned(codes, np.zeros_like(codes) if scores is None else scores, offsets, reverse)
    names = _joined([read.name for read in reads])
    return ReadChunk.of(Ragged(bases, offsets), None if scores is None else qualities, *names, first)


def _joined(texts: list[str]) -> tuple[U8, I64]:
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8), offsets_of([len(text) for text in texts])
