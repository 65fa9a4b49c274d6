"""JSON documents in and out."""

from __future__ import annotations

from pathlib import Path

import pytest

from clonotrack.errors import InputError
from clonotrack.io.outputs import read_summary, write_json


def test_comes_back_as_it_went(tmp_path: Path) -> None:
    document = {"b": [1, None, "ä"], "a": {"x": 0.1}}
    write_json(tmp_path / "s.json", document)
    assert read_summary(tmp_path / "s.json") == document
    assert list(read_summary(tmp_path / "s.json")) == ["b", "a"]


def test_nan_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "s.json", {"a": float("nan")})


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b'{"a":\n]', "line 2: is no JSON"), (b"[1]", "no JSON object"), (b"\xff", "as text")],
)
def test_says_what_is_wrong(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "s.summary.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_summary(path)
