from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import ConfigError
from clonotrack.sequences import Ragged, decode, reverse_complement
from clonotrack.simulate.pcr import Substitutions
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.sequencer import ADAPTERS, HIGH, LOW, MIDDLE, READS_PER_BATCH, cut_mates, sequence_reads

NO_ERRORS = Substitutions(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8))


def templates(count=20, length=180):
    rng = random_stream(1, "templates")
    lengths = length + rng.integers(0, 40, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Ragged(rng.integers(0, 4, offsets[-1]).astype(np.uint8), offsets)


def run(reads=4000, error_rate=0.0015, pcr_errors=NO_ERRORS, seed=1):
    source = templates()
    origin = np.arange(reads) % len(source)
    return source, list(
        sequence_reads(source, origin, pcr_errors, error_rate=error_rate, rng=random_stream(seed, "sequencing"))
    )


def test_errors_count_the_differences_from_the_template():
    source, batches = run(500)
    texts = source.to_strings()
    for batch in batches:
        for read, origin, reverse, errors in zip(
            batch.sequences.to_strings(), batch.origin, batch.reverse, batch.errors, strict=True
        ):
            true = reverse_complement(texts[origin]) if reverse else texts[origin]
            assert sum(a != b for a, b in zip(read, true, strict=True)) == errors


@pytest.mark.parametrize("error_rate", [0.0005, 0.0015, 0.003])
def test_error_rate_matches_the_setting_and_the_qualities(error_rate):
    _, batches = run(8000, error_rate)
    bases = sum(len(batch.sequences.codes) for batch in batches)
    errors = sum(int(batch.errors.sum()) for batch in batches)
    expected = sum(float((10.0 ** (batch.qualities / -10.0)).sum()) for batch in batches)
    assert abs(errors - expected) <= 5 * np.sqrt(expected)
    # Poor reads add to the variance: 1 in 100, ten times the errors of the others.
    assert expected / bases == pytest.approx(error_rate, rel=0.05)


def test_errors_of_each_quality_bin():
    source, batches = run(20_000, 0.003)
    texts = source.to_strings()
    wrong = {HIGH: 0, MIDDLE: 0, LOW: 0}
    bases = dict.fromkeys(wrong, 0)
    for batch in batches:
        true = Ragged.from_strings(
            reverse_complement(texts[o]) if r else texts[o] for o, r in zip(batch.origin, batch.reverse, strict=True)
        )
        for score in wrong:
            chosen = batch.qualities == score
            bases[score] += int(chosen.sum())
            wrong[score] += int((batch.sequences.codes != true.codes)[chosen].sum())
    assert sum(bases.values()) == sum(len(batch.qualities) for batch in batches)
    for score, count in bases.items():
        expected = count * 10 ** (-score / 10)
        assert abs(wrong[score] - expected) <= 5 * np.sqrt(expected)


def test_orientations_are_balanced_and_every_template_is_read():
    _, batches = run(20_100)
    reverse = np.concatenate([batch.reverse for batch in batches])
    origin = np.concatenate([batch.origin for batch in batches])
    assert len(reverse) == 20_100
    assert abs(reverse.sum() - 10_050) <= 5 * np.sqrt(20_100 / 4)
    assert np.bincount(origin).tolist() == [1005] * 20
    assert not np.array_equal(origin[:100], np.arange(100) % 20)


def test_polymerase_errors_are_in_their_reads_across_batches():
    reads = READS_PER_BATCH + 500
    pcr_errors = Substitutions(np.arange(reads), np.full(reads, 7), np.full(reads, 2, dtype=np.uint8))
    source, batches = run(reads, 10**-3.7 + 1e-9, pcr_errors)
    assert [len(batch.origin) for batch in batches] == [READS_PER_BATCH, 500]
    changed = 0
    for batch in batches:
        for i in range(0, len(batch.origin), 97):
            true = decode(source[int(batch.origin[i])])
            read = decode(batch.sequences[i])
            read = reverse_complement(read) if batch.reverse[i] else read
            changed += read[7] == decode(np.array([("ACGT".index(true[7]) + 2) % 4], dtype=np.uint8))
    checked = sum(len(range(0, len(batch.origin), 97)) for batch in batches)
    assert changed >= checked - 2


def test_quality_decreases_along_the_read():
    _, batches = run(8000, 0.003)
    starts, ends = [], []
    for batch in batches:
        for i in range(len(batch.origin)):
            a, b = batch.sequences.offsets[i : i + 2]
            starts.append(batch.qualities[a : a + 40].mean())
            ends.append(batch.qualities[b - 40 : b].mean())
    assert np.mean(starts) > np.mean(ends) + 1


@pytest.mark.parametrize("error_rate", [0.0, 1e-4, 0.5])
def test_error_rates_outside_the_range_of_the_scores_are_errors(error_rate):
    with pytest.raises(ConfigError, match=r"error_rate is .*: choose a value from 2\.0e-04 to"):
        run(10, error_rate)


def test_without_reads_there_is_no_batch():
    assert run(0)[1] == []


def test_mates_start_at_either_end_and_continue_with_the_adapter():
    fragments = Ragged.from_strings(["ACGTT", "ACG"])
    for mate, expected in ((0, ["ACGT", "CGTA"]), (1, ["AACG", "ACGA"])):
        assert cut_mates(fragments, np.array([False, True]), 4, mate).to_strings() == expected
    long = cut_mates(fragments, np.array([False, False]), 50, 0).to_strings()[1]
    assert long == "ACG" + Ragged(ADAPTERS[0], np.array([0, 33])).to_strings()[0] + "G" * 14
