"""Headers and rows of hand-written MARKERS and CONTROLS tables."""

from pathlib import Path

MARKERS = "marker_id\tsubject_id\tsequence"
CONTROLS = "control_id\tkind\tlocus\tsequence\tcopies"
DNA = "ACGTTGCA" * 6


def write_tsv(path: Path, header: str, *rows: tuple[str, ...]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in ((header,), *rows)))
    return path
