from __future__ import annotations

from pathlib import Path

import pytest

from clonotrack.germline import Reference
from clonotrack.germline.load import load_reference
from clonotrack.io.settings import read_yaml
from clonotrack.simulate import Plan, Series, parse_plan

DEMO_PLAN = Path(__file__).parents[2] / "clonotrack" / "simulate" / "demo.yaml"


@pytest.fixture(scope="session")
def reference() -> Reference:
    return load_reference()


@pytest.fixture(scope="session")
def demo_plan() -> Plan:
    return parse_plan(read_yaml(DEMO_PLAN))


@pytest.fixture(scope="session")
def demo_series(demo_plan: Plan, reference: Reference) -> Series:
    return Series(demo_plan, reference)
