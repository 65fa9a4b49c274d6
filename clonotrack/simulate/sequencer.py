"""Both ends of fragments, as a sequencer reads them in pairs.

From reads of molecules to what the sequencer writes: strand, qualities, errors that keep to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clonotrack.errors import ConfigError
from clonotrack.sequences import COMPLEMENT, F64, I64, U8, Bool, Ragged, encode
from clonotrack.simulate.pcr import Edits

ADAPTERS = (encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"), encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"))
"""What mates 1 and 2 read behind a fragment that is shorter than they are (Illumina TruSeq), and then G only."""
_DARK = encode("G")[0]


def ends(fragments: Ragged, reverse: Bool, length: int, mate: int) -> Ragged:
    """The first `length` bases of each fragment from one of its ends.

    Args:
        fragments: whole ones.
        reverse: whether mate 1 begins at the fragment's 3' end.
        length: bases of every mate.
        mate: 0 or 1.
    """
    behind = np.full(length, _DARK, dtype=np.uint8)
    adapter = ADAPTERS[mate][:length]
    behind[: len(adapter)] = adapter
    place = np.arange(length)
    lengths, starts = fragments.lengths[:, None], fragments.offsets[:-1, None]
    turned = (reverse if mate == 0 else ~reverse)[:, None]
    inside = place < lengths
    source = starts + np.where(turned, lengths - 1 - place, place)
    bases = fragments.codes[np.where(inside, source, 0)]
    bases = np.where(turned, COMPLEMENT[bases], bases)
    codes = np.where(inside, bases, behind[np.maximum(place - lengths, 0)]).astype(np.uint8)
    return Ragged(codes.ravel(), np.arange(len(fragments) + 1, dtype=np.int64) * length)


def with_umis(templates: Ragged, template: I64, length: int, rng: np.random.Generator) -> Ragged:
    """A copy of its template for each molecule, with a random UMI at its 5' end.

    Args:
        templates: what there are molecules of.
        template: of each molecule.
        length: bases of a UMI.
        rng: the stream.
    """
    umis = rng.integers(0, 4, (len(template), length)).astype(np.uint8)
    copies = templates.take(template)
    offsets = copies.offsets + np.arange(len(template) + 1) * length
    codes = np.empty(offsets[-1], dtype=np.uint8)
    place = (offsets[:-1, None] + np.arange(length)).ravel()
    rest = np.ones(len(codes), dtype=np.bool_)
    rest[place] = False
    codes[place] = umis.ravel()
    codes[rest] = copies.codes
    return Ragged(codes, offsets)


HIGH, MIDDLE, LOW = 37, 23, 12  # Phred scores of the bins that current instruments write
MIDDLE_SHARE = 0.8  # of the bases that are not HIGH
RAMP = (0.5, 1.5)  # bases that are not HIGH, at the first and the last base of a read, relative to their mean
POOR_READS, POOR_FACTOR = 0.01, 10.0  # share of reads with that many times more of them
READS_PER_BATCH = 20_000

_ERROR = {score: 10.0 ** (-score / 10) for score in (HIGH, MIDDLE, LOW)}
_REDUCED_ERROR = MIDDLE_SHARE * _ERROR[MIDDLE] + (1 - MIDDLE_SHARE) * _ERROR[LOW]
_NORMAL = 1 - POOR_READS + POOR_READS * POOR_FACTOR
ERROR_OF_SCORE: F64 = 10.0 ** (np.arange(HIGH + 1) / -10.0)


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Reads as sequenced.

    Attributes:
        sequences: as read.
        qualities: Phred scores along the codes.
        origin: index of each read's template.
        reverse: whether it was read from the other strand.
        errors: bases that differ from the template, of the polymerase and of sequencing; of both mates together.
        mates: the second mates, and their scores; None for single reads.
    """

    sequences: Ragged
    qualities: U8
    origin: I64
    reverse: Bool
    errors: I64
    mates: tuple[Ragged, U8] | None = None


def sequence(
    templates: Ragged,
    origin: I64,
    edits: Edits,
    *,
    error_rate: float,
    rng: np.random.Generator,
    mate_length: int | None = None,
    forward: bool = False,
) -> Iterator[ReadBatch]:
    """Read each template of `origin` once, from a random strand, in random order.

    METHOD: three quality bins; a base is wrong with the probability its score states, and turns into any other base
    alike. Scores fall along the read and 1 read in 100 is poor. Substitutions only: insertions and deletions are
    rare on such instruments (Schirmer 2016, BMC Bioinformatics 17:125).

    Args:
        templates: what can be read.
        origin: template of each read, shape (reads,).
        edits: what the polymerase changed in these reads.
        error_rate: mean wrong bases per base of sequencing.
        rng: the stream.
        mate_length: read pairs of so many bases from both ends; by default whole templates as single reads.
        forward: read every template from its 5' end.

    Raises:
        ConfigError: no mixture of the bins has this error rate.
    """
    share = reduced_share(error_rate)
    order = rng.permutation(len(origin))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    read = place[edits.read]
    by_read = np.argsort(read, kind="stable")
    sorted_edits = Edits(read[by_read], edits.position[by_read], edits.shift[by_read])
    for start in range(0, len(origin), READS_PER_BATCH):
        chosen = origin[order[start : start + READS_PER_BATCH]]
        low, high = np.searchsorted(sorted_edits.read, (start, start + len(chosen)))
        part = Edits(sorted_edits.read[low:high] - start, sorted_edits.position[low:high], sorted_edits.shift[low:high])
        yield _batch(templates.take(chosen), chosen, part, share, rng, mate_length, forward=forward)


