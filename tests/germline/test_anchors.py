import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonotrack.germline import find_anchor, find_gapped_v_anchor, find_j_motifs, find_v_anchor
from clonotrack.germline.anchors import remove_gaps
from clonotrack.sequences import translate

UPSTREAM = "CAGGTGCAGCTGGTGCAGTCTGGGGCT"
END_OF_V = "GACACGGCCGTGTATTAC"  # D T A V Y Y
bases = st.text("ACGT", max_size=60)


@pytest.mark.parametrize("codon", ["TGT", "TGC"])
@pytest.mark.parametrize("tail", ["", "GCG", "GCGAGAGA"])
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_cys104_is_found_in_any_frame(codon, tail, cut):
    head = (UPSTREAM + END_OF_V)[cut:]
    assert find_v_anchor(head + codon + tail) == len(head)


def test_a_cys_without_the_residues_before_it_is_not_an_anchor():
    assert find_v_anchor(UPSTREAM + "AAAAAAAAAAAAAAAAAA" + "TGTGCG") is None


def test_a_v_truncated_before_cys104_has_no_anchor():
    assert find_v_anchor(UPSTREAM + END_OF_V) is None


def test_a_cys_far_from_the_3_prime_end_is_not_an_anchor():
    assert find_v_anchor(UPSTREAM + END_OF_V + "TGT" + "A" * 60) is None


@given(bases)
def test_v_anchor_is_a_cys_codon_or_none(sequence):
    anchor = find_v_anchor(sequence)
    assert anchor is None or sequence[anchor : anchor + 3] in ("TGT", "TGC")


def test_gapped_anchor_counts_the_nucleotides_before_position_310():
    gapped = "A" * 30 + "." * 12 + "C" * 267 + "TGTGCG"
    assert find_gapped_v_anchor(gapped) == 297
    assert remove_gaps(gapped)[297:300] == "TGT"


@pytest.mark.parametrize("codon", ["TGA", "TG", "", "..."])
def test_gapped_v_without_cys_at_104_has_no_anchor_and_the_reason_names_the_codon(codon):
    gapped = "A" * 297 + "." * 12 + codon
    anchor, reason = find_anchor("V", remove_gaps(gapped), gapped, {})
    assert anchor is None
    assert (codon or "nothing") in reason


@pytest.mark.parametrize("aromatic", ["TTT", "TTC", "TGG"])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_j_motif_is_found_in_every_frame(aromatic, shift):
    sequence = "A" * shift + "AACTAC" + aromatic + "GGCCAAGGG" + "ACCACC"
    assert find_j_motifs(sequence) == [shift + 6]


@given(bases)
def test_j_motifs_equal_those_of_a_brute_force_search(sequence):
    motifs = [
        start
        for start in range(len(sequence) - 11)
        for residues in [translate(sequence[start : start + 12])]
        if residues[0] in "WF" and residues[1] == "G" and residues[3] == "G"
    ]
    assert find_j_motifs(sequence) == motifs


def test_two_motifs_give_no_anchor():
    anchor, reason = find_anchor("J", "TTTGGCCAAGGG" * 2, None, {})
    assert anchor is None
    assert reason == "2 [WF]GxG motifs instead of one"


def test_an_exception_is_recognised_by_its_sequence():
    from hashlib import md5

    sequence = "ACGTACGTACGT"
    assert find_anchor("J", sequence, None, {})[0] is None
    assert find_anchor("J", sequence, None, {md5(sequence.encode()).hexdigest(): 3}) == (3, "")


def test_a_d_has_no_anchor_and_no_reason():
    assert find_anchor("D", "TGTGCGTTTGGCCAAGGG", None, {}) == (None, "")
