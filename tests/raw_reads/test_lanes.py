from functools import partial

import pytest

from clonotrack.errors import InputError
from clonotrack.io.read_files import Lane
from clonotrack.raw_reads import lanes
from clonotrack.raw_reads.fastx import read_fastx
from clonotrack.raw_reads.lanes import read_lane


def write(path, names, text="ACGT"):
    path.write_text("".join(f"@{name} x\n{text}\n+\n{'I' * len(text)}\n" for name in names))
    return path


def blocks_of(sizes, path, **_):
    return read_fastx(path, block_bytes=sizes[path])


@pytest.mark.parametrize("ending", ["", "/"])
def test_mates_are_paired_whatever_the_block_sizes(tmp_path, monkeypatch, ending):
    names = [f"r{i}" for i in range(50)]
    one, two = (f"{ending}{mate}" if ending else "" for mate in (1, 2))
    first, second = tmp_path / "1", tmp_path / "2"
    lane = Lane(write(first, [n + one for n in names]), write(second, [n + two for n in names], "G" * 9))
    for sizes in ({first: 50, second: 5000}, {first: 5000, second: 60}, {first: 70, second: 90}):
        monkeypatch.setattr(lanes, "read_fastx", partial(blocks_of, sizes))
        pairs = [(batch.reads, batch.mates) for batch in read_lane(lane)]
        assert all(len(reads) == len(mates) for reads, mates in pairs)
        assert [reads.name(i) for reads, _ in pairs for i in range(len(reads))] == [n + one for n in names]
        assert {text for _, mates in pairs for text in mates.sequences.to_strings()} == {"G" * 9}
        assert sum(len(mates.qualities) for _, mates in pairs) == 450


@pytest.mark.parametrize(
    ("one", "two", "sentence"),
    [
        ("abcd", "abdc", "1, record 3: is named 'c' and the same record of {folder}/2 'd', so they are not mates"),
        ("abcd", "abc", "1, record 4: has no mate, because {folder}/2 ends earlier"),
        ("ab", "abcd", "2, record 3: has no mate, because {folder}/1 ends earlier"),
        (["a/1", "b/1"], ["a/2", "c/2"], "1, record 2: is named 'b/1'"),
        (["s.1"], ["s.2"], "1, record 1: is named 's.1'"),
    ],
)
def test_files_that_are_not_mates_are_refused(tmp_path, one, two, sentence):
    lane = Lane(write(tmp_path / "1", one), write(tmp_path / "2", two))
    with pytest.raises(InputError) as caught:
        list(read_lane(lane))
    assert f"{tmp_path}/{sentence.format(folder=tmp_path)}" in str(caught.value)


def test_one_file_for_both_mates_is_refused(tmp_path):
    path = write(tmp_path / "1", "ab")
    with pytest.raises(InputError, match="is given for both mates"):
        list(read_lane(Lane(path, path)))
