from __future__ import annotations

import pytest

from clonotrack.germline import Reference
from clonotrack.germline.load import load_reference


@pytest.fixture(scope="session")
def reference() -> Reference:
    """The embedded reference."""
    return load_reference()
