"""The embedded reference: its segments, anchors, flanks, aliases and checksums."""

import hashlib
import re
import subprocess
import sys
from importlib.resources import files

import pytest

from clonotrack.errors import GermlineError
from clonotrack.germline import LOCI, find_anchor, find_v_anchor
from clonotrack.germline.check import check_reference
from clonotrack.germline.load import load_reference
from clonotrack.germline.reference_files import read_anchor_exceptions

ALLELES = {
    ("IGH", "V"): 198,
    ("IGH", "D"): 33,
    ("IGH", "J"): 7,
    ("IGK", "V"): 65,
    ("IGK", "J"): 8,
    ("IGL", "V"): 80,
    ("IGL", "J"): 9,
    ("TRA", "V"): 63,
    ("TRA", "J"): 66,
    ("TRB", "V"): 88,
    ("TRB", "D"): 3,
    ("TRB", "J"): 16,
    ("TRG", "V"): 11,
    ("TRG", "J"): 5,
    ("TRD", "V"): 3 + 9,  # 9 alleles of the five TRAV/DV genes
    ("TRD", "D"): 3,
    ("TRD", "J"): 4,
}


@pytest.fixture(scope="module")
def reference():
    return load_reference()


def test_number_of_alleles_per_locus_and_kind(reference):
    counts = {(locus, kind): len(reference.select(kind, locus)) for locus in LOCI for kind in "VDJ"}
    assert {key: count for key, count in counts.items() if count} == ALLELES


def test_every_anchor_equals_the_one_found_from_the_sequence(reference):
    exceptions = read_anchor_exceptions()
    for segment in reference.segments:
        anchor, reason = find_anchor(segment.kind, segment.sequence, segment.gapped, exceptions)
        assert anchor == segment.anchor, segment.allele
        assert not reason or segment.allele in ("KDE", "Intron")


def test_the_anchor_rules_miss_only_the_listed_exceptions(reference):
    missed = {s.allele for s in reference.segments if s.anchor != find_anchor(s.kind, s.sequence, s.gapped, {})[0]}
    assert missed == {
        *("IGKV2-29*01", "IGLV3-2*03", "TRBV7-3*03", "TRBV17*01", "TRBV17*02", "TRBV26*01", "TRBV26*02", "TRGVA*01"),
        *("TRAJ16*01", "TRAJ16*02", "TRAJ35*01", "TRAJ51*01", "TRAJ61*01", "TRBJ2-2P*01", "TRBJ2-7*02"),
        *("TRGJP1*01", "TRGJP2*01"),
    }


def test_ungapped_and_gapped_rule_agree_on_ig_v(reference):
    differ = {s.gene for s in reference.segments if s.gapped and find_v_anchor(s.sequence) != s.anchor}
    assert differ == {"IGHV8-51-1", "IGKV2-29"}


def test_only_ig_v_have_gapped_sequences(reference):
    for segment in reference.segments:
        assert (segment.gapped is not None) == (segment.kind == "V" and segment.allele.startswith("IG"))
        assert segment.gapped is None or segment.gapped.replace(".", "") == segment.sequence


def test_functional_segments_have_the_anchor_residue(reference):
    odd = {"TRAJ35*01": "TGC"}
    for segment in reference.segments:
        if segment.functionality == "F" and segment.kind != "D":
            codon = segment.sequence[segment.anchor : segment.anchor + 3]
            wanted = ("TGT", "TGC") if segment.kind == "V" else ("TTT", "TTC", "TGG")
            assert codon in wanted or odd[segment.allele] == codon, segment.allele


def test_all_trg_genes_are_present(reference):
    genes = {segment.gene for segment in reference.segments if segment.locus == "TRG"}
    assert {gene.removeprefix("TRG") for gene in genes} == {
        *("V1", "V2", "V3", "V4", "V5", "V5P", "V8", "VA", "V9", "V10", "V11"),
        *("JP1", "JP", "J1", "JP2", "J2"),
    }


def test_the_longer_sequence_is_kept_of_alleles_listed_in_two_lengths(reference):
    lengths = {name: len(reference.segment(name).sequence) for name in ("TRAV11*01", "TRAJ59*01", "TRGV10*02")}
    assert lengths == {"TRAV11*01": 277, "TRAJ59*01": 60, "TRGV10*02": 309}


