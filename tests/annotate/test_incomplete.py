"""Rearrangements without a V or without a J, on the embedded reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest

from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.germline import Reference, Segment
from clonotrack.sequences import reverse_complement
from tests.annotate.airr_checks import check_strictly
from tests.annotate.random_reads import mutate, random_bases


@dataclass(frozen=True)
class Incomplete:
    """A read and its true system and genes; None for a segment that it lacks."""

    read: str
    system: str
    v: str | None
    d: str | None
    d2: str | None
    j: str | None


def gene(reference: Reference, name: str) -> Segment:
    return reference.alleles(name)[0]


def d_j(rng: np.random.Generator, reference: Reference, locus: str, flank: int) -> Incomplete:
    """Make a D-J with `flank` bases of its 5' flank, and the intron downstream of the J."""
    ds = [d for d in reference.select("D", locus) if d.gene != "TRDD1"]
    js = [j for j in reference.select("J", locus) if not j.gene.startswith("TRBJ1")]
    d, j = ds[rng.integers(len(ds))], js[rng.integers(len(js))]
    kept = d.sequence[: len(d.sequence) - rng.integers(6)]
    read = d.flank_5[-flank:] + kept + random_bases(rng, int(rng.integers(8))) + j.sequence[rng.integers(8) :]
    return Incomplete(read + random_bases(rng, 20), f"{locus}+", None, d.gene, None, j.gene)


def of_delta(rng: np.random.Generator, reference: Reference, kind: str) -> Incomplete:
    """Make a Dd2-Dd3, Vd-Dd3, Dd2-Ja or Dd2-Dd3-Jd."""
    d2, d3 = gene(reference, "TRDD2"), gene(reference, "TRDD3")
    v = gene(reference, str(rng.choice(["TRDV1", "TRDV2", "TRDV3"])))
    left = d2.flank_5[-40:] + d2.sequence[: 9 - rng.integers(3)]
    right = d3.sequence[rng.integers(4) :] + d3.flank_3[:30]
    inserted = random_bases(rng, int(rng.integers(6)))
    if kind == "Dd2-Dd3":
        return Incomplete(left + inserted + right, "TRD+", None, "TRDD2", "TRDD3", None)
    if kind == "Vd-Dd3":
        kept = v.sequence[-120 : len(v.sequence) - rng.integers(6)]
        return Incomplete(kept + inserted + right, "TRD+", v.gene, "TRDD3", None, None)
    if kind == "Dd2-Dd3-Jd":
        read = left + inserted + d3.sequence + "GGC" + gene(reference, "TRDJ1").sequence[rng.integers(5) :]
        return Incomplete(read, "TRD+", None, "TRDD2", "TRDD3", "TRDJ1")
    j = gene(reference, str(rng.choice(["TRAJ29", "TRAJ53", "TRAJ9"])))
    return Incomplete(left + inserted + j.sequence[rng.integers(8) :], "TRA+D", None, "TRDD2", None, j.gene)


def incomplete_reads(reference: Reference, each: int) -> Iterator[Incomplete]:
    rng = np.random.default_rng(11)
    for _ in range(each):
        for locus in ("IGH", "TRB", "TRD"):
            yield d_j(rng, reference, locus, int(rng.integers(18, 28)))
        for kind in ("Dd2-Dd3", "Vd-Dd3", "Dd2-Ja", "Dd2-Dd3-Jd"):
            yield of_delta(rng, reference, kind)


def called(reference: Reference, reads: list[str], **settings: object) -> pl.DataFrame:
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(len(reads))], "sequence": reads})
    return annotate(frame, reference, Annotate(**settings))


def genes(call: str | None) -> set[str]:
    return {allele.split("*")[0] for allele in call.split(",")} if call else set()


def test_each_system_is_called_with_its_genes(reference: Reference) -> None:
    rng, truth = np.random.default_rng(2), list(incomplete_reads(reference, 20))
    reads = [mutate(rng, t.read, 0.003) for t in truth]
    frame = called(reference, [reverse_complement(read) if i % 2 else read for i, read in enumerate(reads)])
    check_strictly(frame)
    right = 0
    for t, row in zip(truth, frame.iter_rows(named=True), strict=True):
        ends = [("v_call", t.v), ("d_call", t.d), ("d2_call", t.d2), ("j_call", t.j)]
        right += row["system"] == t.system and all(
            (want is None) == (row[name] is None) and (want is None or want in genes(row[name])) for name, want in ends
        )
    assert right >= 0.98 * len(truth)
    assert frame["rev_comp"].to_list()[:10] == [bool(i % 2) for i in range(10)]
    assert not frame["productive"].any()


def test_joints_and_key_region_of_a_d_j(reference: Reference) -> None:
    d, j = gene(reference, "TRBD1"), gene(reference, "TRBJ1-5")
    row = called(reference, [d.flank_5 + d.sequence[:8] + "TTCATT" + j.sequence[3:] + "GTAAGTTGG"]).row(0, named=True)
    assert (row["d_call"], row["j_call"], row["v_call"], row["d2_call"]) == ("TRBD1*01", "TRBJ1-5*01", None, None)
    assert (row["d_5p_del"], row["d_3p_del"], row["j_5p_del"]) == (0, 4, 3)
    assert (row["np1"], row["np2"], row["np2_length"], row["junction"]) == (None, "TTCATT", 6, None)
    assert row["key_region"] == "TG" + d.sequence[:8] + "TTCATT" + j.sequence[3 : (j.anchor or 0) + 3]
    assert row["rearrangement_evalue"] < 1e-6


