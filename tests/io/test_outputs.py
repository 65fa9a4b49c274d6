"""Results appear whole or not at all."""

from pathlib import Path

import pytest

from clonotrack.errors import OutputError
from clonotrack.io.outputs import staged, write_text


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "x.tsv", tmp_path / "b" / "y.tsv"
    with staged([first, second]) as places:
        for place in places:
            write_text(place, "text\n")
        assert not first.exists()
        assert not second.exists()
    assert first.read_text() == second.read_text() == "text\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "x.tsv", "y.tsv"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged([tmp_path / "x.tsv", tmp_path / "y.tsv"]) as (x, _):
        write_text(x, "half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_no_folder_that_was_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged([tmp_path / "new" / "deep" / "x.tsv"]):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_an_existing_output_is_refused_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "x.tsv"
    target.write_text("old")
    with pytest.raises(OutputError, match=r"x\.tsv: exists already: .*--force"), staged([target]):
        pass
    assert target.read_text() == "old"
    with staged([target], force=True) as (place,):
        write_text(place, "new")
    assert target.read_text() == "new"


def test_an_error_keeps_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "x.tsv"
    target.write_text("old")
    with pytest.raises(RuntimeError), staged([target], force=True) as (place,):
        write_text(place, "new")
        raise RuntimeError
    assert target.read_text() == "old"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "results" / "x.tsv"
    with pytest.raises(OutputError, match=r"file/results: cannot be written \(.*\): choose another"), staged([target]):
        pass


def test_a_folder_in_place_of_the_file_and_a_name_given_twice(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"), staged([tmp_path]):
        pass
    with pytest.raises(OutputError, match="two outputs"), staged([tmp_path / "x", tmp_path / "x"]):
        pass
