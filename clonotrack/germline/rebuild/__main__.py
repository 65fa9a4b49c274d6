"""Read, check, write; print the table of files that PROVENANCE.md holds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clonotrack.errors import GermlineError
from clonotrack.germline.rebuild.anchored import check_anchors
from clonotrack.germline.rebuild.files import data_files
from clonotrack.germline.rebuild.sources import digest, package_sequences, read_facts
from clonotrack.germline.rebuild.wanted import wanted, with_sequences


def build(wheels: Path, facts: Path) -> dict[str, str]:
    """Name to text of every data file; GermlineError where anything disagrees with the tables."""
    tables = read_facts(facts)
    rows = with_sequences(wanted(tables), package_sequences(wheels))
    check_anchors(rows, tables["j_anchor_exceptions.tsv"])
    return data_files(rows, tables)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m clonotrack.germline.rebuild")
    for name in ("wheels", "facts", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    try:
        files = build(args.wheels, args.facts)
    except GermlineError as error:
        sys.exit(f"error: {error}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (args.out / name).write_text(text, encoding="ascii", newline="\n")
        records = text.count(">") if name.endswith(".fasta") else text.count("\n") - 1
        print(f"| `{name}` | {records} | `{digest(text)}` |")


if __name__ == "__main__":
    main()
