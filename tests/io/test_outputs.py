"""Outputs are written completely or not at all; JSON documents."""

from pathlib import Path

import pytest

from clonotrack.errors import InputError, OutputError
from clonotrack.io.outputs import read_summary, staged, write_json, write_text


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "x.tsv", tmp_path / "b" / "y.tsv"
    with staged([first, second]) as temporary:
        for path in temporary:
            write_text(path, "text\n")
        assert not first.exists()
        assert not second.exists()
    assert first.read_text() == second.read_text() == "text\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "x.tsv", "y.tsv"]


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged([tmp_path / "x.tsv", tmp_path / "y.tsv"]) as (x, _):
        write_text(x, "half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_no_new_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged([tmp_path / "new" / "deep" / "x.tsv"]):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_an_existing_output_is_an_error_without_force(tmp_path: Path) -> None:
    target = tmp_path / "x.tsv"
    target.write_text("old")
    with pytest.raises(OutputError, match=r"x\.tsv: exists already: .*--force"), staged([target]):
        pass
    assert target.read_text() == "old"
    with staged([target], force=True) as (path,):
        write_text(path, "new")
    assert target.read_text() == "new"


def test_an_error_keeps_the_existing_file(tmp_path: Path) -> None:
    target = tmp_path / "x.tsv"
    target.write_text("old")
    with pytest.raises(RuntimeError), staged([target], force=True) as (path,):
        write_text(path, "new")
        raise RuntimeError
    assert target.read_text() == "old"


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "results" / "x.tsv"
    with pytest.raises(OutputError, match=r"file/results: cannot be written \(.*\): choose another"), staged([target]):
        pass


def test_a_folder_as_output_and_a_repeated_name_are_errors(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"), staged([tmp_path]):
        pass
    with pytest.raises(OutputError, match="two outputs"), staged([tmp_path / "x", tmp_path / "x"]):
        pass


def test_a_json_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = {"b": [1, None, "ä"], "a": {"x": 0.1}}
    write_json(tmp_path / "s.json", document)
    assert read_summary(tmp_path / "s.json") == document
    assert list(read_summary(tmp_path / "s.json")) == ["b", "a"]


def test_nan_cannot_be_written_as_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "s.json", {"a": float("nan")})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b'{"a":\n]', "line 2: is not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b"\xff", "as UTF-8 text"),
    ],
)
def test_an_invalid_summary_is_reported(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "s.summary.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_summary(path)
