"""Import of published germline sets: every format gives the segments of the embedded reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clonotrack.errors import ClonotrackError, InputError, OutputError
from clonotrack.germline import Reference, Segment
from clonotrack.germline.load import load_reference
from clonotrack.io.import_germline import import_germline


@pytest.fixture(scope="module")
def embedded() -> Reference:
    return load_reference()


@pytest.fixture(scope="module")
def igh(embedded: Reference) -> list[Segment]:
    """Functional IGH segments; the V have IMGT gaps."""
    return [s for s in embedded.segments if s.locus == "IGH" and s.functionality == "F" and (s.gapped or s.kind != "V")]


def format_fasta(segments: list[Segment], *, gapped: bool) -> str:
    return "".join(f">{s.allele}\n{(gapped and s.gapped) or s.sequence}\n" for s in segments)


def describe_allele(segment: Segment) -> dict[str, Any]:
    delineation = {"delineation_scheme": "IMGT", "aligned_sequence": segment.gapped}
    return {
        "label": segment.allele,
        "sequence_type": segment.kind,
        "coding_sequence": segment.sequence,
        "functional": True,
        "v_gene_delineations": [delineation] if segment.kind == "V" else None,
    }


def format_germline_set(segments: list[Segment]) -> str:
    return json.dumps({"GermlineSet": [{"allele_descriptions": [describe_allele(segment) for segment in segments]}]})


@pytest.mark.parametrize("form", ["gapped", "plain", "json"])
def test_every_format_gives_the_same_reference(form: str, igh: list[Segment], tmp_path: Path) -> None:
    source = tmp_path / ("set.json" if form == "json" else "igh.fasta")
    source.write_text(format_germline_set(igh) if form == "json" else format_fasta(igh, gapped=form == "gapped"))
    checks = import_germline([source], tmp_path / "imported")
    assert [check.status for check in checks] == ["ok"] * len(igh)
    imported = {s.allele: s for s in load_reference(tmp_path / "imported").segments}
    assert {s.allele: (s.sequence, s.anchor) for s in igh} == {n: (s.sequence, s.anchor) for n, s in imported.items()}
    assert all((imported[s.allele].gapped == s.gapped) is (form != "plain") for s in igh if s.kind == "V")
    assert len((tmp_path / "imported" / "import.tsv").read_text().splitlines()) == len(igh) + 1


def test_names_of_other_species_and_records_with_problems(igh: list[Segment], tmp_path: Path) -> None:
    v, j = (next(s for s in igh if s.kind == kind) for kind in "VJ")
    source = tmp_path / "mouse.fasta"
    source.write_text(
        f">IGHV-2DBF\n{v.sequence}\n>IGHV1-1*02\n{v.sequence[:-30]}\n>IGHM*01\nACGT\n>IGHJ1*03\n{j.sequence}\n"
    )
    checks = import_germline([source], tmp_path / "imported")
    assert [(check.status, check.segment is not None) for check in checks] == [
        ("ok", True),
        ("problem", True),
        ("problem", False),
        ("ok", True),
    ]
    imported = load_reference(tmp_path / "imported")
    assert [(s.allele, s.anchor) for s in imported.segments] == [
        ("IGHJ1*03", j.anchor),
        ("IGHV-2DBF", v.anchor),
        ("IGHV1-1*02", None),
    ]


def test_invalid_input_is_an_error_and_creates_no_folder(igh: list[Segment], tmp_path: Path) -> None:
    v = next(s for s in igh if s.kind == "V")
    cases = {
        "a.json": ("{", "is not JSON"),
        "b.json": ('{"alleles": []}', "has no GermlineSet"),
        "c.json": ('{"GermlineSet": [{"allele_descriptions": [{"label": "x"}]}]}', "record 1.*an allele lacks"),
        "d.fasta": ("ACGT\n", "is not a FASTA file"),
        "e.fasta": (">ACTB\nACGT\n", "contains no V, D or J segment"),
        "f.fasta": (f">{v.allele}\n{v.sequence}\n", "V segments but no J"),
        "g.fasta": (">IGHJ1*01\nACGT\n>IGHJ1*01\nACGA\n", "record 2.*different sequence"),
    }
    for name, (text, message) in cases.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=message):
            import_germline([tmp_path / name], tmp_path / "imported")
    with pytest.raises(ClonotrackError, match="cannot be read"):
        import_germline([tmp_path / "missing.fasta"], tmp_path / "imported")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(cases)


def test_a_folder_that_is_not_empty_is_not_changed(igh: list[Segment], tmp_path: Path) -> None:
    source = tmp_path / "igh.fasta"
    source.write_text(format_fasta(igh, gapped=True))
    with pytest.raises(OutputError, match="exists already"):
        import_germline([source], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["igh.fasta"]
