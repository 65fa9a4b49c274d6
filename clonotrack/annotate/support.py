"""What calls are worth: E-values of the segments and of the rearrangement."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray


def support(calls: NDArray[Any]) -> dict[str, pl.Series]:
    """`v_support` and its like, and `rearrangement_evalue`, null where there is no call.

    METHOD: a segment's E-value is the number of matches as good that random sequence as long as the read would have by
    chance (Karlin and Altschul 1990, PNAS 87:2264). A rearrangement has two ends, and a read that truly holds one of
    them may show the other by chance: so its E-value is that of the worse end, not the product.
    """
    columns = {
        f"{kind}_support": pl.Series(calls[f"{kind}_expected"]).set(pl.Series(calls[kind] < 0), None)
        for kind in ("v", "d", "d2", "j")
    }
    left = np.where(calls["v"] >= 0, calls["v_expected"], calls["d_expected"])
    last_d = np.where(calls["d2"] >= 0, calls["d2_expected"], calls["d_expected"])
    right = np.where(calls["j"] >= 0, calls["j_expected"], last_d)
    whole = pl.Series(np.maximum(left, right)).set(pl.Series(calls["found"] == 0), None)
    return {**columns, "rearrangement_evalue": whole}