def test_kde_and_intron_are_long_and_without_anchor(reference):
    kde, intron = reference.segment("KDE"), reference.segment("Intron")
    assert (kde.kind, len(kde.sequence), kde.anchor) == ("J", 290, None)
    assert (intron.kind, len(intron.sequence), intron.anchor) == ("V", 172, None)
    assert intron.flank_3.startswith("CACAGTG")


def test_every_d_has_flanks(reference):
    for segment in reference.select("D"):
        least = 28 if segment.gene == "IGHD7-27" else 50
        assert min(len(segment.flank_5), len(segment.flank_3)) >= least, segment.allele
    assert reference.segment("TRDD3*01").flank_3.startswith("CACAGTG")
    assert reference.segment("TRDD2*01").flank_5.endswith("CATTGTG")


def test_identical_alleles(reference):
    assert reference.identical_alleles("TRGJ1*02") == ("TRGJ2*01",)
    assert reference.identical_alleles("TRBV6-2*01") == ("TRBV6-3*01",)
    assert reference.identical_alleles("IGHD4-4*01") == ("IGHD4-11*01",)
    assert reference.identical_alleles("IGHD5-5*01") == ("IGHD5-18*01",)
    assert reference.identical_alleles("IGHV1-18*01") == ()


def test_flanks_distinguish_identical_d_genes(reference):
    assert reference.segment("IGHD4-4*01").flank_5 != reference.segment("IGHD4-11*01").flank_5


def test_orphons_are_listed_but_not_selected(reference):
    orphons = {segment.allele for segment in reference.segments if segment.orphon}
    assert orphons == {"TRBV23/OR9-2*01", "TRBV29/OR9-2*02"}
    assert not orphons & {segment.allele for segment in reference.select("V")}


def test_every_alias_names_a_segment_and_is_not_a_segment_name(reference):
    names = {s.allele for s in reference.segments} | {s.gene for s in reference.segments}
    assert len(reference.aliases) == 109
    for alias, canonical in reference.aliases.items():
        assert alias not in names
        assert canonical in names
        assert reference.alleles(alias) == reference.alleles(canonical)


@pytest.mark.parametrize(
    ("name", "allele"),
    [
        ("TRDV4*01", "TRAV14/DV4*01"),
        ("IGHV3-30-5*01", "IGHV3-30*18"),
        ("IGKDEL", "KDE"),
        ("IGKINTR", "Intron"),
        ("IGLJ3*01", "IGLJ2*01"),
    ],
)
def test_alias_of_an_allele(reference, name, allele):
    assert reference.segment(name).allele == allele


def test_unknown_names_and_gene_names_are_errors(reference):
    with pytest.raises(GermlineError, match="IGHV9-99"):
        reference.alleles("IGHV9-99")
    with pytest.raises(GermlineError, match="name one of its alleles"):
        reference.segment("IGHJ4")


def test_check_reports_only_the_two_orphons():
    checks = check_reference([files("clonotrack.germline") / "data"])
    assert len(checks) == 664
    assert {check.allele for check in checks if check.status != "ok"} == {
        "TRBV23/OR9-2*01",
        "TRBV29/OR9-2*02",
    }


def test_provenance_lists_the_md5_of_every_file():
    package = files("clonotrack.germline")
    listed = dict(
        re.findall(r"^\| `(\S+)` \| \d+ \| `([0-9a-f]{32})` \|$", (package / "PROVENANCE.md").read_text(), re.M)
    )
    present = {
        item.name: hashlib.md5(item.read_bytes()).hexdigest() for item in (package / "data").iterdir() if item.is_file()
    }
    assert listed == present


@pytest.mark.external
def test_embedded_files_pass_the_shared_checker(shared):
    fasta = sorted(str(item) for item in (files("clonotrack.germline") / "data").iterdir() if ".fasta" in item.name)
    checker = shared / "germline" / "check_reference.py"
    done = subprocess.run(
        [sys.executable, str(checker), "--strict", "--show", "0", *fasta],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    shown = re.findall(r"genes (\d+)/(\d+), alleles (\d+)/(\d+)", done.stdout)
    assert len(shown) == 18  # 17 sets and the special segments
    assert all(genes == all_genes and alleles == all_alleles for genes, all_genes, alleles, all_alleles in shown)
