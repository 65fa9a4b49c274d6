"""clonotrack: measure residual blood cancer (MRD) from Ig/TCR sequencing.

Samples pass through these stages::

    baseline   reads -> annotate -> cluster -> markers -.
                                                        v
    follow-up  reads -----------------------------> track -> quantify -> report
    controls   reads -----------------------------> track ---'

`baseline` and `followup` analyse one sample, from its reads to its markers or its MRD. `plan`, `limit_of_detection`,
`combine_markers`, `poisson_interval` and `doubling_time` compute statistics from numbers, without reads.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonotrack.pipeline import baseline, followup
    from clonotrack.quantify.kinetics import doubling_time
    from clonotrack.stats.api import Sample, combine_markers, limit_of_detection, poisson_interval
    from clonotrack.stats.planning import plan

__version__ = "0.1.0"

# Public name to the module that defines the name. A module is imported on first use, so that `import clonotrack` is
# fast.
_PUBLIC = {
    "Sample": "clonotrack.stats.api",
    "baseline": "clonotrack.pipeline",
    "combine_markers": "clonotrack.stats.api",
    "doubling_time": "clonotrack.quantify.kinetics",
    "followup": "clonotrack.pipeline",
    "limit_of_detection": "clonotrack.stats.api",
    "plan": "clonotrack.stats.planning",
    "poisson_interval": "clonotrack.stats.api",
}

__all__ = [
    "Sample",
    "__version__",
    "baseline",
    "combine_markers",
    "doubling_time",
    "followup",
    "limit_of_detection",
    "plan",
    "poisson_interval",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'clonotrack' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
