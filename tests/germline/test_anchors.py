import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.germline import find_anchor, j_anchors, v_anchor, v_anchor_gapped
from clonotrack.germline.anchors import ungapped
from clonotrack.sequences import translate

UPSTREAM = "CAGGTGCAGCTGGTGCAGTCTGGGGCT"
END_OF_V = "GACACGGCCGTGTATTAC"  # D T A V Y Y
bases = st.text("ACGT", max_size=60)


@pytest.mark.parametrize("codon", ["TGT", "TGC"])
@pytest.mark.parametrize("tail", ["", "GCG", "GCGAGAGA"])
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_cys104_is_found_in_any_frame(codon, tail, cut):
    head = (UPSTREAM + END_OF_V)[cut:]
    assert v_anchor(head + codon + tail) == len(head)


def test_cys_without_the_motif_is_no_anchor():
    assert v_anchor(UPSTREAM + "AAAAAAAAAAAAAAAAAA" + "TGTGCG") is None


def test_v_cut_before_cys_has_no_anchor():
    assert v_anchor(UPSTREAM + END_OF_V) is None


def test_cys_too_far_from_the_end_is_not_taken():
    assert v_anchor(UPSTREAM + END_OF_V + "TGT" + "A" * 60) is None


@given(bases)
def test_v_anchor_is_a_cys_codon_or_nothing(sequence):
    anchor = v_anchor(sequence)
    assert anchor is None or sequence[anchor : anchor + 3] in ("TGT", "TGC")


def test_gapped_anchor_counts_the_nucleotides_before_position_310():
    gapped = "A" * 30 + "." * 12 + "C" * 267 + "TGTGCG"
    assert v_anchor_gapped(gapped) == 297
    assert ungapped(gapped)[297:300] == "TGT"


@pytest.mark.parametrize("codon", ["TGA", "TG", "", "..."])
def test_gapped_without_cys_at_104_has_no_anchor_and_says_what_it_reads(codon):
    gapped = "A" * 297 + "." * 12 + codon
    anchor, why = find_anchor("V", ungapped(gapped), gapped, {})
    assert anchor is None
    assert (codon or "nothing") in why


@pytest.mark.parametrize("aromatic", ["TTT", "TTC", "TGG"])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_j_motif_is_found_in_every_frame(aromatic, shift):
    sequence = "A" * shift + "AACTAC" + aromatic + "GGCCAAGGG" + "ACCACC"
    assert j_anchors(sequence) == [shift + 6]


@given(bases)
def test_j_anchors_are_the_motif_by_brute_force(sequence):
    motifs = [
        start
        for start in range(len(sequence) - 11)
        for residues in [translate(sequence[start : start + 12])]
        if residues[0] in "WF" and residues[1] == "G" and residues[3] == "G"
    ]
    assert j_anchors(sequence) == motifs


def test_two_motifs_are_no_anchor():
    anchor, why = find_anchor("J", "TTTGGCCAAGGG" * 2, None, {})
    assert anchor is None
    assert why == "2 [WF]GxG motifs, one was expected"


def test_an_exception_is_known_by_its_sequence():
    from hashlib import md5

    sequence = "ACGTACGTACGT"
    assert find_anchor("J", sequence, None, {})[0] is None
    assert find_anchor("J", sequence, None, {md5(sequence.encode()).hexdigest(): 3}) == (3, "")


def test_d_needs_no_anchor():
    assert find_anchor("D", "TGTGCGTTTGGCCAAGGG", None, {}) == (None, "")
