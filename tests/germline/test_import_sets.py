"""Germline sets of others, imported: what the embedded reference knows has to come out of every format alike."""

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
    """Functional IGH segments, of which the V have IMGT gaps."""
    return [s for s in embedded.segments if s.locus == "IGH" and s.functionality == "F" and (s.gapped or s.kind != "V")]


def fasta(segments: list[Segment], *, gapped: bool) -> str:
    return "".join(f">{s.allele}\n{(gapped and s.gapped) or s.sequence}\n" for s in segments)


def described(segment: Segment, **facts: Any) -> dict[str, Any]:
    delineation = {"delineation_scheme": "IMGT", "aligned_sequence": segment.gapped}
    return {
        "label": segment.allele,
        "sequence_type": segment.kind,
        "coding_sequence": segment.sequence,
        "functional": True,
        "v_gene_delineations": [delineation] if segment.kind == "V" else None,
        **facts,
    }


def germline_set(segments: list[Segment]) -> str:
    return json.dumps({"GermlineSet": [{"allele_descriptions": [described(one) for one in segments]}]})


@pytest.mark.parametrize("form", ["gapped", "plain", "json"])
def test_every_form_gives_the_same_reference(form: str, igh: list[Segment], tmp_path: Path) -> None:
    source = tmp_path / ("set.json" if form == "json" else "igh.fasta")
    source.write_text(germline_set(igh) if form == "json" else fasta(igh, gapped=form == "gapped"))
    findings = import_germline([source], tmp_path / "made")
    assert [finding.status for finding in findings] == ["ok"] * len(igh)
    made = {s.allele: s for s in load_reference(tmp_path / "made").segments}
    assert {s.allele: (s.sequence, s.anchor) for s in igh} == {n: (s.sequence, s.anchor) for n, s in made.items()}
    assert all((made[s.allele].gapped == s.gapped) is (form != "plain") for s in igh if s.kind == "V")
    assert len((tmp_path / "made" / "import.tsv").read_text().splitlines()) == len(igh) + 1


def test_names_of_other_species_and_what_cannot_be_placed(igh: list[Segment], tmp_path: Path) -> None:
    v, j = (next(s for s in igh if s.kind == kind) for kind in "VJ")
    source = tmp_path / "mouse.fasta"
    source.write_text(
        f">IGHV-2DBF\n{v.sequence}\n>IGHV1-1*02\n{v.sequence[:-30]}\n>IGHM*01\nACGT\n>IGHJ1*03\n{j.sequence}\n"
    )
    findings = import_germline([source], tmp_path / "made")
    assert [(finding.status, finding.segment is not None) for finding in findings] == [
        ("ok", True),
        ("problem", True),
        ("problem", False),
        ("ok", True),
    ]
    made = load_reference(tmp_path / "made")
    assert [(s.allele, s.anchor) for s in made.segments] == [
        ("IGHJ1*03", j.anchor),
        ("IGHV-2DBF", v.anchor),
        ("IGHV1-1*02", None),
    ]


def test_bad_input_is_one_sentence_and_no_folder(igh: list[Segment], tmp_path: Path) -> None:
    v = next(s for s in igh if s.kind == "V")
    cases = {
        "a.json": ("{", "is no JSON"),
        "b.json": ('{"alleles": []}', "has no GermlineSet"),
        "c.json": ('{"GermlineSet": [{"allele_descriptions": [{"label": "x"}]}]}', "record 1.*an allele lacks"),
        "d.fasta": ("ACGT\n", "is no FASTA file"),
        "e.fasta": (">ACTB\nACGT\n", "holds no V, D or J segment"),
        "f.fasta": (f">{v.allele}\n{v.sequence}\n", "V segments but no J"),
        "g.fasta": (">IGHJ1*01\nACGT\n>IGHJ1*01\nACGA\n", "record 2.*another sequence"),
    }
    for name, (text, message) in cases.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=message):
            import_germline([tmp_path / name], tmp_path / "made")
    with pytest.raises(ClonotrackError, match="cannot be read"):
        import_germline([tmp_path / "missing.fasta"], tmp_path / "made")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(cases)


def test_a_folder_that_holds_something_is_left_alone(igh: list[Segment], tmp_path: Path) -> None:
    source = tmp_path / "igh.fasta"
    source.write_text(fasta(igh, gapped=True))
    with pytest.raises(OutputError, match="exists already"):
        import_germline([source], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["igh.fasta"]
