import pytest

from clonotrack.errors import InputError
from clonotrack.germline.load import check_reference, load_reference

J4 = ">IGHJ4*02\nACTACTTTGACTACTGGGGCCAGGGAACCCTGGTCACCGTCTCCTCAG\n"
V = "CAGGTGCAGCTGGTGCAGTCTGGGGCTGACACGGCCGTGTATTACTGTGCGAGAGA"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "IGHJ.fasta").write_text(J4)
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def as_imgt(segment):
    """A record as in IMGT's downloads: bars, lower case, gaps, 60 letters a line."""
    letters = (segment.gapped or segment.sequence).lower()
    lines = "\n".join(letters[start : start + 60] for start in range(0, len(letters), 60))
    region = f"{segment.kind}-REGION"
    return f">X1|{segment.allele}|Homo sapiens|{segment.functionality}|{region}|1..9|9 nt|1| | | | | | | |\n{lines}\n"


def as_plain(segment):
    return f">{segment.allele}\n{segment.sequence}\n"


@pytest.mark.parametrize("written", [as_imgt, as_plain])
def test_a_users_copy_gets_the_embedded_anchors(tmp_path, written):
    embedded = [s for s in load_reference().segments if s.allele not in ("KDE", "Intron")]
    write(tmp_path, "all.fa", "".join(map(written, embedded)))
    own = load_reference(tmp_path)
    assert {s.allele: s.anchor for s in own.segments} == {s.allele: s.anchor for s in embedded}
    assert own.loci == load_reference().loci
    assert own.name == str(tmp_path)


def test_loading_is_fast():
    from timeit import repeat

    load_reference()
    assert min(repeat(load_reference, number=1, repeat=5)) < 0.05


def test_digest_knows_names_letters_and_anchors_but_not_order(folder):
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
    own = load_reference(folder)
    assert own.segment("JH4").allele == "IGHJ4*02"
    assert (own.segment("IGHD1-1*01").flank_5, own.segment("IGHD1-1*01").flank_3) == ("ACG", "")


def test_one_allele_in_two_files_is_kept_once(folder):
    write(folder, "again.fasta", J4)
    assert len(load_reference(folder).segments) == 1
    notes = [finding.message for finding in check_reference([folder])]
    assert notes == ["", "met before with the same sequence, kept once"]


def test_windows_line_ends_and_blank_lines(folder):
    (folder / "v.fna").write_bytes(b"\r\n>IGHV1-1*01\r\n" + V.encode() + b"\r\n\r\n")
    assert load_reference(folder).segment("IGHV1-1*01").anchor == V.index("TGTGCG")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no FASTA record"),
        ("ACGT\n>IGHJ1*01\nACGT\n", "line 1: is no FASTA file"),
        (">IGHJ1*01\nACGT\n>IGHJ2*01\n>IGHJ3*01\nACGT\n", "record 2: 'IGHJ2*01' has no sequence"),
        (">IGHJ1*01\nACGT\n>IGHJ2*01\nAC!T\n", "record 2: IGHJ2*01 holds letters that are no nucleotides"),
        (">IGHJ1*01\nACGT\n>IGHC*01\nACGT\n", "record 2: IGHC*01 is not the name"),
        (">IGHJ1*01\nACGT\n>IGHJ1*01\nACGG\n", "record 2: IGHJ1*01 was met before with another sequence"),
    ],
)
def test_broken_fasta(tmp_path, text, message):
    path = write(tmp_path, "own.fasta", text)
    with pytest.raises(InputError) as error:
        load_reference(tmp_path)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_not_ascii_names_the_line(tmp_path):
    (tmp_path / "own.fasta").write_bytes(b">IGHJ1*01\nACGT\n>IGHJ2\xc3\xa9\nACGT\n")
    with pytest.raises(InputError, match="line 3: holds a character that is not ASCII"):
        load_reference(tmp_path)


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        load_reference(tmp_path / "nowhere")


def test_folder_without_fasta(tmp_path):
    with pytest.raises(InputError, match="holds no FASTA file"):
        load_reference(tmp_path)


def test_v_without_j(folder):
    write(folder, "k.fasta", f">IGKV1-1*01\n{V}\n")
    with pytest.raises(InputError, match="IGK has V segments but no J segments"):
        load_reference(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alias\tname\na\tb\n", "line 1: has no column canonical"),
        ("alias\tcanonical\na\n", "line 2: has 1 fields for 2 columns"),
        ("", "line 1: has no column alias"),
    ],
)
def test_broken_table(folder, text, message):
    write(folder, "aliases.tsv", text)
    with pytest.raises(InputError) as error:
        load_reference(folder)
    assert message in str(error.value)


def test_check_says_what_is_wrong_with_each_record(folder):
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
    findings = check_reference([path])
    assert [finding.status for finding in findings] == [
        *("ok", "problem", "note", "problem", "problem", "problem", "note")
    ]
    assert [finding.record for finding in findings] == list(range(1, 8))
    assert "no Cys104" in findings[1].message
    assert findings[3].message == f"the header states anchor=3, the sequence shows {V.index('TGTGCG')}"
    assert "another sequence" in findings[4].message
    assert findings[5].segment is None


def test_check_of_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        check_reference([tmp_path / "no.fasta"])
