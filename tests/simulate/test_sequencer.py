from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import ConfigError
from clonotrack.sequences import Ragged, decode, reverse_complement
from clonotrack.simulate.pcr import Edits
from clonotrack.simulate.random_streams import stream
from clonotrack.simulate.sequencer import HIGH, LOW, MIDDLE, READS_PER_BATCH, sequence

NONE = Edits(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint8))


def templates(count=20, length=180):
    rng = stream(1, "templates")
    lengths = length + rng.integers(0, 40, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Ragged(rng.integers(0, 4, offsets[-1]).astype(np.uint8), offsets)


def run(reads=4000, error_rate=0.0015, edits=NONE, seed=1):
    source = templates()
    origin = np.arange(reads) % len(source)
    return source, list(sequence(source, origin, edits, error_rate=error_rate, rng=stream(seed, "sequencing")))


def test_reads_map_back_to_their_template():
    source, batches = run(500)
    texts = source.to_strings()
    for batch in batches:
        for read, origin, reverse, errors in zip(
            batch.sequences.to_strings(), batch.origin, batch.reverse, batch.errors, strict=True
        ):
            true = reverse_complement(texts[origin]) if reverse else texts[origin]
            assert sum(a != b for a, b in zip(read, true, strict=True)) == errors


@pytest.mark.parametrize("error_rate", [0.0005, 0.0015, 0.003])
def test_error_rate_is_as_set_and_as_the_qualities_say(error_rate):
    _, batches = run(8000, error_rate)
    bases = sum(len(batch.sequences.codes) for batch in batches)
    errors = sum(int(batch.errors.sum()) for batch in batches)
    promised = sum(float((10.0 ** (batch.qualities / -10.0)).sum()) for batch in batches)
    assert abs(errors - promised) <= 5 * np.sqrt(promised)
    # Poor reads add to the variance: 1 in 100, ten times the errors of the others.
    assert promised / bases == pytest.approx(error_rate, rel=0.05)


def test_errors_of_each_quality_bin():
    source, batches = run(20_000, 0.003)
    texts = source.to_strings()
    wrong = {HIGH: 0, MIDDLE: 0, LOW: 0}
    seen = dict.fromkeys(wrong, 0)
    for batch in batches:
        true = Ragged.from_strings(
            reverse_complement(texts[o]) if r else texts[o] for o, r in zip(batch.origin, batch.reverse, strict=True)
        )
        for score in wrong:
            chosen = batch.qualities == score
            seen[score] += int(chosen.sum())
            wrong[score] += int((batch.sequences.codes != true.codes)[chosen].sum())
    assert sum(seen.values()) == sum(len(batch.qualities) for batch in batches)
    for score, count in seen.items():
        expected = count * 10 ** (-score / 10)
        assert abs(wrong[score] - expected) <= 5 * np.sqrt(expected)


def test_orientations_are_balanced_and_every_read_is_there():
    _, batches = run(20_100)
    reverse = np.concatenate([batch.reverse for batch in batches])
    origin = np.concatenate([batch.origin for batch in batches])
    assert len(reverse) == 20_100
    assert abs(reverse.sum() - 10_050) <= 5 * np.sqrt(20_100 / 4)
    assert np.bincount(origin).tolist() == [1005] * 20
    assert not np.array_equal(origin[:100], np.arange(100) % 20)


def test_polymerase_errors_land_in_their_reads_across_batches():
    reads = READS_PER_BATCH + 500
    edits = Edits(np.arange(reads), np.full(reads, 7), np.full(reads, 2, dtype=np.uint8))
    source, batches = run(reads, 10**-3.7 + 1e-9, edits)
    assert [len(batch.origin) for batch in batches] == [READS_PER_BATCH, 500]
    changed = 0
    for batch in batches:
        for i in range(0, len(batch.origin), 97):
            true = decode(source[int(batch.origin[i])])
            read = decode(batch.sequences[i])
            read = reverse_complement(read) if batch.reverse[i] else read
            changed += read[7] == decode(np.array([("ACGT".index(true[7]) + 2) % 4], dtype=np.uint8))
    looked_at = sum(len(range(0, len(batch.origin), 97)) for batch in batches)
    assert changed >= looked_at - 2


def test_quality_falls_along_the_read():
    _, batches = run(8000, 0.003)
    starts, ends = [], []
    for batch in batches:
        for i in range(len(batch.origin)):
            a, b = batch.sequences.offsets[i : i + 2]
            starts.append(batch.qualities[a : a + 40].mean())
            ends.append(batch.qualities[b - 40 : b].mean())
    assert np.mean(starts) > np.mean(ends) + 1


@pytest.mark.parametrize("error_rate", [0.0, 1e-4, 0.5])
def test_error_rates_that_the_bins_cannot_give(error_rate):
    with pytest.raises(ConfigError, match=r"error_rate is .*: choose one from 2\.0e-04 to"):
        run(10, error_rate)


def test_no_reads():
    assert run(0)[1] == []
