"""Habits that can be counted."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 250


def test_no_file_is_too_long_to_read() -> None:
    files = [path for folder in ("clonotrack", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {name: length for name, length in lines.items() if length > MOST_LINES} == {}
