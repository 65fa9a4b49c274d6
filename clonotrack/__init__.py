"""clonotrack: residual blood cancer (MRD) from Ig/TCR sequencing.

The flow, a stage each::

    baseline   reads -> annotate -> cluster -> markers -.
                                                        v
    follow-up  reads -----------------------------> track -> quantify -> report
    controls   reads -----------------------------> track ---'

`baseline` and `followup` run a sample through its stages; each stage is a function from tables to tables.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonotrack.pipeline import baseline, followup

__version__ = "0.1.0"

# Public name -> module that defines it; loaded on first use, so that `import clonotrack` stays light.
_PUBLIC = {"baseline": "clonotrack.pipeline", "followup": "clonotrack.pipeline"}

__all__ = ["__version__", "baseline", "followup"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'clonotrack' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
