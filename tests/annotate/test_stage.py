from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clonotrack.annotate import stage
from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.errors import GermlineError, TableError
from clonotrack.germline import Reference
from clonotrack.sequences import reverse_complement
from clonotrack.tables import REARRANGEMENTS
from tests.annotate.airr_checks import check_strictly
from tests.annotate.random_reads import mutate, random_bases, recombine
from tests.annotate.test_truth import table

CALLS = [name for name in REARRANGEMENTS.names if name not in ("sequence_id", "rev_comp", "quality")]


@pytest.fixture(scope="module")
def reads(reference: Reference) -> list[str]:
    rng = np.random.default_rng(21)
    loci = ("IGH", "IGK", "IGL", "TRA", "TRB", "TRG", "TRD")
    return [recombine(rng, reference, locus, 0.04).read for locus in loci for _ in range(6)] + [random_bases(rng, 200)]


@pytest.fixture(scope="module")
def called(reads: list[str], reference: Reference) -> pl.DataFrame:
    return annotate(table(reads), reference, Annotate())


def allele(reference: Reference, name: str) -> str:
    return reference.segment(name).sequence


def one(reference: Reference, read: str, **settings: object) -> dict[str, object]:
    frame = annotate(table([read]), reference, Annotate.model_validate(settings))
    check_strictly(frame)
    return frame.row(0, named=True)


def test_rows_keep_the_input_order_with_nulls_for_uncalled_reads(called: pl.DataFrame, reads: list[str]) -> None:
    assert called["sequence_id"].to_list() == [f"r{i}" for i in range(len(reads))]
    assert called["v_call"].null_count() == 1
    assert called["sequence"][-1] == reads[-1]


def test_both_strands_give_the_same_calls(called: pl.DataFrame, reads: list[str], reference: Reference) -> None:
    reverse_calls = annotate(table([reverse_complement(read) for read in reads]), reference, Annotate())
    assert_frame_equal(reverse_calls[:-1].select(CALLS), called[:-1].select(CALLS))
    assert (reverse_calls["rev_comp"] != called["rev_comp"])[:-1].all()


def test_case_does_not_matter(called: pl.DataFrame, reads: list[str], reference: Reference) -> None:
    lower = annotate(table([read.lower() for read in reads]), reference, Annotate())
    assert_frame_equal(lower[:-1], called[:-1])
    assert lower["sequence"][-1] == reads[-1].lower()


def test_order_copies_and_parts_do_not_matter(
    called: pl.DataFrame, reads: list[str], reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "BATCH_ROWS", 7)
    order = np.random.default_rng(5).permutation(np.repeat(np.arange(len(reads)), 3))
    again = annotate(table([reads[i] for i in order]), reference, Annotate())
    assert_frame_equal(again.drop("sequence_id"), called[order.tolist()].drop("sequence_id"))


def test_threads_do_not_matter(
    called: pl.DataFrame, reads: list[str], reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "BATCH_ROWS", 7)
    assert_frame_equal(annotate(table(reads), reference, Annotate(), threads=2), called)


def test_columns_of_the_input_are_copied(reads: list[str], reference: Reference) -> None:
    read = reads[0]
    quality = "".join(chr(33 + i % 40) for i in range(len(read)))
    frame = table([read, reverse_complement(read)]).with_columns(
        pl.Series("quality", [quality, quality]), pl.lit("ACGT").alias("umi"), pl.Series("duplicate_count", [7, 2])
    )
    found = annotate(frame, reference, Annotate())
    expected = [quality[::-1] if is_reversed else quality for is_reversed in found["rev_comp"]]
    assert found["quality"].to_list() == expected
    assert found["umi"].to_list() == ["ACGT", "ACGT"]
    assert found["duplicate_count"].to_list() == [7, 2]
    assert annotate(table([read]), reference, Annotate())["duplicate_count"].to_list() == [1]


def test_an_empty_table_gives_an_empty_table(reference: Reference) -> None:
    empty = pl.DataFrame(schema={"sequence_id": pl.String, "sequence": pl.String})
    assert_frame_equal(annotate(empty, reference, Annotate()), REARRANGEMENTS.empty())


