"""Run the rebuild: read, check, write, and print the table of files for PROVENANCE.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clonotrack.errors import GermlineError
from tools.germline_rebuild.alleles import add_sequences, list_alleles
from tools.germline_rebuild.check_anchors import check_anchors
from tools.germline_rebuild.data_files import format_data_files
from tools.germline_rebuild.sources import md5_hex, read_fact_tables, read_package_sequences


def build_data_files(wheels: Path, facts: Path) -> dict[str, str]:
    """Build the text of every data file from the wheels and the fact tables.

    Args:
        wheels: input folder with the wheels of the three packages.
        facts: input folder with the fact tables (lists of alleles with md5, anchor and source).

    Returns:
        File name to text.

    Raises:
        GermlineError: a sequence is missing, or an anchor differs from the listed one.
    """
    tables = read_fact_tables(facts)
    alleles = add_sequences(list_alleles(tables), read_package_sequences(wheels))
    check_anchors(alleles, tables["j_anchor_exceptions.tsv"])
    return format_data_files(alleles, tables)


def main() -> None:
    """Parse the command line, build the files, write them and print their md5."""
    parser = argparse.ArgumentParser(prog="python -m tools.germline_rebuild")
    parser.add_argument("--wheels", type=Path, required=True, help="input folder with the wheels of the three packages")
    parser.add_argument("--facts", type=Path, required=True, help="input folder with the fact tables")
    parser.add_argument("--out", type=Path, required=True, help="output folder for the data files")
    args = parser.parse_args()
    try:
        files = build_data_files(args.wheels, args.facts)
    except GermlineError as error:
        sys.exit(f"error: {error}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (args.out / name).write_text(text, encoding="ascii", newline="\n")
        records = text.count(">") if name.endswith(".fasta") else text.count("\n") - 1
        print(f"| `{name}` | {records} | `{md5_hex(text)}` |")


if __name__ == "__main__":
    main()
