"""The script that rebuilds the germline data, on small made-up wheels and fact tables."""

from hashlib import md5
from zipfile import ZipFile

import pytest

from clonotrack.errors import GermlineError
from tools.germline_rebuild import __main__ as rebuild

J = "ACTACTTTGACTACTGGGGCCAGGGAACCCTGGTCACCGTCTCCTCAG"  # anchor 14
V = "CAGGTGCAGCTGGTGCAGTCTGGGGCTGACACGGCCGTGTATTACTGTGCGAGAGA"  # anchor 45
GAPPED = f"{V[:27]}{'.' * 264}{V[27:]}"
EXCEPTED_V = "ATCGAGGGAATGAACTACTGCGC"  # Cys104 after IEGMNY, a listed exception
DELTA_V = "GATGACACGGCCGTGTATTACTGTGCG"
D = "TGACTACAGTAACTAC"

IG = "allele gene segment locus md5 length cdr3_anchor anchor_codon functional ogrdb_ref"
TR = (
    "gene allele segment locus chrom region_start region_end strand length_nt md5 cdr3_anchor anchor_codon "
    "functionality verified"
)


def digest(letters):
    return md5(letters.encode()).hexdigest()


def table(columns, *rows):
    return "".join("\t".join(row) + "\n" for row in [columns.split(), *rows])


def ig(allele, letters, anchor, codon):
    gene = allele.split("*")[0]
    size = str(len(letters))
    return [allele, gene, gene[3], gene[:3], digest(letters), size, anchor, codon, "yes", f"{allele}.1_ext"]


def tr(allele, letters, anchor, codon, verified="GRCh38"):
    gene = allele.split("*")[0]
    size = str(len(letters))
    place = ["chr14", "11", str(10 + len(letters)), "+"]
    return [gene, allele, gene[3], gene[:3], *place, size, digest(letters), anchor, codon, "F", verified]


