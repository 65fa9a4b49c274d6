"""Check of all input files of a cohort."""

from pathlib import Path

from clonotrack.config import Config, Library
from clonotrack.io.cohort import inspect_cohort
from tests.io.hand_written import CONTROLS, DNA, MARKERS, write_tsv


def test_the_problems_of_all_files_are_listed_together(tmp_path: Path) -> None:
    markers = write_tsv(tmp_path / "m.tsv", MARKERS, ("m", "p1", "X" + DNA))
    controls = write_tsv(tmp_path / "c.tsv", CONTROLS, ("c", "calibrator", "", DNA, "0"))
    columns = "subject_id\tsample_id\trole\treads_1\tinput_ng\tmarkers"
    sheet = write_tsv(tmp_path / "s.tsv", columns, ("p1", "s 1", "followup", "none.fq", "-1", markers.name))
    config = Config(libraries={"a": Library(controls=str(controls)), "b": Library(controls=str(tmp_path / "no.tsv"))})
    _, problems = inspect_cohort(sheet, config)
    text = "\n".join(sorted(str(problem) for problem in problems))
    assert len(problems) == 6
    for part in ("c.tsv, line 2: control c: copies", "m.tsv, line 2: marker m", "no.tsv: no such file", "none.fq"):
        assert part in text
