"""Loading and checking a user's reference folder."""

import pytest

from clonotrack.errors import InputError
from clonotrack.germline.check import check_reference
from clonotrack.germline.load import load_reference

J4 = ">IGHJ4*02\nACTACTTTGACTACTGGGGCCAGGGAACCCTGGTCACCGTCTCCTCAG\n"
V = "CAGGTGCAGCTGGTGCAGTCTGGGGCTGACACGGCCGTGTATTACTGTGCGAGAGA"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "IGHJ.fasta").write_text(J4)
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def format_imgt(segment):
    """Format a record as IMGT does: fields between bars, lower case, gaps, 60 bases per line."""
    bases = (segment.gapped or segment.sequence).lower()
    lines = "\n".join(bases[start : start + 60] for start in range(0, len(bases), 60))
    region = f"{segment.kind}-REGION"
    return f">X1|{segment.allele}|Homo sapiens|{segment.functionality}|{region}|1..9|9 nt|1| | | | | | | |\n{lines}\n"


def format_plain(segment):
    return f">{segment.allele}\n{segment.sequence}\n"


@pytest.mark.parametrize("format_record", [format_imgt, format_plain])
def test_a_users_copy_gets_the_embedded_anchors(tmp_path, format_record):
    embedded = [s for s in load_reference().segments if s.allele not in ("KDE", "Intron")]
    write(tmp_path, "all.fa", "".join(map(format_record, embedded)))
    user_reference = load_reference(tmp_path)
    assert {s.allele: s.anchor for s in user_reference.segments} == {s.allele: s.anchor for s in embedded}
    assert user_reference.loci == load_reference().loci
    assert user_reference.name == str(tmp_path)


def test_loading_is_fast():
    from timeit import repeat

    load_reference()
    assert min(repeat(load_reference, number=1, repeat=5)) < 0.05


def test_digest_depends_on_names_and_bases_but_not_on_file_order(folder):
    same = load_reference(folder).digest
    write(folder, "a.fasta", ">IGHD1-1*01\nGGTACAACTGGAACGAC\n")
    more = load_reference(folder).digest
    write(folder, "a.fasta", ">IGHD1-1*01\nGGTACAACTGGAACGAA\n")
    other = load_reference(folder).digest
    assert len({same, more, other}) == 3
    write(folder, "a.fasta", ">IGHD1-1*01\nGGTACAACTGGAACGAC\n")
    (folder / "a.fasta").rename(folder / "z.fasta")
    assert load_reference(folder).digest == more


def test_aliases_and_flanks_of_a_users_folder(folder):
    write(folder, "d.fasta", ">IGHD1-1*01\nGGTACAACTGGAACGAC\n")
    write(folder, "aliases.tsv", "alias\tcanonical\nJH4\tIGHJ4*02\n")
    write(folder, "rss_flanks.tsv", "gene\tside\tflank\nIGHD1-1\t5'\tacg\n")
    user_reference = load_reference(folder)
    assert user_reference.segment("JH4").allele == "IGHJ4*02"
    assert (user_reference.segment("IGHD1-1*01").flank_5, user_reference.segment("IGHD1-1*01").flank_3) == ("ACG", "")


def test_one_allele_in_two_files_is_kept_once(folder):
    write(folder, "again.fasta", J4)
    assert len(load_reference(folder).segments) == 1
    messages = [check.message for check in check_reference([folder])]
    assert messages == ["", "appears earlier with the same sequence; the first record is kept"]


def test_windows_line_ends_and_blank_lines(folder):
    (folder / "v.fna").write_bytes(b"\r\n>IGHV1-1*01\r\n" + V.encode() + b"\r\n\r\n")
    assert load_reference(folder).segment("IGHV1-1*01").anchor == V.index("TGTGCG")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no FASTA record"),
        ("ACGT\n>IGHJ1*01\nACGT\n", "line 1: is not a FASTA file"),
        (">IGHJ1*01\nACGT\n>IGHJ2*01\n>IGHJ3*01\nACGT\n", "record 2: 'IGHJ2*01' has no sequence"),
        (">IGHJ1*01\nACGT\n>IGHJ2*01\nAC!T\n", "record 2: IGHJ2*01 contains characters that are not nucleotides"),
        (">IGHJ1*01\nACGT\n>IGHC*01\nACGT\n", "record 2: IGHC*01 is not the name"),
        (">IGHJ1*01\nACGT\n>IGHJ1*01\nACGG\n", "record 2: IGHJ1*01 appears earlier with a different sequence"),
    ],
)
def test_invalid_fasta_is_reported_with_its_place(tmp_path, text, message):
    path = write(tmp_path, "own.fasta", text)
    with pytest.raises(InputError) as error:
        load_reference(tmp_path)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_a_character_that_is_not_ascii_is_reported_with_its_line(tmp_path):
    (tmp_path / "own.fasta").write_bytes(b">IGHJ1*01\nACGT\n>IGHJ2\xc3\xa9\nACGT\n")
    with pytest.raises(InputError, match="line 3: contains a character that is not ASCII"):
        load_reference(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        load_reference(tmp_path / "nowhere")


def test_a_folder_without_fasta_files_is_an_error(tmp_path):
    with pytest.raises(InputError, match="contains no FASTA file"):
        load_reference(tmp_path)


def test_a_locus_with_v_but_no_j_is_an_error(folder):
    write(folder, "k.fasta", f">IGKV1-1*01\n{V}\n")
    with pytest.raises(InputError, match="IGK has V segments but no J segments"):
        load_reference(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alias\tname\na\tb\n", "line 1: has no column canonical"),
        ("alias\tcanonical\na\n", "line 2: has 1 fields, but the header has 2"),
        ("", "line 1: has no column alias"),
    ],
)
def test_an_invalid_table_is_reported_with_its_line(folder, text, message):
    write(folder, "aliases.tsv", text)
    with pytest.raises(InputError) as error:
        load_reference(folder)
    assert message in str(error.value)


def test_check_reports_the_problem_of_each_record(folder):
    records = [
        f">IGHV1-1*01\n{V}\n",
        f">IGHV1-2*01\n{V[:40]}\n",
        f">x|IGHV1-3*01|y|P|\n{V[:40]}\n",
        f">IGHV1-4*01 anchor=3\n{V}\n",
        f">IGHV1-1*01\n{V}A\n",
        ">IGHM*01\nACGT\n",
        f">IGHV1/OR15-1*01\n{V}\n",
    ]
    path = write(folder, "v.fasta", "".join(records))
    checks = check_reference([path])
    assert [check.status for check in checks] == [*("ok", "problem", "note", "problem", "problem", "problem", "note")]
    assert [check.record for check in checks] == list(range(1, 8))
    assert "no Cys104" in checks[1].message
    assert checks[3].message == f"the header states anchor=3, but the sequence gives {V.index('TGTGCG')}"
    assert "different sequence" in checks[4].message
    assert checks[5].segment is None


def test_checking_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        check_reference([tmp_path / "no.fasta"])
