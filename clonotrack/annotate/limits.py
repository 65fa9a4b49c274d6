"""What is accepted as a segment, from the settings."""

from __future__ import annotations

from clonotrack.config import Annotate
from clonotrack.kernels.segments import Limits
from clonotrack.kernels.settlement import CALIBRATION, D_CALIBRATION

# METHOD: a V with more than 5 % substitutions has been through a germinal centre, so that it is rearranged: a J is
# likely beforehand, and so many times more chance is allowed. Measured (benchmarks/annotate_accuracy.py): with 20 %
# substitutions 0.2 to 0.9 % instead of 3 % of IGK and IGL reads go without a J.
MUTATED_FAVOUR = 20.0
# Least score of a D with its flank, in the place of a V: fewer than 1 in 1,000 random reads of 300 nt have it.
LEAST_D_SCORE = 20.0
# Most matches as good that chance may have, of a D between a D and a J: two D are the exception.
MOST_BETWEEN = 0.002


def complete(settings: Annotate) -> Limits:
    """For complete rearrangements."""
    return Limits(
        settings.min_v_score,
        settings.min_j_score,
        settings.max_j_expected / CALIBRATION,
        settings.max_d_expected / D_CALIBRATION,
        MUTATED_FAVOUR,
    )


def incomplete(settings: Annotate) -> Limits:
    """For incomplete ones, which are hardly mutated."""
    limits = complete(settings)
    return limits._replace(min_v_score=LEAST_D_SCORE, max_d_expected=MOST_BETWEEN / D_CALIBRATION, mutated_favour=1.0)