def write_abstar(folder, v_name="IGHV1-1*01", gapped=GAPPED):
    base = "abstar/germline_dbs"
    kinds = [(receptor, kind) for receptor in ("bcr", "tcr") for kind in "vdj"]
    content = {f"{base}/{receptor}/human/ungapped/{kind}.fasta": "" for receptor, kind in kinds}
    content[f"{base}/bcr/human/ungapped/v.fasta"] = f">{v_name}__homo_sapiens\n{V}\n"
    content[f"{base}/bcr/human/ungapped/j.fasta"] = f">IGHJ4*02\n{J}\n>IGHD4-4*01\n{D}\n"
    content[f"{base}/bcr/human/imgt_gapped/v.fasta"] = f">{v_name}__homo_sapiens\n{gapped}\n"
    with ZipFile(folder / "abstar-0.8.0-py3-none-any.whl", "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    write_abstar(folder)
    with ZipFile(folder / "tcrdist3-0.3-py2.py3-none-any.whl", "w") as archive:
        rows = table("id organism nucseq", ["x", "human", DELTA_V.lower()], ["y", "mouse", "AC"])
        archive.writestr("tcrdist/db/combo_xcr_2024-03-05.tsv", rows)
    with ZipFile(folder / "mirpy_lib-4.7.0-py3-none-any.whl", "w") as archive:
        rows = table("species sequence", ["human", DELTA_V + "GA"], ["human", EXCEPTED_V])
        archive.writestr("mir/resources/gene_library/imgt_gene_library.txt", rows)
    return folder


@pytest.fixture
def facts(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    names = {
        "ig_ogrdb.tsv": table(
            IG,
            ig("IGHV1-1*01", V, "45", "TGT"),
            ig("IGHJ4*02", J, "14", "TGG"),
            ig("IGHD4-4*01", D, "", ""),
        ),
        "tr_grch38.tsv": table(
            TR,
            tr("TRAV29/DV5*01", DELTA_V, "21", "TGT"),
            tr("TRAV29/DV5*01", DELTA_V + "GA", "21", "TGT", "partial"),
            tr("TRGVA*01", EXCEPTED_V, "18", "TGC"),
        ),
        "tr_other_haplotypes.tsv": table(TR.replace("verified", "assembly")),
        "aliases.tsv": table(
            "alias canonical level evidence",
            ["IGHD4-11*01", "IGHD4-4*01", "allele", "identical"],
            ["TRDV5", "TRAV29/DV5", "gene", "delta name of the shared gene"],
        ),
        "rss_flanks.tsv": table(
            "gene side flank heptamer adjacent20 length source note",
            ["IGHD4-11", "5'", "ACGT", "", "", "4", "made", ""],
        ),
        "special_segments.tsv": table(
            "name other_names plays chrom start end strand source sequence note",
            ["KDE_long", "Kde", "J", "chr2", "1", "9", "-", "made", "GGAGCCCTA", ""],
            ["INTRON_RSS", "", "", "chr2", "1", "9", "-", "made", "CACAGTGAT", "n"],
        ),
        "j_anchor_exceptions.tsv": table("allele md5 cdr3_anchor", ["TRAJ0*01", "0", "3"]),
    }
    for name, text in names.items():
        (folder / name).write_text(text)
    return folder


def test_data_files_contain_the_listed_alleles_with_package_sequences(wheels, facts):
    built = rebuild.build_data_files(wheels, facts)
    assert built["IGHV.fasta"] == (f">IGHV1-1*01 anchor=45 functionality=F source=OGRDB:IGHV1-1*01.1_ext\n{GAPPED}\n")
    assert built["TRAV.fasta"] == (
        f">TRAV29/DV5*01 anchor=21 functionality=F source=GRCh38-partial:chr14:11-39:+\n{DELTA_V}GA\n"
    )
    assert built["special_segments.fasta"] == ">KDE kind=J loci=IGK anchor= source=made:chr2:1-9:-\nGGAGCCCTA\n"
    assert built["v_anchor_exceptions.tsv"].splitlines()[1].split("\t")[1:6] == [
        *("TRGVA*01", "23", digest(EXCEPTED_V), "18", "TGC")
    ]
    assert "IGHD4-11*01 functionality=F source=GRCh38:as_IGHD4-4*01" in built["IGHD.fasta"]
    assert "Intron\t3'\tCACAGTGAT\tCACAGTG\tCACAGTGAT\t9\t" in built["rss_flanks.tsv"]
    aliases = [line.split("\t")[:2] for line in built["aliases.tsv"].splitlines()[1:]]
    assert aliases == [["TRDV5", "TRAV29/DV5"], ["TRDV5*01", "TRAV29/DV5*01"], ["Kde", "KDE"]]


@pytest.fixture
def run(monkeypatch, wheels, facts):
    """Run the script into a folder and return the bytes of each file."""

    def run_script(out):
        arguments = ["rebuild", "--wheels", str(wheels), "--facts", str(facts), "--out", str(out)]
        monkeypatch.setattr("sys.argv", arguments)
        rebuild.main()
        return {item.name: item.read_bytes() for item in out.iterdir()}

    return run_script


def test_equal_inputs_give_equal_bytes(run, tmp_path, capsys):
    first = run(tmp_path / "one")
    printed = capsys.readouterr().out
    assert first == run(tmp_path / "two")
    assert printed == capsys.readouterr().out
    assert f"| `IGHV.fasta` | 1 | `{md5(first['IGHV.fasta']).hexdigest()}` |" in printed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t45\tTGT", "\t42\tTAC", r"IGHV1-1\*01 has the listed anchor 42, but the rules find \[45, 45\]"),
        ("\t14\tTGG", "\t14\tTTT", r"IGHJ4\*02 reads TGG at its listed anchor 14"),
        (digest(J), "0" * 32, r"no package contains the listed sequence of IGHJ4\*02"),
    ],
)
def test_nothing_is_written_if_a_fact_table_disagrees(run, facts, old, new, message):
    text = (facts / "ig_ogrdb.tsv").read_text()
    assert old in text
    (facts / "ig_ogrdb.tsv").write_text(text.replace(old, new))
    with pytest.raises(SystemExit, match=message):
        run(facts / "out")
    assert not (facts / "out").exists()


def test_an_exception_whose_anchor_the_rules_find_is_an_error(wheels, facts):
    table_path = facts / "ig_ogrdb.tsv"
    table_path.write_text(table_path.read_text().replace("IGHV1-1", "IGHV8-51-1"))
    write_abstar(wheels, "IGHV8-51-1*01")
    with pytest.raises(GermlineError, match=r"IGHV8-51-1\*01 is listed as an exception, but the rules find its anchor"):
        rebuild.build_data_files(wheels, facts)


def test_the_gapped_sequence_must_match_the_ungapped_sequence(wheels, facts):
    write_abstar(wheels, gapped=f"A{GAPPED[1:]}")
    with pytest.raises(GermlineError, match="differs from its ungapped sequence"):
        rebuild.build_data_files(wheels, facts)


def test_each_wheel_must_be_present_exactly_once(wheels, facts):
    (wheels / "tcrdist3-0.3-py2.py3-none-any.whl").unlink()
    with pytest.raises(GermlineError, match=r"contains 0 wheels of tcrdist3-0\.3"):
        rebuild.build_data_files(wheels, facts)
