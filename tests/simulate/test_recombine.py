from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from clonotrack.errors import GermlineError
from clonotrack.germline.recombination_stats import JUNCTIONS
from clonotrack.sequences import translate
from clonotrack.simulate.people import with_kde
from clonotrack.simulate.random_streams import stream
from clonotrack.simulate.recombine import KDE_PRIMER_END, PRIMER_DISTANCE, draw, inherit, lengths

LOCI = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")


def drawn(reference, locus, count=300, **demands):
    return draw(inherit(reference, locus, stream(1, locus)), count, stream(2, locus), **demands)


@pytest.mark.parametrize("locus", LOCI)
def test_segments_stand_where_the_truth_says(reference, locus):
    for r in drawn(reference, locus):
        v, j = reference.segment(r.v_call), reference.segment(r.j_call)
        assert r.sequence[: r.v_end] == v.sequence[: r.v_end]
        assert j.sequence.endswith(r.sequence[r.j_start :])
        assert r.key_start == v.anchor
        assert r.sequence[r.key_end - 3 :] == j.sequence[j.anchor :]
        assert r.v_end >= r.key_start + 3
        assert r.j_start <= r.key_end - 3
        assert r.system == r.locus == locus


@pytest.mark.parametrize("locus", LOCI)
def test_junction_has_both_anchor_codons_and_translates(reference, locus):
    for r in drawn(reference, locus, productive=True):
        amino_acids = translate(r.junction)
        assert amino_acids[0] == "C"
        assert amino_acids[-1] in "FWC"  # TRAJ35 has Cys118
        assert len(r.junction) == 3 * len(amino_acids)
        assert amino_acids in translate(r.sequence[r.key_start % 3 :])


@pytest.mark.parametrize("locus", LOCI)
def test_productivity_is_the_frame_and_the_stop_codons(reference, locus):
    found = drawn(reference, locus, 600)
    for r in found:
        open_frame = "*" not in translate(r.sequence[r.key_start % 3 :])
        assert r.productive is (len(r.junction) % 3 == 0 and open_frame)
    assert 0.1 < np.mean([r.productive for r in found]) < 1 / 3 + 5 * np.sqrt(2 / 9 / 600)


def test_demands_are_met(reference):
    assert all(r.productive for r in drawn(reference, "IGK", productive=True))
    assert not any(r.productive for r in drawn(reference, "IGK", productive=False))
    assert min(r.inserted for r in drawn(reference, "IGK", min_inserted=10)) >= 10


def test_what_is_hardly_ever_drawn_is_an_error(reference):
    with pytest.raises(GermlineError, match="no IGK rearrangement with 500 inserted nt"):
        drawn(reference, "IGK", 1, min_inserted=500)


def test_d_segment_is_in_the_junction_and_never_3_prime_of_the_j(reference):
    for r in drawn(reference, "TRB", 500):
        assert not (r.j_call.startswith("TRBJ1") and r.d_call is not None and r.d_call.startswith("TRBD2"))
    assert all(r.d_call is None for r in drawn(reference, "TRG"))
    with_d = [r for r in drawn(reference, "IGH") if r.d_call is not None]
    own = [shared_length(r, reference.segment(r.d_call).sequence) for r in with_d]
    foreign = [shared_length(r, reference.segment(q.d_call).sequence) for r, q in pairwise(with_d)]
    assert len(with_d) > 200
    assert np.mean(own) > 10
    assert np.mean(foreign) < 7


def shared_length(rearrangement, d):
    """Longest piece of a D that stands between V and J."""
    middle = rearrangement.sequence[rearrangement.v_end : rearrangement.j_start]
    pieces = (d[a:b] for a in range(len(d)) for b in range(a + 1, len(d) + 1))
    return max((len(piece) for piece in pieces if piece in middle), default=0)


def test_a_person_has_at_most_two_alleles_of_a_gene_and_only_functional_ones(reference):
    germline = inherit(reference, "IGH", stream(5, "person"))
    genes = [segment.gene for segment in germline.v.segments]
    assert max(map(genes.count, genes)) == 2
    assert {segment.functionality for segment in germline.v.segments} == {"F"}
    assert germline.v.weights.sum() == pytest.approx(1.0)


def test_gene_usage_is_uneven_and_the_same_for_everyone(reference):
    usage = []
    for person in ("a", "b"):
        v = inherit(reference, "TRB", stream(1, person)).v
        genes = {
            s.gene: sum(w for t, w in zip(v.segments, v.weights, strict=True) if t.gene == s.gene) for s in v.segments
        }
        usage.append(genes)
    assert usage[0] == pytest.approx(usage[1])
    assert max(usage[0].values()) > 5 * np.median(list(usage[0].values()))


def test_kde_rearrangements(reference):
    germline = with_kde(inherit(reference, "IGK", stream(1, "kde")), reference)
    found = draw(germline, 200, stream(2, "kde"))
    assert {r.system for r in found} == {"IGK+"}
    assert {r.j_call for r in found} == {"KDE"}
    assert 0.3 < np.mean([r.v_call == "Intron" for r in found]) < 0.7
    kde = reference.segment("KDE").sequence
    for r in found:
        assert r.junction is None
        assert r.productive is None
        assert kde[:KDE_PRIMER_END].endswith(r.sequence[r.j_start :])
        assert r.key_end == r.j_start + 10
        if r.v_call == "Intron":
            assert r.key_start == r.v_end - 10


def test_narrowing_to_a_gene(reference):
    germline = inherit(reference, "IGH", stream(1, "IGH"))
    assert {s.gene for s in germline.j.only("IGHJ4").segments} == {"IGHJ4"}
    with pytest.raises(GermlineError, match="IGHJ9 is no functional gene"):
        germline.j.only("IGHJ9")


def test_amplicons_start_at_the_genes_primer(reference):
    for r in drawn(reference, "TRB", 200):
        before = r.key_start - r.amplicon_start()
        assert PRIMER_DISTANCE[0] <= before < PRIMER_DISTANCE[1]
        assert r.sequence.endswith(r.amplicon())
        assert len(r.amplicon(150)) == 150
    assert (
        len({r.key_start - r.amplicon_start() for r in drawn(reference, "TRB") if r.v_call.startswith("TRBV2*")}) <= 1
    )


@pytest.mark.parametrize("mean", [0.0, 2.0, 7.0])
def test_lengths_have_their_mean(mean):
    found = lengths(mean, 40_000, stream(1, "lengths"))
    assert abs(found.mean() - mean) <= 5 * np.sqrt((mean + mean**2 / 2) / len(found))


def test_every_locus_has_a_junction_model(reference):
    assert set(JUNCTIONS) == set(reference.loci)
    has_d = {locus for locus in LOCI if reference.select("D", locus)}
    assert {locus for locus, model in JUNCTIONS.items() if model.n2} == has_d
