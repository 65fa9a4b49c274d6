from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from clonotrack.cluster.stage import cluster
from clonotrack.config import Cluster
from clonotrack.sequences import reverse_complement
from clonotrack.tables import CONTROLS
from tests.cluster.simulated_rearrangements import J_END, V_END, Clone, random_region, row, substituted, table


def calibrator(sequence: str) -> pl.DataFrame:
    values = {"control_id": "cal", "kind": "calibrator", "locus": "IGH", "sequence": sequence, "copies": 40.0}
    return pl.DataFrame([values], schema=CONTROLS.schema())


@pytest.mark.parametrize("errors", [0, 2])
@pytest.mark.parametrize("strand", [str, reverse_complement])
def test_a_calibrator_is_named_and_left_out_of_shares(errors: int, strand: type[str]) -> None:
    random = np.random.default_rng(10)
    region = random_region(random)
    clones = [Clone(substituted(region, *range(20, 20 + errors)), 500), Clone(random_region(random), 30)]
    clones.append(Clone(random_region(random), 10))
    put_in = calibrator(strand(V_END + region + J_END))
    found = cluster(table([row(clone) for clone in clones]), Cluster(), controls=put_in)
    assert found["control_id"].to_list() == ["cal", None, None]
    assert found["fraction_of_locus"].to_list() == [None, 0.75, 0.25]


def test_three_substitutions_are_no_calibrator() -> None:
    region = random_region(np.random.default_rng(10))
    clone = Clone(substituted(region, 12, 20, 30), 500)
    found = cluster(table([row(clone)]), Cluster(), controls=calibrator(V_END + region + J_END))
    assert found["control_id"].to_list() == [None]
