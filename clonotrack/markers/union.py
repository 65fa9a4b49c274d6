"""One MARKERS table of several baselines of a patient."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from clonotrack.tables import MARKERS, check


def unite(baselines: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The markers of all baselines; of one that several hold, the row that was selected, then with most reads.

    Args:
        baselines: MARKERS of one patient, from `select`.
    """
    rows = pl.concat(list(baselines))
    order = rows.sort("selected", "duplicate_count", descending=True, maintain_order=True)
    best = order.unique("marker_id", keep="first", maintain_order=True)
    by_size = ["duplicate_count", "marker_id"]
    return check(best.sort(by_size, descending=[True, False], nulls_last=True), MARKERS)
