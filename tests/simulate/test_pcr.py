from __future__ import annotations

import numpy as np
import pytest

from clonotrack.sequences import Ragged
from clonotrack.simulate.pcr import add_umis, amplify, draw_polymerase_errors
from clonotrack.simulate.random_streams import random_stream


@pytest.mark.parametrize(("capture", "rho", "dispersion"), [(0.6, 3.0, 0.5), (0.2, 0.3, 0.0), (1.0, 10.0, 0.8)])
def test_molecules_and_reads_follow_the_model(capture, rho, dispersion):
    copies = np.full(200, 500)
    molecules = amplify(
        copies, capture=capture, reads_per_molecule=rho, dispersion=dispersion, rng=random_stream(1, "amplify")
    )
    captured, reads = molecules.count(200)
    total = copies.sum()
    assert abs(captured.sum() - capture * total) <= 5 * np.sqrt(total * capture * (1 - capture))
    n = captured.sum()
    variance = rho + rho**2 * (np.exp(dispersion**2) - 1)
    assert abs(molecules.reads.mean() - rho) <= 5 * np.sqrt(variance / n)
    assert molecules.reads.var() == pytest.approx(variance, rel=0.1)
    assert reads.sum() == molecules.reads.sum()
    assert (captured <= copies).all()


def test_templates_without_copies_have_no_molecules():
    molecules = amplify(
        np.array([0, 5, 0]), capture=1.0, reads_per_molecule=2.0, dispersion=0.5, rng=random_stream(1, "zero")
    )
    assert molecules.template.tolist() == [1] * 5


@pytest.mark.parametrize("cycles", [3, 6, 30])
def test_a_read_has_half_the_error_rate_of_every_cycle(cycles):
    molecules, depth, length, rate = 4000, 5, 200, 2e-5
    errors = draw_polymerase_errors(
        np.full(molecules, length), np.full(molecules, depth), rate=rate, cycles=cycles, rng=random_stream(1, "pcr")
    )
    bases = molecules * depth * length
    expected = bases * rate / 2 * cycles
    shared = 1 + (depth - 1) / 2  # reads that one error can be in, at most
    assert abs(len(errors.read) - expected) <= 5 * np.sqrt(expected * shared)
    assert errors.read.max() < molecules * depth
    assert 0 <= errors.position.min() <= errors.position.max() < length
    assert set(errors.shift.tolist()) == {1, 2, 3}


def test_every_molecule_has_a_umi_before_its_template():
    templates = Ragged.from_strings(["ACGT", "TTT"])
    sequences = add_umis(templates, np.array([1, 0, 1]), 5, random_stream(1, "umis")).to_strings()
    assert [sequence[5:] for sequence in sequences] == ["TTT", "ACGT", "TTT"]
    assert len({sequence[:5] for sequence in sequences}) == 3


def test_reads_of_one_molecule_share_early_errors():
    errors = draw_polymerase_errors(
        np.full(2000, 200), np.full(2000, 20), rate=1e-4, cycles=1, rng=random_stream(2, "shared")
    )
    reads_of_error: dict[tuple[int, int, int], set[int]] = {}
    for read, position, shift in zip(errors.read, errors.position, errors.shift, strict=True):
        reads_of_error.setdefault((read // 20, position, shift), set()).add(read)
    sharing = [len(reads) / 20 for reads in reads_of_error.values()]
    assert len(sharing) > 30
    assert np.mean(sharing) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(20 * len(sharing)))


def test_molecules_without_reads_have_no_errors():
    errors = draw_polymerase_errors(
        np.array([200, 200]), np.array([0, 3]), rate=0.01, cycles=20, rng=random_stream(1, "unread")
    )
    assert set(errors.read.tolist()) <= {0, 1, 2}
    none = draw_polymerase_errors(np.array([200]), np.array([5]), rate=0.0, cycles=20, rng=random_stream(1, "perfect"))
    assert len(none.read) == 0
