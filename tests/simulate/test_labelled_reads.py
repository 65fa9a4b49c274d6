from __future__ import annotations

import numpy as np
import pytest

from clonotrack.errors import ConfigError
from clonotrack.sequences import reverse_complement, translate
from clonotrack.simulate import read_truth_table, simulate_labelled_reads


def simulate(reference, reads=600, loci=("IGH", "TRG"), **settings):
    return [
        (batch, read_truth_table([str(i) for i in range(len(batch.origin))], batch, r), r)
        for batch, r in simulate_labelled_reads(reference, loci, reads, **{"clonotypes": reads, **settings})
    ]


@pytest.mark.parametrize("length", [None, 120, 280])
def test_truth_describes_the_bases_of_the_read(reference, length):
    ((batch, truth, _),) = simulate(reference, error_rate=0.0002, mutation=0.05, length=length)
    for read, row in zip(batch.sequences.to_strings(), truth.iter_rows(named=True), strict=True):
        coding = reverse_complement(read) if row["rev_comp"] else read
        if row["errors"] == 0:
            assert row["key_region"] in coding
            assert row["junction"] == row["key_region"]
            assert 0 < row["v_sequence_end"] < row["j_sequence_start"] <= len(coding)
            start = coding.index(row["key_region"])
            assert start + 3 <= row["v_sequence_end"]
            assert row["j_sequence_start"] <= start + len(row["key_region"]) - 2
        if row["productive"]:
            assert row["junction_aa"] == translate(row["junction"])
            assert "*" not in row["junction_aa"]
    if length is not None:
        assert set(batch.sequences.lengths.tolist()) == {length}


def test_one_clonotype_per_read_or_few_with_a_largest_one(reference):
    ((_, truth, _),) = simulate(reference)
    assert truth["locus"].value_counts()["count"].to_list() == [300, 300]
    assert truth["sequence_id"].n_unique() == 600
    ((batch, _, _),) = simulate(reference, 5000, clonotypes=50, largest=0.4)
    counts = np.bincount(batch.origin, minlength=50)
    assert counts.min() >= 1
    assert abs(counts[0] - 1 - 0.4 * 4950) <= 5 * np.sqrt(4950 * 0.24)


def test_mutations_occur_at_the_set_rate(reference):
    ((_, plain, _),) = simulate(reference)
    ((_, mutated, rearrangements),) = simulate(reference, mutation=0.1)
    assert plain["mutations"].sum() == 0
    bases = sum(len(r.sequence) for r in rearrangements)
    assert 0.085 < mutated["mutations"].sum() / bases < 0.1


def test_equal_seeds_give_equal_reads(reference):
    first, again, other = (simulate(reference, 50, seed=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first[0].sequences.codes, again[0].sequences.codes)
    assert first[1].equals(again[1])
    assert not first[1].equals(other[1])


def test_more_clonotypes_than_reads_are_an_error(reference):
    with pytest.raises(ConfigError, match="10 reads cannot contain 20 clonotypes"):
        simulate(reference, 10, clonotypes=20)
