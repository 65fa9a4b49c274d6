"""Fixtures that all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of facts and real data beside the checkout."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: it holds real data that is kept outside the project")
    return folder


@pytest.fixture(scope="session")
def demo() -> Path:
    """The shipped demo data."""
    return ROOT / "test_data" / "demo"
