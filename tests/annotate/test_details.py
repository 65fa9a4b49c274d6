"""Regions, E-values and chimeras of calls on the embedded reference."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.annotate.stage import annotate
from clonotrack.config import Annotate
from clonotrack.germline import Reference
from clonotrack.sequences import translate
from tests.annotate.random_reads import random_bases

REGIONS = ("fwr1", "cdr1", "fwr2", "cdr2", "fwr3", "cdr3", "fwr4")


def called(reference: Reference, *reads: str, **settings: float) -> pl.DataFrame:
    frame = pl.DataFrame({"sequence_id": [str(i) for i in range(len(reads))], "sequence": reads})
    return annotate(frame, reference, Annotate(**settings))  # type: ignore[arg-type]


def sequence(reference: Reference, allele: str) -> str:
    return reference.segment(allele).sequence


def test_regions_follow_one_another(reference: Reference) -> None:
    v, j = sequence(reference, "IGHV3-23*01"), sequence(reference, "IGHJ4*02")
    row = called(reference, "ACCATG" + v + "GGCACC" + j + "GCCTCC").row(0, named=True)
    regions = {name: row["sequence"][row[f"{name}_start"] - 1 : row[f"{name}_end"]] for name in REGIONS}
    assert "".join(regions.values()) == v + "GGCACC" + j
    assert translate(regions["cdr1"]) == "GFTFSSYA"
    assert translate(regions["cdr2"]) == "ISGSGGST"
    assert regions["cdr3"] == row["junction"][3:-3]
    assert translate(regions["fwr4"]).startswith("WGQG")


def test_regions_of_a_read_that_begins_inside(reference: Reference) -> None:
    v, j = sequence(reference, "IGHV3-23*01"), sequence(reference, "IGHJ4*02")
    row = called(reference, v[-80:] + "GGCACC" + j[:20]).row(0, named=True)
    assert [row[f"{name}_start"] for name in REGIONS[:4]] == [None] * 4
    assert (row["fwr3_start"], row["fwr4_end"]) == (1, 106)
    row = called(reference, v[90:130] + v[136:] + "GGCACC" + j).row(0, named=True)
    assert row["fwr2_end"] - row["fwr2_start"] + 1 == 51 - 6, "a deletion shortens its region"


def test_evalues_equal_the_chance_matches_in_random_sequence(reference: Reference) -> None:
    """METHOD of `CALIBRATION`: J downstream of true V are as many as their E-value, within a factor of 2."""
    rng = np.random.default_rng(1)
    vs = [v for v in reference.select("V") if v.anchor is not None]
    reads = [vs[i % len(vs)].sequence[:-5] + random_bases(rng, 100) for i in range(4000)]
    found = called(reference, *reads, min_j_score=0, max_j_expected=0.1)["rearrangement_evalue"]
    for level in (0.1, 0.03, 0.01):
        assert 0.5 < (found <= level).sum() / (level * len(reads)) < 2, level


@pytest.mark.parametrize("settings", [{}, {"max_j_expected": 1e-9}])
def test_the_threshold_is_an_e_value(reference: Reference, settings: dict[str, float]) -> None:
    v, j = sequence(reference, "TRBV2*01"), sequence(reference, "TRBJ1-2*01")
    frame = called(reference, *(v[-150:] + "ACG" + j[5 : 5 + length] for length in range(8, 40)), **settings)
    max_evalue = settings.get("max_j_expected", Annotate().max_j_expected)
    evalues = frame.filter(pl.col("locus").is_not_null())["rearrangement_evalue"]
    assert 0 < len(evalues) < frame.height
    assert evalues.max() <= max_evalue  # type: ignore[operator]


def test_a_short_j_is_called_if_it_ends_the_read(reference: Reference) -> None:
    """METHOD of `AT_END_FACTOR`: 12 bases of J suffice if they end the read, not if they lie within it."""
    v, j = sequence(reference, "IGKV3-20*01"), sequence(reference, "IGKJ1*01")
    downstream = random_bases(np.random.default_rng(3), 60)
    last, before = v + "CC" + j[-12:], v + "CC" + j[18:30]
    assert called(reference, last, last + downstream, before + downstream)["locus"].to_list() == ["IGK", None, None]
    supports = called(reference, *(v + "CC" + j[-20:] + downstream[:more] for more in (0, 60)))["j_support"]
    assert supports[0] < supports[1], "with the read and the J, with the J"


def test_a_read_of_two_rearrangements_is_a_chimera(reference: Reference) -> None:
    v, other, j = (sequence(reference, name) for name in ("IGHV3-23*01", "IGHV1-2*02", "IGHJ4*02"))
    first, second = v + "GGCACC" + j, other[100:] + "TTGA" + j
    switched = v[:150] + other[150:] + "GGCACC" + j
    leader = random_bases(np.random.default_rng(2), 90)
    frame = called(reference, first, first + second, second + first, switched, leader + first, leader)
    assert frame["chimeric"].to_list() == [False, True, True, True, False, None]