def test_the_flank_distinguishes_genes_of_equal_sequence(reference: Reference) -> None:
    j = gene(reference, "IGHJ4").sequence
    for name in ("IGHD4-4", "IGHD4-11"):
        d = gene(reference, name)
        assert called(reference, [d.flank_5 + d.sequence + "CC" + j])["d_call"][0] == f"{name}*01"
    d = gene(reference, "IGHD5-5")
    assert called(reference, [d.flank_5 + d.sequence + "CC" + j])["d_call"][0] == "IGHD5-5*01,IGHD5-18*01"


def test_a_d_that_is_deleted_as_a_whole_is_known_by_its_flank(reference: Reference) -> None:
    d, j = gene(reference, "TRBD1"), gene(reference, "TRBJ2-1")
    row = called(reference, ["ACCA" + d.flank_5[:-3] + "AGCT" + j.sequence[5:]]).row(0, named=True)
    assert (row["d_call"], row["d_cigar"], row["d_sequence_start"]) == ("TRBD1*01", None, None)
    assert row["d_3p_del"] == len(d.sequence)
    assert row["key_region"].startswith(d.flank_5[-13:-3])


def test_a_read_that_begins_in_the_d(reference: Reference) -> None:
    d, j = gene(reference, "IGHD2-2"), gene(reference, "IGHJ6")
    row = called(reference, [d.sequence[8:28] + "GGA" + j.sequence[12:]]).row(0, named=True)
    assert (row["system"], genes(row["d_call"])) == ("IGH+", {"IGHD2-2"})
    cut = "GATTACAGATTACA" + d.sequence[8:28] + "GGA" + j.sequence[12:]
    assert called(reference, [cut])["system"][0] is None, "other bases stand before the D: a V-D-J that is cut"


def test_germline_and_single_segments_are_not_called(reference: Reference) -> None:
    rng = np.random.default_rng(5)
    d, j = gene(reference, "IGHD7-27"), gene(reference, "IGHJ1")
    d3, v = gene(reference, "TRDD3"), gene(reference, "TRDV2")
    reads = {
        "D with both flanks and the J downstream": d.flank_5
        + d.sequence
        + d.flank_3
        + random_bases(rng, 40)
        + j.sequence,
        "J alone": random_bases(rng, 60) + j.sequence + random_bases(rng, 60),
        "D alone": d3.flank_5 + d3.sequence + d3.flank_3,
        "V with its heptamer": v.sequence + "CACAGTG" + random_bases(rng, 40),
        "primers": v.sequence[100:120] + reverse_complement(j.sequence[-20:]),
        "D and J of two loci": d3.flank_5 + d3.sequence + "AC" + j.sequence,
    }
    found = called(reference, list(reads.values()))["system"].to_list()
    assert dict(zip(reads, found, strict=True)) == dict.fromkeys(reads)


def test_calls_do_not_depend_on_strand_order_copies_batches_or_threads(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strand, case, order, copies, batches and threads."""
    reads = [t.read for t in incomplete_reads(reference, 4)]
    plain = called(reference, reads).drop("sequence_id", "rev_comp")
    reverse_calls = called(reference, [reverse_complement(read).lower() for read in reads]).drop(
        "sequence_id", "rev_comp"
    )
    assert reverse_calls.equals(plain)
    assert called(reference, reads[::-1]).drop("sequence_id", "rev_comp").reverse().equals(plain)
    monkeypatch.setattr("clonotrack.annotate.stage.BATCH_ROWS", 5)
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(2 * len(reads))], "sequence": reads + reads})
    both = annotate(frame, reference, Annotate(), threads=2).drop("sequence_id", "rev_comp")
    assert both.equals(pl.concat([plain, plain]))


def test_only_the_loci_of_the_settings_are_reported(reference: Reference) -> None:
    d, j = gene(reference, "TRBD1"), gene(reference, "TRBJ1-5")
    read = d.flank_5 + d.sequence[:8] + "TTCATT" + j.sequence[3:]
    assert called(reference, [read], loci=("IGH",))["system"][0] is None
    assert called(reference, [read], loci=("TRB",))["system"][0] == "TRB+"


def test_a_reference_without_d_or_without_flanks(reference: Reference) -> None:
    d, j = gene(reference, "TRBD1"), gene(reference, "TRBJ1-5")
    read = d.sequence + "AC" + j.sequence[3:]
    frame = pl.DataFrame({"sequence_id": ["bare", "flanked"], "sequence": [read, d.flank_5 + read]})
    bare = Reference("bare", tuple(replace(s, flank_5="", flank_3="") for s in reference.segments), {})
    none = Reference("none", tuple(s for s in reference.segments if s.kind != "D"), {})
    assert annotate(frame, bare, Annotate())["system"].to_list() == ["TRB+", None]
    assert annotate(frame, none, Annotate())["system"].to_list() == [None, None]
