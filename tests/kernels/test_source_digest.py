"""The digest that names a folder of compiled kernels changes with the sources they depend on, and with nothing else."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clonotrack.kernels import source_digest

SOURCES = {
    "__init__.py": "from clonotrack.track import anything\n",
    "sequences.py": "U8 = int\n",
    "kernels/jit.py": "from clonotrack.kernels import folder\n",
    "kernels/folder.py": "",
    "kernels/callee.py": "import numpy\n\nfrom clonotrack.sequences import (\n    U8,  # bytes (codes)\n)\n",
    "kernels/other.py": "from clonotrack.kernels.jit import njit\n",
    "umi/kernels.py": "from clonotrack.kernels.jit import njit\n",
    "track/__init__.py": "",
    "track/kernels/__init__.py": "",
    "track/kernels/caller.py": "from clonotrack.kernels.callee import f\nfrom clonotrack.kernels.jit import njit\n",
    "track/kernels/near.py": "from . import caller\n",
    "track/kernels/far.py": "def f():\n    from ..kernels.caller import \\\n        g\n",
    "track/kernels/whole.py": "import clonotrack.track.kernels.near as near, numpy\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small package in which kernels of one room import those of another."""
    folder = tmp_path / "clonotrack"
    for name, source in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source)
    monkeypatch.setattr(source_digest, "ROOT", folder)
    source_digest.forget()
    yield folder
    source_digest.forget()


def digests() -> dict[str, str]:
    source_digest.forget()
    return {name.removeprefix("clonotrack."): source_digest.digest_of(name) for name in source_digest.kernel_modules()}


CALLERS = {"track.kernels.caller", "track.kernels.near", "track.kernels.far", "track.kernels.whole"}


@pytest.mark.parametrize(
    ("edited", "changed"),
    [
        ("sequences.py", {"kernels.callee", *CALLERS}),
        ("kernels/callee.py", {"kernels.callee", *CALLERS}),
        ("track/kernels/caller.py", CALLERS),
        ("track/kernels/near.py", {"track.kernels.near", "track.kernels.whole"}),
        ("umi/kernels.py", {"umi.kernels"}),
        ("kernels/folder.py", {"kernels.folder"}),
        ("kernels/jit.py", {"kernels.jit", "kernels.other", "umi.kernels", *CALLERS}),
        ("track/__init__.py", set()),
        ("__init__.py", set()),
    ],
)
def test_an_edit_changes_the_digests_of_what_depends_on_it(package: Path, edited: str, changed: set[str]) -> None:
    before = digests()
    (package / edited).write_text((package / edited).read_text() + "x = 1\n")
    after = digests()
    assert {name for name in before if before[name] != after[name]} == changed


def test_times_of_files_and_the_place_of_the_package_do_not_matter(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests()
    for name in SOURCES:
        os.utime(package / name, (1, 1))
    package.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(source_digest, "ROOT", tmp_path / "elsewhere")
    assert digests() == before


def test_versions_change_the_digest(package: Path) -> None:
    name = "clonotrack.kernels.other"
    assert source_digest.digest_of(name, "numba 1") != source_digest.digest_of(name, "numba 2")


def test_a_module_that_is_not_there_has_no_source(package: Path) -> None:
    assert source_digest.source_of("clonotrack.kernels.missing") is None
    assert source_digest.source_of("numpy") is None


def test_every_import_of_the_package_is_found() -> None:
    """What a parser finds in each module, the regular expression finds too."""
    root = source_digest.ROOT
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(["clonotrack", *parts]).removesuffix(".__init__")
        if module == "clonotrack.kernels.jit":
            continue
        source = source_digest.source_of(module)
        assert source is not None
        assert _parsed(path) <= source.imports, path


def _parsed(path: Path) -> set[str]:
    """Modules of the package that a file imports, found by parsing it."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            named.add(str(node.module))
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in named if name != "clonotrack" and source_digest.path_of(name) is not None}