def test_a_repeated_sequence_id_is_rejected(reads: list[str], reference: Reference) -> None:
    frame = table(reads[:2]).with_columns(pl.lit("same").alias("sequence_id"))
    with pytest.raises(TableError, match="sequence_id"):
        annotate(frame, reference, Annotate())


def test_a_null_sequence_is_rejected(reference: Reference) -> None:
    frame = pl.DataFrame({"sequence_id": ["a", "b"], "sequence": ["ACGT", None]})
    with pytest.raises(TableError, match="column sequence: is empty in 1 rows"):
        annotate(frame, reference, Annotate())


def test_only_the_loci_of_the_settings_are_searched(reads: list[str], reference: Reference) -> None:
    found = annotate(table(reads), reference, Annotate(loci=("TRB",)))
    assert set(found["locus"].drop_nulls()) == {"TRB"}
    assert found["v_call"].is_not_null().sum() == 6


def test_a_reference_without_the_loci_is_rejected(reference: Reference) -> None:
    only_v = Reference("mine", tuple(s for s in reference.segments if s.kind == "V"), {})
    with pytest.raises(GermlineError, match="mine has no J of TRG"):
        annotate(table(["ACGT"]), only_v, Annotate(loci=("TRG",)))


def test_identical_genes_tie(reference: Reference) -> None:
    v, j = allele(reference, "TRGV2*03"), allele(reference, "TRGJ1*02")
    row = one(reference, v + "ACCG" + j)
    assert row["j_call"] == "TRGJ1*02,TRGJ2*01"
    assert row["v_identity"] == 1


def test_kde_is_a_j_of_igk_and_intron_a_v(reference: Reference) -> None:
    v, intron, kde = (allele(reference, name) for name in ("IGKV1-5*01", "Intron", "KDE"))
    row = one(reference, v[100:] + "TTACC" + kde[3:60])
    assert (row["v_call"], row["j_call"], row["locus"], row["system"]) == ("IGKV1-5*01", "KDE", "IGK", "IGK+")
    assert row["junction"] is None
    assert row["productive"] is False
    anchor = reference.segment("IGKV1-5*01").anchor
    assert anchor is not None
    assert row["key_region"] == v[anchor:] + "TTACC" + kde[3:13]
    row = one(reference, intron[40:] + "GACGA" + kde[:80])
    assert (row["v_call"], row["j_call"], row["system"]) == ("Intron", "KDE", "IGK+")
    assert row["key_region"] == intron[-10:] + "GACGA" + kde[:10]
    assert one(reference, intron + "GACGA" + allele(reference, "IGKJ1*01"))["v_call"] is None


def test_a_tra_dv_gene_takes_the_locus_of_its_j(reference: Reference) -> None:
    v = allele(reference, "TRAV29/DV5*01")
    assert one(reference, v + "GGTC" + allele(reference, "TRAJ12*01"))["system"] == "TRA"
    assert one(reference, v + "GGTC" + allele(reference, "TRDJ1*01"))["system"] == "TRD"
    row = one(reference, allele(reference, "TRDV2*03") + "GGTC" + allele(reference, "TRAJ12*01"))
    assert (row["locus"], row["system"]) == ("TRA", "TRA+D")


def test_two_d_of_trd_are_called_in_order(reference: Reference) -> None:
    d2, d3 = allele(reference, "TRDD2*01"), allele(reference, "TRDD3*01")
    v, j = allele(reference, "TRDV1*01"), allele(reference, "TRDJ1*01")
    row = one(reference, v + "AAC" + d2 + "TCAA" + d3 + "CCA" + j)
    assert (row["d_call"], row["d2_call"]) == ("TRDD2*01", "TRDD3*01")
    assert row["np2_length"] <= 4
    row = one(reference, v + d3 + "TCAA" + d2 + "CCA" + j)
    assert (row["d_call"], row["d2_call"]) == ("TRDD3*01", None)  # TRDD2 is deleted when TRDD3 joins a V


