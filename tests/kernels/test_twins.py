"""Every kernel that the package calls has a naive twin of its name, and a test compares the two."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clonotrack"
KERNELS = sorted([*PACKAGE.glob("**/kernels/*.py"), *PACKAGE.glob("*/kernels.py")])


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """Functions of a module by name."""
    return {node.name: node for node in tree(path).body if isinstance(node, ast.FunctionDef)}


def compiled(path: Path) -> set[str]:
    """Functions of a module that are compiled, or call a compiled function of the module."""
    found = {
        name
        for name, node in functions(path).items()
        if {ast.unparse(one) for one in node.decorator_list} & {"njit", "leaf", "inlined"}
    }
    names = {
        name: {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} for name, node in functions(path).items()
    }
    while more := {name for name in names if names[name] & found} - found:
        found |= more
    return found


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def used(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of each object that a file uses, by import or as an attribute of an imported module."""
    nodes = list(ast.walk(tree(path)))
    modules = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                modules[one.asname or one.name] = f"{node.module}.{one.name}"
                yield node.module, one.name
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def public_kernels() -> list[tuple[str, str]]:
    """Functions with compiled code that a module outside the kernels uses."""
    of_module = {module_of(path): compiled(path) for path in KERNELS}
    outside = [path for path in PACKAGE.rglob("*.py") if path not in KERNELS]
    found = {pair for path in outside for pair in used(path)}
    return sorted((module, name) for module, name in found if name in of_module.get(module, ()))


def test_the_public_kernels_are_found() -> None:
    assert {
        ("clonotrack.annotate.kernels.find_vj", "find_pairs"),
        ("clonotrack.raw_reads.kernels.fastx", "parse_fastq"),
        ("clonotrack.stats.kernels", "compound_poisson_pmf"),
    } <= {*public_kernels()}


@pytest.mark.parametrize(("module", "name"), public_kernels())
def test_a_public_kernel_has_a_twin_of_its_name_that_a_test_uses(module: str, name: str) -> None:
    room = module.removeprefix("clonotrack.").partition(".")[0]
    twins = {module_of(path) for path in (ROOT / "tests" / room / "twins").glob("*.py") if name in functions(path)}
    assert twins
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert any((twin, name) in used(path) for path in tests for twin in twins)