def reduced_share(error_rate: float) -> float:
    """Mean share of bases not in the best bin at which reads have this many errors per base; by bisection.

    Raises:
        ConfigError: no mixture of the bins has this error rate.
    """
    least, most = _mean_error(0.0), _mean_error(1.0)
    if not least <= error_rate <= most:
        raise ConfigError(f"error_rate is {error_rate:g}: choose one from {least:.1e} to {most:.1e}")
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _mean_error(middle) < error_rate else (low, middle)
    return low


def _mean_error(share: float) -> float:
    along = np.linspace(*RAMP, 1001)
    reduced: float = sum(
        weight * float(np.minimum(1.0, share * factor * along / _NORMAL).mean())
        for weight, factor in ((1 - POOR_READS, 1.0), (POOR_READS, POOR_FACTOR))
    )
    return float(reduced * _REDUCED_ERROR + (1 - reduced) * _ERROR[HIGH])


def _batch(
    reads: Ragged,
    origin: I64,
    edits: Edits,
    share: float,
    rng: np.random.Generator,
    mate_length: int | None,
    *,
    forward: bool,
) -> ReadBatch:
    molecules = _amplified(reads, edits)
    reverse = rng.random(len(origin)) < (0.0 if forward else 0.5)
    if mate_length is None:
        turned = _turned(molecules, reverse)
        one = _read(turned, turned if molecules is reads else _turned(reads, reverse), share, rng)
        return ReadBatch(*one[:2], origin, reverse, one[2])
    one, two = (_mate(molecules, reads, reverse, mate_length, mate, share, rng) for mate in (0, 1))
    return ReadBatch(*one[:2], origin, reverse, one[2] + two[2], two[:2])


def _amplified(reads: Ragged, edits: Edits) -> Ragged:
    """The reads with what the polymerase changed; themselves where it changed nothing."""
    if not len(edits.read):
        return reads
    codes = reads.codes.copy()
    np.add.at(codes, reads.offsets[edits.read] + edits.position, edits.shift)
    return Ragged(codes % 4, reads.offsets)


def _mate(
    molecules: Ragged, reads: Ragged, reverse: Bool, length: int, mate: int, share: float, rng: np.random.Generator
) -> tuple[Ragged, U8, I64]:
    """One mate of each; see `_read`."""
    read = ends(molecules, reverse, length, mate)
    return _read(read, read if molecules is reads else ends(reads, reverse, length, mate), share, rng)


def _read(molecules: Ragged, true: Ragged, share: float, rng: np.random.Generator) -> tuple[Ragged, U8, I64]:
    """What the sequencer writes of molecules, its scores, and how many bases of each are not the `true` ones."""
    read = molecules.codes.copy()
    qualities, wrong = _qualities(molecules, share, rng)
    hit = np.flatnonzero(rng.random(len(read)) < wrong)
    read[hit] = (read[hit] + rng.integers(1, 4, len(hit)).astype(np.uint8)) % 4
    errors = np.add.reduceat((read != true.codes).astype(np.int64), molecules.offsets[:-1])
    return Ragged(read, molecules.offsets), qualities, errors


def _turned(reads: Ragged, reverse: Bool) -> Ragged:
    """The reads, on the other strand where `reverse` is set."""
    codes = reads.codes[_source(reads, reverse)]
    return Ragged(np.where(np.repeat(reverse, reads.lengths), COMPLEMENT[codes], codes), reads.offsets)


def _source(reads: Ragged, reverse: Bool) -> I64:
    """Where each base of a read stands on its template: backwards in reversed reads."""
    start, end = (np.repeat(bound, reads.lengths) for bound in (reads.offsets[:-1], reads.offsets[1:]))
    forward = np.arange(len(reads.codes))
    return np.where(np.repeat(reverse, reads.lengths), start + end - 1 - forward, forward)


def _qualities(reads: Ragged, share: float, rng: np.random.Generator) -> tuple[U8, F64]:
    """Phred score and error probability of every base."""
    lengths = reads.lengths
    along = (np.arange(len(reads.codes)) - np.repeat(reads.offsets[:-1], lengths)) / np.repeat(
        np.maximum(lengths - 1, 1), lengths
    )
    poor = np.where(rng.random(len(lengths)) < POOR_READS, POOR_FACTOR, 1.0)
    ramp = RAMP[0] + (RAMP[1] - RAMP[0]) * along
    reduced = np.minimum(1.0, share * np.repeat(poor, lengths) * ramp / _NORMAL)
    drawn = rng.random(len(reads.codes))
    scores = np.where(drawn >= reduced, HIGH, np.where(drawn < reduced * MIDDLE_SHARE, MIDDLE, LOW)).astype(np.uint8)
    return scores, ERROR_OF_SCORE[scores]
