import pytest

from clonotrack.errors import GermlineError
from clonotrack.germline import parse_segment


def parse(header, bases="GGTATAACTGGAAC", flanks=None):
    return parse_segment(header, bases, {}, flanks or {})[0]


def test_simple_name_with_key_value_fields():
    segment = parse("IGHV1-18*01 anchor=4 functionality=F source=here")
    assert (segment.allele, segment.gene, segment.locus, segment.kind) == ("IGHV1-18*01", "IGHV1-18", "IGH", "V")
    assert (segment.anchor, segment.functionality) == (4, "F")


def test_imgt_header():
    segment = parse("M99641|IGHV1-18*01|Homo sapiens|(F)|V-REGION|188..483|296 nt|1| | | | |")
    assert (segment.allele, segment.functionality) == ("IGHV1-18*01", "F")


def test_species_after_two_underscores_is_cut():
    assert parse("IGHD1-1*01__homo_sapiens").allele == "IGHD1-1*01"


def test_a_gapped_v_keeps_its_gapped_sequence():
    segment = parse("TRBV9*01", "gat...tct-g")
    assert (segment.sequence, segment.gapped) == ("GATTCTG", "GAT...TCT.G")


def test_an_ungapped_v_has_no_gapped_sequence():
    assert parse("TRBV9*01", "GATTCTG").gapped is None


@pytest.mark.parametrize("name", ["TRAV29/DV5*01", "TRAV14/DV4*02"])
def test_a_shared_v_rearranges_in_tra_and_trd(name):
    segment = parse(name)
    assert (segment.locus, segment.loci) == ("TRA", ("TRA", "TRD"))


def test_element_with_stated_kind_and_loci():
    segment = parse("KDE kind=J loci=IGK anchor=")
    assert (segment.kind, segment.loci, segment.anchor, segment.gene) == ("J", ("IGK",), None, "KDE")


def test_flanks_are_looked_up_by_gene():
    segment = parse("TRDD3*01", flanks={"TRDD3": ("AAA", "CCC")})
    assert (segment.flank_5, segment.flank_3) == ("AAA", "CCC")


@pytest.mark.parametrize(("gene", "orphon"), [("TRBV29/OR9-2*02", True), ("TRBV29-1*01", False)])
def test_an_orphon_is_recognised_by_its_name(gene, orphon):
    assert parse(gene).orphon is orphon


@pytest.mark.parametrize("name", ["IGHD*01", "IGHM*01", "IGKC*01", "TRGC1*01", "TRGV", "ACTB", "IGHX1*01"])
def test_names_of_other_genes_are_errors(name):
    with pytest.raises(GermlineError, match="not the name of"):
        parse(name)


@pytest.mark.parametrize("bases", ["ACGT*", "ACGU", "MKLQ", "..."])
def test_characters_that_are_not_nucleotides_are_errors(bases):
    with pytest.raises(GermlineError, match="not nucleotides"):
        parse("IGHJ1*01", bases)


@pytest.mark.parametrize("anchor", ["12", "-1", "x", "1.5"])
def test_a_stated_anchor_outside_the_sequence_is_an_error(anchor):
    with pytest.raises(GermlineError, match=f"anchor={anchor}"):
        parse(f"IGHJ1*01 anchor={anchor}")


@pytest.mark.parametrize("fields", ["kind=C loci=IGK", "kind=J loci=IGX"])
def test_stated_kind_or_loci_that_do_not_exist_are_errors(fields):
    with pytest.raises(GermlineError, match=fields):
        parse(f"KDE {fields}")


def test_a_record_without_a_name_is_an_error():
    with pytest.raises(GermlineError, match="no name"):
        parse("")