@pytest.mark.parametrize(
    ("inserted", "in_frame", "stop", "productive"),
    [("ACGTAC", True, False, True), ("ACGTACG", False, None, False), ("ACCTAA", True, True, False)],
)
def test_frame_and_productivity(
    reference: Reference, inserted: str, in_frame: bool, stop: bool | None, productive: bool
) -> None:
    v, j = reference.segment("TRBV20-1*01"), reference.segment("TRBJ2-1*01")
    assert v.anchor is not None
    assert j.anchor is not None
    kept = v.sequence[: v.anchor + 9]
    read = kept + inserted + j.sequence[j.anchor % 3 :]
    row = one(reference, read)
    assert (row["vj_in_frame"], row["productive"]) == (in_frame, productive)
    assert row["stop_codon"] == stop or stop is None
    broken = "" if in_frame else "#"
    assert str(row["junction_aa"]).startswith("C")
    assert str(row["junction_aa"]).endswith(broken or "F")


def test_deletions_that_take_the_anchor_leave_no_junction_but_a_key_region(reference: Reference) -> None:
    v, j = reference.segment("TRBV27*01"), reference.segment("TRBJ2-7*01")
    kept = v.sequence[100 : len(v.sequence) - 29]
    row = one(reference, kept + "CAAAG" + j.sequence[3:])
    assert (row["v_call"], row["j_call"], row["junction"]) == ("TRBV27*01", "TRBJ2-7*01", None)
    assert j.anchor is not None
    assert row["key_region"] == kept[-10:] + "CAAAG" + j.sequence[3 : j.anchor + 3]


def test_a_read_that_ends_before_the_j_anchor_has_no_key_region(reference: Reference) -> None:
    v, j = reference.segment("IGHV1-2*02"), reference.segment("IGHJ6*02")
    assert j.anchor is not None
    row = one(reference, v.sequence[50:] + "ACCTGA" + j.sequence[: j.anchor])
    assert row["j_call"] is not None
    assert row["key_region"] is None
    assert row["junction"] is None


@pytest.mark.parametrize(("gap", "letter"), [(slice(210, 211), "D"), (slice(210, 210), "I")])
def test_indels_in_the_v_are_aligned(reference: Reference, gap: slice, letter: str) -> None:
    v, j = reference.segment("IGHV3-23*01"), reference.segment("IGHJ4*02")
    plain = one(reference, v.sequence + "CGATT" + j.sequence)
    bases = list(v.sequence)
    bases[gap] = ["C"] if letter == "I" else []
    row = one(reference, "".join(bases) + "CGATT" + j.sequence)
    assert f"1{letter}" in str(row["v_cigar"])
    assert row["v_call"] == plain["v_call"]
    assert row["junction"] == plain["junction"]
    assert row["productive"] is False


def test_a_read_may_extend_beyond_both_ends(reference: Reference) -> None:
    rng = np.random.default_rng(3)
    v, j = reference.segment("IGHV3-23*01"), reference.segment("IGHJ4*02")
    plain = one(reference, v.sequence + "CGATT" + j.sequence)
    row = one(reference, random_bases(rng, 60) + v.sequence + "CGATT" + j.sequence + random_bases(rng, 80))
    for name in ("v_call", "j_call", "junction", "key_region", "v_score", "j_score"):
        assert row[name] == plain[name]


def test_unknown_bases_are_no_mismatches(reference: Reference) -> None:
    v, j = reference.segment("IGHV3-23*01"), reference.segment("IGHJ4*02")
    read = list(v.sequence + "CGATT" + j.sequence)
    for position in (20, 90, 91, 180, 320):
        read[position] = "N"
    row = one(reference, "".join(read))
    assert row["v_identity"] == 1
    assert "IGHV3-23*01" in str(row["v_call"]).split(",")


def test_random_and_germline_sequences_have_no_rearrangement(reference: Reference) -> None:
    rng = np.random.default_rng(31)
    random = [random_bases(rng, int(rng.integers(150, 351))) for _ in range(2000)]
    alone = [s.sequence + "CACAGTG" + random_bases(rng, 60) for s in reference.select("V")]
    mutated = [mutate(rng, s.sequence, 0.02) for s in reference.select("V")]
    after = [random_bases(rng, 150) + s.sequence for s in reference.select("J")]
    for reads, most in ((random, 0), (alone, 1), (mutated, 0), (after, 0)):
        found = annotate(table(reads), reference, Annotate())
        assert found["v_call"].is_not_null().sum() <= most
