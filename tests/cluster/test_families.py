from __future__ import annotations

import random as shuffling

import numpy as np

from clonotrack.cluster.stage import cluster
from clonotrack.config import Cluster
from tests.cluster.simulated_rearrangements import V_END, Clone, random_region, row, substituted, table

SETTINGS = Cluster()


def test_a_family_is_a_head_and_its_near_relatives_of_the_same_genes() -> None:
    head = random_region(np.random.default_rng(12), 48)
    clones = [
        Clone(head, 100),
        Clone(substituted(head, 10, 20, 30, 40), 60),
        Clone(substituted(head, 9, 10, 20, 30, 40), 50),
        Clone(substituted(head, 11), 40, v_call="IGHV3-7*01"),
        Clone(substituted(head, 12), 30, j_call="IGHJ4*01,IGHJ6*02"),
    ]
    shuffled = shuffling.Random(1).sample(clones, len(clones))
    found = cluster(table([row(clone) for clone in shuffled]), SETTINGS)
    ids = found["clone_id"].to_list()
    assert found["family_id"].to_list() == [ids[0], ids[0], ids[2], ids[3], ids[0]]


def test_another_v_on_the_same_d_n_j_stem_is_of_the_family() -> None:
    stem, j = "ATTACGATTTTTGGAGTGGTTATCC", "TACTTTGACTACTGG"
    ends = ("TGTGCGAGAGATC", "TGTGCGAAAGGG", "TGTACCACAGAT", "TGTGCGAGAG")
    regions = [end + stem + j for end in ends[:3]] + [ends[3] + "C".join(stem.rsplit("G", 1)) + j]
    calls = ["IGHV1-2*02", "IGHV3-23*01", "IGHV3-15*01", "IGHV4-34*01"]
    rows = [
        row(Clone(region, 100 - i, v_call=call), d_call=d_call, j_sequence_start=len(V_END) + len(region) - len(j) + 1)
        for i, (region, call, d_call) in enumerate(
            zip(regions, calls, ["IGHD3-3*01"] * 2 + [None, "IGHD3-3*01"], strict=True)
        )
    ]
    found = cluster(table(rows), SETTINGS)
    ids = found["clone_id"].to_list()
    assert found["v_call"].to_list() == calls
    assert found["family_id"].to_list() == [ids[0], ids[0], ids[2], ids[3]]
