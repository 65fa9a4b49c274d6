from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from clonotrack.errors import GermlineError
from clonotrack.germline.recombination_stats import JUNCTION_MODELS
from clonotrack.sequences import translate
from clonotrack.simulate.random_streams import random_stream
from clonotrack.simulate.rearrangement import FR3_PRIMER_DISTANCES, KDE_PRIMER_END
from clonotrack.simulate.recombine import draw_genotype, draw_lengths, draw_rearrangements, kde_genotype

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")


def draw(reference, locus, count=300, **conditions):
    genotype = draw_genotype(reference, locus, random_stream(1, locus))
    return draw_rearrangements(genotype, count, random_stream(2, locus), **conditions)


@pytest.mark.parametrize("locus", LOCI)
def test_segments_are_at_the_stated_positions(reference, locus):
    for r in draw(reference, locus):
        v, j = reference.segment(r.v_call), reference.segment(r.j_call)
        assert r.sequence[: r.v_end] == v.sequence[: r.v_end]
        assert j.sequence.endswith(r.sequence[r.j_start :])
        assert r.key_start == v.anchor
        assert r.sequence[r.key_end - 3 :] == j.sequence[j.anchor :]
        assert r.v_end >= r.key_start + 3
        assert r.j_start <= r.key_end - 3
        assert r.system == r.locus == locus


@pytest.mark.parametrize("locus", LOCI)
def test_productive_junction_starts_and_ends_with_anchor_codons(reference, locus):
    for r in draw(reference, locus, productive=True):
        amino_acids = translate(r.junction)
        assert amino_acids[0] == "C"
        assert amino_acids[-1] in "FWC"  # TRAJ35 has Cys118
        assert len(r.junction) == 3 * len(amino_acids)
        assert amino_acids in translate(r.sequence[r.key_start % 3 :])


@pytest.mark.parametrize("locus", LOCI)
def test_productive_means_in_frame_without_stop_codon(reference, locus):
    rearrangements = draw(reference, locus, 600)
    for r in rearrangements:
        open_frame = "*" not in translate(r.sequence[r.key_start % 3 :])
        assert r.productive is (len(r.junction) % 3 == 0 and open_frame)
    assert 0.1 < np.mean([r.productive for r in rearrangements]) < 1 / 3 + 5 * np.sqrt(2 / 9 / 600)


def test_conditions_are_met(reference):
    assert all(r.productive for r in draw(reference, "IGK", productive=True))
    assert not any(r.productive for r in draw(reference, "IGK", productive=False))
    assert min(r.inserted for r in draw(reference, "IGK", min_inserted=10)) >= 10


def test_conditions_that_no_draw_meets_are_an_error(reference):
    with pytest.raises(GermlineError, match="no IGK rearrangement with at least 500 inserted nt"):
        draw(reference, "IGK", 1, min_inserted=500)


def test_d_is_in_the_junction_and_never_3_prime_of_the_j(reference):
    for r in draw(reference, "TRB", 500):
        assert not (r.j_call.startswith("TRBJ1") and r.d_call is not None and r.d_call.startswith("TRBD2"))
    assert all(r.d_call is None for r in draw(reference, "TRG"))
    with_d = [r for r in draw(reference, "IGH") if r.d_call is not None]
    own = [longest_piece_of_d(r, reference.segment(r.d_call).sequence) for r in with_d]
    foreign = [longest_piece_of_d(r, reference.segment(q.d_call).sequence) for r, q in pairwise(with_d)]
    assert len(with_d) > 200
    assert np.mean(own) > 10
    assert np.mean(foreign) < 7


def longest_piece_of_d(rearrangement, d):
    """Length of the longest piece of a D between V and J."""
    middle = rearrangement.sequence[rearrangement.v_end : rearrangement.j_start]
    pieces = (d[a:b] for a in range(len(d)) for b in range(a + 1, len(d) + 1))
    return max((len(piece) for piece in pieces if piece in middle), default=0)


def test_a_person_has_at_most_two_alleles_of_a_gene_and_only_functional_ones(reference):
    genotype = draw_genotype(reference, "IGH", random_stream(5, "person"))
    genes = [segment.gene for segment in genotype.v.segments]
    assert max(map(genes.count, genes)) == 2
    assert {segment.functionality for segment in genotype.v.segments} == {"F"}
    assert genotype.v.weights.sum() == pytest.approx(1.0)


def test_gene_usage_is_uneven_and_equal_in_all_people(reference):
    usage = []
    for person in ("a", "b"):
        v = draw_genotype(reference, "TRB", random_stream(1, person)).v
        genes = {
            s.gene: sum(w for t, w in zip(v.segments, v.weights, strict=True) if t.gene == s.gene) for s in v.segments
        }
        usage.append(genes)
    assert usage[0] == pytest.approx(usage[1])
    assert max(usage[0].values()) > 5 * np.median(list(usage[0].values()))


def test_kde_rearrangements_start_with_a_v_or_the_intron(reference):
    genotype = kde_genotype(draw_genotype(reference, "IGK", random_stream(1, "kde")), reference)
    rearrangements = draw_rearrangements(genotype, 200, random_stream(2, "kde"))
    assert {r.system for r in rearrangements} == {"IGK+"}
    assert {r.j_call for r in rearrangements} == {"KDE"}
    assert 0.3 < np.mean([r.v_call == "Intron" for r in rearrangements]) < 0.7
    kde = reference.segment("KDE").sequence
    for r in rearrangements:
        assert r.junction is None
        assert r.productive is None
        assert kde[:KDE_PRIMER_END].endswith(r.sequence[r.j_start :])
        assert r.key_end == r.j_start + 10
        if r.v_call == "Intron":
            assert r.key_start == r.v_end - 10


def test_restriction_to_a_gene(reference):
    genotype = draw_genotype(reference, "IGH", random_stream(1, "IGH"))
    assert {s.gene for s in genotype.j.restrict_to("IGHJ4").segments} == {"IGHJ4"}
    with pytest.raises(GermlineError, match="IGHJ9 is not a functional gene"):
        genotype.j.restrict_to("IGHJ9")


def test_amplicons_start_at_the_fr3_primer_of_the_v_gene(reference):
    for r in draw(reference, "TRB", 200):
        before = r.key_start - r.amplicon_start()
        assert FR3_PRIMER_DISTANCES[0] <= before < FR3_PRIMER_DISTANCES[1]
        assert r.sequence.endswith(r.amplicon())
        assert len(r.amplicon(150)) == 150
    assert len({r.key_start - r.amplicon_start() for r in draw(reference, "TRB") if r.v_call.startswith("TRBV2*")}) <= 1


@pytest.mark.parametrize("mean", [0.0, 2.0, 7.0])
def test_lengths_have_their_mean(mean):
    lengths = draw_lengths(mean, 40_000, random_stream(1, "lengths"))
    assert abs(lengths.mean() - mean) <= 5 * np.sqrt((mean + mean**2 / 2) / len(lengths))


def test_every_locus_has_a_junction_model(reference):
    assert set(JUNCTION_MODELS) == set(reference.loci)
    has_d = {locus for locus in LOCI if reference.select("D", locus)}
    assert {locus for locus, model in JUNCTION_MODELS.items() if model.n2} == has_d
