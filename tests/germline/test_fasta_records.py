import pytest

from clonotrack.errors import GermlineError
from clonotrack.germline import read_segment


def segment(header, letters="GGTATAACTGGAAC", flanks=None):
    return read_segment(header, letters, {}, flanks or {})[0]


def test_simple_name_with_stated_facts():
    found = segment("IGHV1-18*01 anchor=4 functionality=F source=here")
    assert (found.allele, found.gene, found.locus, found.kind) == ("IGHV1-18*01", "IGHV1-18", "IGH", "V")
    assert (found.anchor, found.functionality) == (4, "F")


def test_imgt_header():
    found = segment("M99641|IGHV1-18*01|Homo sapiens|(F)|V-REGION|188..483|296 nt|1| | | | |")
    assert (found.allele, found.functionality) == ("IGHV1-18*01", "F")


def test_species_after_two_underscores_is_cut():
    assert segment("IGHD1-1*01__homo_sapiens").allele == "IGHD1-1*01"


def test_gaps_are_kept_beside_the_sequence_of_a_v():
    found = segment("TRBV9*01", "gat...tct-g")
    assert (found.sequence, found.gapped) == ("GATTCTG", "GAT...TCT.G")


def test_plain_v_has_no_gapped_form():
    assert segment("TRBV9*01", "GATTCTG").gapped is None


@pytest.mark.parametrize("name", ["TRAV29/DV5*01", "TRAV14/DV4*02"])
def test_shared_v_serves_alpha_and_delta(name):
    found = segment(name)
    assert (found.locus, found.loci) == ("TRA", ("TRA", "TRD"))


def test_element_with_stated_kind_and_loci():
    found = segment("KDE kind=J loci=IGK anchor=")
    assert (found.kind, found.loci, found.anchor, found.gene) == ("J", ("IGK",), None, "KDE")


def test_flanks_come_by_gene():
    found = segment("TRDD3*01", flanks={"TRDD3": ("AAA", "CCC")})
    assert (found.flank_5, found.flank_3) == ("AAA", "CCC")


@pytest.mark.parametrize(("gene", "orphon"), [("TRBV29/OR9-2*02", True), ("TRBV29-1*01", False)])
def test_orphon_by_name(gene, orphon):
    assert segment(gene).orphon is orphon


@pytest.mark.parametrize("name", ["IGHD*01", "IGHM*01", "IGKC*01", "TRGC1*01", "TRGV", "ACTB", "IGHX1*01"])
def test_other_genes_are_refused(name):
    with pytest.raises(GermlineError, match="not the name of"):
        segment(name)


@pytest.mark.parametrize("letters", ["ACGT*", "ACGU", "MKLQ", "..."])
def test_letters_that_are_no_nucleotides(letters):
    with pytest.raises(GermlineError, match="no nucleotides"):
        segment("IGHJ1*01", letters)


@pytest.mark.parametrize("anchor", ["12", "-1", "x", "1.5"])
def test_stated_anchor_outside_the_sequence(anchor):
    with pytest.raises(GermlineError, match=f"anchor={anchor}"):
        segment(f"IGHJ1*01 anchor={anchor}")


@pytest.mark.parametrize("place", ["kind=C loci=IGK", "kind=J loci=IGX"])
def test_stated_place_that_is_none(place):
    with pytest.raises(GermlineError, match="no segment"):
        segment(f"KDE {place}")


def test_record_without_a_name():
    with pytest.raises(GermlineError, match="no name"):
        segment("")
