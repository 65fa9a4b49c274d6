"""Every kernel that the package calls has its naive twin, and a test compares the two."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clonotrack"
KERNELS = PACKAGE / "kernels"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path, decorator: str | None = None) -> set[str]:
    """Functions of a module, those with a decorator if one is given."""
    return {
        node.name
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        and (decorator is None or decorator in {ast.unparse(one) for one in node.decorator_list})
    }


def used(path: Path, package: str) -> Iterator[tuple[str, str]]:
    """(module, name) of what a file takes from the modules of a package, by import or as an attribute of a module."""
    nodes = list(ast.walk(tree(path)))
    modules = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            # `import clonotrack.kernels.sieve` would go unseen below
            assert not any(one.name.startswith(package) for one in node.names), f"{path}: import {package} with from"
        if isinstance(node, ast.ImportFrom) and node.module == package:
            modules |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{package}."):
            yield from ((node.module.removeprefix(f"{package}."), one.name) for one in node.names)
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def public_kernels() -> list[tuple[str, str]]:
    """Compiled functions that a module outside the kernels takes."""
    decorators = ("njit", "leaf", "inlined")
    compiled = {path.stem: set().union(*(functions(path, one) for one in decorators)) for path in KERNELS.glob("*.py")}
    outside = [path for path in PACKAGE.rglob("*.py") if KERNELS not in path.parents]
    found = {pair for path in outside for pair in used(path, "clonotrack.kernels")}
    return sorted((module, name) for module, name in found if name in compiled.get(module, ()))


def test_the_public_kernels_are_found() -> None:
    assert {("pairing", "find_pairs"), ("fastq", "index"), ("compound_poisson", "compound_poisson")} <= {
        *public_kernels()
    }


@pytest.mark.parametrize(("module", "name"), public_kernels())
def test_a_public_kernel_has_a_twin_of_its_name_that_a_test_uses(module: str, name: str) -> None:
    assert name in functions(ROOT / "tests" / "reference" / f"{module}.py")
    tests = [path for path in (ROOT / "tests" / "kernels").glob("test_*.py") if path != Path(__file__)]
    assert any((module, name) in used(path, "tests.reference") for path in tests)
