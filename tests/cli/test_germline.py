import pytest
from click.testing import CliRunner

from clonotrack.cli.germline import germline
from clonotrack.errors import GermlineError
from clonotrack.germline.load import load_reference

J4 = ">IGHJ4*02\nACTACTTTGACTACTGGGGCCAGGGAACCCTGGTCACCGTCTCCTCAG\n"


def run(*arguments):
    return CliRunner().invoke(germline, [str(argument) for argument in arguments])


def test_list_counts_by_locus_and_kind():
    lines = run("list").output.splitlines()
    rows = [line.split() for line in lines]
    assert rows[0][:6] == ["locus", "kind", "genes", "alleles", "functional", "orphons"]
    assert ["TRB", "V", "60", "88", "68", "2"] in rows
    assert ["TRD", "V", "3", "3", "3", "0", "5", "genes", "of", "another", "locus"] in rows
    assert lines[-1].startswith("clonotrack human, 664 segments, sha256 ")


def test_list_alleles_is_tsv():
    lines = run("list", "--alleles").output.splitlines()
    assert len(lines) == 665
    rows = [dict(zip(lines[0].split("\t"), line.split("\t"), strict=True)) for line in lines[1:]]
    row = next(row for row in rows if row["allele"] == "TRGJ1*02")
    assert (row["length"], row["anchor"], row["identical"]) == ("50", "19", "TRGJ2*01")


def test_list_of_a_users_folder(tmp_path):
    (tmp_path / "j.fasta").write_text(J4)
    assert "IGH    J     1      1        0" in run("list", "--germline", tmp_path).output


def test_check_of_a_good_file(tmp_path):
    path = tmp_path / "j.fasta"
    path.write_text(J4)
    done = run("check", path)
    assert done.exit_code == 0
    assert done.output.splitlines()[1].split("\t") == [str(path), "1", "IGHJ4*02", "J", "IGH", "48", "14", "ok", ""]


def test_check_prints_everything_and_then_fails(tmp_path):
    path = tmp_path / "j.fasta"
    path.write_text(f">IGHJ9*01\nACGTACGT\n{J4}")
    done = run("check", path)
    assert done.exit_code == 1
    assert [line.split("\t")[7] for line in done.output.splitlines()[1:3]] == ["problem", "ok"]
    assert isinstance(done.exception, GermlineError)
    assert f"1 of 2 records have a problem, the first is {path}, record 1" in str(done.exception)


def test_check_needs_a_path():
    assert run("check").exit_code == 2


@pytest.mark.parametrize("command", [["--help"], ["list", "--help"], ["check", "--help"]])
def test_help(command):
    assert run(*command).exit_code == 0


def test_an_imported_folder_is_a_reference(tmp_path):
    segments = [s for s in load_reference().segments if s.locus == "TRG"]
    (tmp_path / "trg.fa").write_text("".join(f">{s.allele}\n{s.sequence}\n" for s in segments))
    result = run("import", tmp_path / "trg.fa", "-o", tmp_path / "made")
    assert result.exit_code == 0, result.output
    assert f"{len(segments)} of {len(segments)} records imported" in result.output
    assert "TRG    V     11     11" in run("list", "--germline", tmp_path / "made").output
