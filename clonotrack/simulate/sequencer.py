"""Simulate the sequencer: strands, mates and adapters, quality scores, and errors as frequent as the scores state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clonotrack.errors import ConfigError
from clonotrack.sequences import COMPLEMENT, F64, I64, U8, Bool, Ragged, encode
from clonotrack.simulate.pcr import Substitutions

ADAPTERS = (encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"), encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"))
"""Illumina TruSeq adapters of mate 1 and mate 2.

A mate that is longer than its fragment continues with the adapter, then with G.
"""
_NO_SIGNAL = encode("G")[0]

HIGH, MIDDLE, LOW = 37, 23, 12  # Phred scores of the three bins that current instruments write
MIDDLE_SHARE = 0.8  # share of MIDDLE among the scores below HIGH
RAMP = (0.5, 1.5)  # share of scores below HIGH at the first and the last base of a read, relative to the mean share
POOR_READS, POOR_FACTOR = 0.01, 10.0  # share of poor reads; they have 10 times as many scores below HIGH
READS_PER_BATCH = 20_000

_BIN_ERROR = {score: 10.0 ** (-score / 10) for score in (HIGH, MIDDLE, LOW)}
_REDUCED_ERROR = MIDDLE_SHARE * _BIN_ERROR[MIDDLE] + (1 - MIDDLE_SHARE) * _BIN_ERROR[LOW]
_MEAN_READ_FACTOR = 1 - POOR_READS + POOR_READS * POOR_FACTOR
ERROR_OF_SCORE: F64 = 10.0 ** (np.arange(HIGH + 1) / -10.0)


@dataclass(frozen=True, slots=True)
class SimulatedReads:
    """Hold a batch of sequenced reads or pairs of mates.

    Attributes:
        sequences: the single reads, or mate 1 of each pair.
        qualities: Phred score of every base of `sequences`, all reads one after the other, shape (bases,).
        origin: index of the template of each read, shape (reads,).
        reverse: True if the read (or mate 1) starts at the 3' end of the template, shape (reads,).
        errors: number of bases of each read that differ from the template, by PCR or sequencing errors, shape (reads,).
            For a pair, both mates are added up.
        mates: mate 2 of each pair and the Phred score of every base of mates 2; None for single reads.
    """

    sequences: Ragged
    qualities: U8
    origin: I64
    reverse: Bool
    errors: I64
    mates: tuple[Ragged, U8] | None = None


def sequence_reads(
    templates: Ragged,
    origin: I64,
    pcr_errors: Substitutions,
    *,
    error_rate: float,
    rng: np.random.Generator,
    mate_length: int | None = None,
    forward: bool = False,
) -> Iterator[SimulatedReads]:
    """Sequence one read (or pair) for each element of `origin`, in random order.

    METHOD: a base has one of three Phred scores and is wrong with the probability that its score states. A wrong base
    is each of the other three bases with equal probability. Scores decrease along the read, and 1 read in 100 is poor.
    Errors are substitutions only: insertions and deletions are rare on such instruments (Schirmer 2016, BMC
    Bioinformatics 17:125).

    Args:
        templates: sequences of the templates.
        origin: index of the template of each read, shape (reads,).
        pcr_errors: polymerase errors; ``pcr_errors.read`` contains indices into `origin`.
        error_rate: mean sequencing errors per base.
        rng: the stream of random numbers.
        mate_length: length of each mate of a pair [nt]; None makes single reads of whole templates.
        forward: True starts every read (or mate 1) at the 5' end of the template; False starts at a random end.

    Yields:
        Batches of at most `READS_PER_BATCH` reads.

    Raises:
        ConfigError: `error_rate` is below the error rate of the highest score or above that of the lowest scores.
    """
    share = reduced_quality_share(error_rate)
    order = rng.permutation(len(origin))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    read = rank[pcr_errors.read]
    by_read = np.argsort(read, kind="stable")
    errors = Substitutions(read[by_read], pcr_errors.position[by_read], pcr_errors.shift[by_read])
    for start in range(0, len(origin), READS_PER_BATCH):
        chosen = origin[order[start : start + READS_PER_BATCH]]
        low, high = np.searchsorted(errors.read, (start, start + len(chosen)))
        batch_errors = Substitutions(errors.read[low:high] - start, errors.position[low:high], errors.shift[low:high])
        yield _sequence_batch(templates.take(chosen), chosen, batch_errors, share, rng, mate_length, forward=forward)


def reduced_quality_share(error_rate: float) -> float:
    """Find the share of bases with a score below HIGH that gives a mean error rate, by bisection.

    Args:
        error_rate: mean sequencing errors per base.

    Raises:
        ConfigError: no mixture of the three scores has this error rate.
    """
    lowest, highest = _mean_error(0.0), _mean_error(1.0)
    if not lowest <= error_rate <= highest:
        raise ConfigError(f"error_rate is {error_rate:g}: choose a value from {lowest:.1e} to {highest:.1e}")
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _mean_error(middle) < error_rate else (low, middle)
    return low


def _mean_error(share: float) -> float:
    along = np.linspace(*RAMP, 1001)
    reduced: float = sum(
        weight * float(np.minimum(1.0, share * factor * along / _MEAN_READ_FACTOR).mean())
        for weight, factor in ((1 - POOR_READS, 1.0), (POOR_READS, POOR_FACTOR))
    )
    return float(reduced * _REDUCED_ERROR + (1 - reduced) * _BIN_ERROR[HIGH])


def _sequence_batch(
    templates: Ragged,
    origin: I64,
    pcr_errors: Substitutions,
    share: float,
    rng: np.random.Generator,
    mate_length: int | None,
    *,
    forward: bool,
) -> SimulatedReads:
    molecules = _substitute(templates, pcr_errors)
    reverse = rng.random(len(origin)) < (0.0 if forward else 0.5)
    if mate_length is None:
        oriented = _orient(molecules, reverse)
        error_free = oriented if molecules is templates else _orient(templates, reverse)
        single = _add_sequencing_errors(oriented, error_free, share, rng)
        return SimulatedReads(*single[:2], origin, reverse, single[2])
    mate_1, mate_2 = (_sequence_mate(molecules, templates, reverse, mate_length, mate, share, rng) for mate in (0, 1))
    return SimulatedReads(*mate_1[:2], origin, reverse, mate_1[2] + mate_2[2], mate_2[:2])


def _substitute(templates: Ragged, pcr_errors: Substitutions) -> Ragged:
    """Apply polymerase errors to the templates; return `templates` itself if there are none."""
    if not len(pcr_errors.read):
        return templates
    codes = templates.codes.copy()
    np.add.at(codes, templates.offsets[pcr_errors.read] + pcr_errors.position, pcr_errors.shift)
    return Ragged(codes % 4, templates.offsets)


def _sequence_mate(
    molecules: Ragged, templates: Ragged, reverse: Bool, length: int, mate: int, share: float, rng: np.random.Generator
) -> tuple[Ragged, U8, I64]:
    """Sequence one mate of each molecule; return what `_add_sequencing_errors` returns for this mate."""
    ends = cut_mates(molecules, reverse, length, mate)
    error_free = ends if molecules is templates else cut_mates(templates, reverse, length, mate)
    return _add_sequencing_errors(ends, error_free, share, rng)


def cut_mates(fragments: Ragged, reverse: Bool, length: int, mate: int) -> Ragged:
    """Cut one mate of each fragment: its first `length` bases from one end, before sequencing errors.

    A mate that is longer than its fragment continues with its adapter, and then with G.

    Args:
        fragments: sequences of the whole fragments.
        reverse: True if mate 1 starts at the 3' end of the fragment, shape (fragments,).
        length: length of every mate [nt].
        mate: 0 for mate 1, 1 for mate 2.
    """
    after_fragment = np.full(length, _NO_SIGNAL, dtype=np.uint8)
    adapter = ADAPTERS[mate][:length]
    after_fragment[: len(adapter)] = adapter
    position = np.arange(length)
    lengths, starts = fragments.lengths[:, None], fragments.offsets[:-1, None]
    from_3_prime = (reverse if mate == 0 else ~reverse)[:, None]
    inside = position < lengths
    source = starts + np.where(from_3_prime, lengths - 1 - position, position)
    bases = fragments.codes[np.where(inside, source, 0)]
    bases = np.where(from_3_prime, COMPLEMENT[bases], bases)
    codes = np.where(inside, bases, after_fragment[np.maximum(position - lengths, 0)]).astype(np.uint8)
    return Ragged(codes.ravel(), np.arange(len(fragments) + 1, dtype=np.int64) * length)


def _orient(reads: Ragged, reverse: Bool) -> Ragged:
    """Return the reads with every read reverse-complemented for which `reverse` (shape (reads,)) is True."""
    codes = reads.codes[_source_index(reads, reverse)]
    return Ragged(np.where(np.repeat(reverse, reads.lengths), COMPLEMENT[codes], codes), reads.offsets)


def _source_index(reads: Ragged, reverse: Bool) -> I64:
    """Return, for each base of the oriented reads, its index in ``reads.codes``; shape (bases,)."""
    start, end = (np.repeat(bound, reads.lengths) for bound in (reads.offsets[:-1], reads.offsets[1:]))
    forward = np.arange(len(reads.codes))
    return np.where(np.repeat(reverse, reads.lengths), start + end - 1 - forward, forward)


def _add_sequencing_errors(
    molecules: Ragged, error_free: Ragged, share: float, rng: np.random.Generator
) -> tuple[Ragged, U8, I64]:
    """Draw a quality score for every base, and sequencing errors as frequent as the scores state.

    Args:
        molecules: bases before sequencing, with polymerase errors.
        error_free: the same bases without polymerase errors.
        share: mean share of bases with a score below HIGH.
        rng: the stream of random numbers.

    Returns:
        The reads; the Phred score of every base, shape (bases,); and the number of bases of each read that differ from
        `error_free`, shape (reads,).
    """
    codes = molecules.codes.copy()
    qualities, error_probability = _draw_qualities(molecules, share, rng)
    wrong = np.flatnonzero(rng.random(len(codes)) < error_probability)
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, len(wrong)).astype(np.uint8)) % 4
    errors = np.add.reduceat((codes != error_free.codes).astype(np.int64), molecules.offsets[:-1])
    return Ragged(codes, molecules.offsets), qualities, errors


def _draw_qualities(reads: Ragged, share: float, rng: np.random.Generator) -> tuple[U8, F64]:
    """Draw the Phred score of every base; return the scores and their error probabilities, shape (bases,) each."""
    lengths = reads.lengths
    along = (np.arange(len(reads.codes)) - np.repeat(reads.offsets[:-1], lengths)) / np.repeat(
        np.maximum(lengths - 1, 1), lengths
    )
    factor = np.where(rng.random(len(lengths)) < POOR_READS, POOR_FACTOR, 1.0)
    ramp = RAMP[0] + (RAMP[1] - RAMP[0]) * along
    reduced = np.minimum(1.0, share * np.repeat(factor, lengths) * ramp / _MEAN_READ_FACTOR)
    uniform = rng.random(len(reads.codes))
    below_high = np.where(uniform < reduced * MIDDLE_SHARE, MIDDLE, LOW)
    scores = np.where(uniform >= reduced, HIGH, below_high).astype(np.uint8)
    return scores, ERROR_OF_SCORE[scores]
