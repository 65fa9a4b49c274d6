"""The progress line of a command, which only a terminal shows."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import click
import pytest

from clonotrack.cli import console
from clonotrack.cli.console import Verbosity, progress_line, with_progress
from clonotrack.raw_reads.decompress import bytes_read, reading_ahead
from clonotrack.raw_reads.fastx import read_fastx


def test_progress_line_has_share_rate_and_remaining_time() -> None:
    assert progress_line(250_000_000, 1_000_000_000, 2.5) == " 25% of 1,000 MB, 100 MB/s, 8 s left"
    assert progress_line(0, 1_000_000, 1.0) == "  0% of 1 MB, 0 MB/s, 0 s left"


@pytest.mark.parametrize(
    ("quiet", "terminal", "shown"), [(False, True, True), (True, True, False), (False, False, False)]
)
def test_progress_is_shown_at_a_terminal_only(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quiet: bool,
    terminal: bool,
    shown: bool,
) -> None:
    path = tmp_path / "reads"
    path.write_bytes(b"x" * 1000)
    monkeypatch.setattr(console, "PROGRESS_INTERVAL", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with click.Context(click.Command("track"), obj=Verbosity(quiet=quiet)):
        assert list(with_progress([1, 2], [path], lambda: 500)) == [1, 2]
    printed = capsys.readouterr().err
    assert ("50% of 0 MB" in printed) is shown
    assert not printed or printed.endswith("\r\x1b[K")


def test_bytes_read_counts_compressed_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.fastq.gz" for name in "abc"]
    for path in paths:
        path.write_bytes(gzip.compress(b"@r\nACGT\n+\nIIII\n" * 1000))
    with reading_ahead([*paths, tmp_path / "missing", Path("-")]):
        assert bytes_read() == 0
        for path in paths:
            assert sum(map(len, read_fastx(path))) == 1000
        assert bytes_read() == sum(path.stat().st_size for path in paths)
    with reading_ahead([]):
        assert bytes_read() == 0
