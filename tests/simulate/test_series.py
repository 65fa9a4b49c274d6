from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from clonotrack.sequences import reverse_complement
from clonotrack.simulate import (
    Series,
    analysis_settings,
    controls_table,
    markers_table,
    name_reads,
    parse_plan,
    samples_table,
)
from clonotrack.simulate.tube import TubeContents

REPEATS = 150
CELLS = 20_000


def plan(samples, **library):
    library = {"loci": ["IGH", "TRG"], "capture": 0.5, "reads_per_molecule": 2.0, "dispersion": 0.4, **library}
    return parse_plan(
        {
            "libraries": {"lib": library},
            "repertoire": {"clones": 50},
            "subjects": [
                {
                    "subject_id": "p",
                    "markers": [{"locus": "IGH"}, {"locus": "TRG", "copies_per_cell": 2}, {"locus": "IGK"}],
                }
            ],
            "samples": samples,
        }
    )


def followup(number, level=0.01):
    return {"sample_id": f"s{number}", "subject_id": "p", "role": "followup", "cells": CELLS, "level": level}


def are_equal(tube, other):
    pairs = zip(tube.batches, other.batches, strict=True)
    return tube.contents.rearrangements == other.contents.rearrangements and all(
        np.array_equal(a.sequences.codes, b.sequences.codes) and np.array_equal(a.qualities, b.qualities)
        for a, b in pairs
    )


@pytest.fixture(scope="module")
def simulated(reference):
    series = Series(plan([followup(i) for i in range(REPEATS)]), reference)
    return series, [series.tube(sample) for sample in series.plan.samples]


def test_counts_have_the_means_of_the_model(simulated):
    _, tubes = simulated
    rows = [row for _, truth in tubes for row in truth if row["marker_id"] != "combined"]
    for locus, copies in (("IGH", 1), ("TRG", 2)):
        own = [row for row in rows if row["locus"] == locus]
        expected = 0.01 * CELLS
        assert abs(np.mean([r["clone_cells"] for r in own]) - expected) <= 5 * np.sqrt(expected / REPEATS)
        molecules = expected * copies * 0.5
        spread = molecules * (1 + (copies - 1) * 0.5)  # two copies of one cell come together
        assert abs(np.mean([r["molecules"] for r in own]) - molecules) <= 5 * np.sqrt(spread / REPEATS)
        per_molecule = sum(r["reads"] for r in own) / sum(r["molecules"] for r in own)
        sd = np.sqrt(2.0 + 4.0 * (np.exp(0.16) - 1))
        assert abs(per_molecule - 2.0) <= 5 * sd / np.sqrt(sum(r["molecules"] for r in own))
        realised = [r["realised"] for r in own]
        assert np.mean(realised) == pytest.approx(0.01, rel=5 * np.sqrt(spread / REPEATS) / molecules)


def test_clone_cells_are_poisson_distributed(simulated):
    cells = np.array([truth[0]["clone_cells"] for _, truth in simulated[1]])
    dispersion = cells.var(ddof=1) / cells.mean()
    assert abs(dispersion - 1) <= 5 * np.sqrt(2 / (REPEATS - 1))


def test_calibrators_are_in_every_tube_and_captured_at_the_same_rate(simulated):
    series, tubes = simulated
    ids = [calibrator.control_id for calibrator in series.calibrators["lib"]]
    assert ids == ["cal-IGH-1", "cal-IGH-2", "cal-IGH-3", "cal-TRG-1", "cal-TRG-2", "cal-TRG-3"]
    captured = np.array([[t.count(c.rearrangement)[0] for c in series.calibrators["lib"]] for t, _ in tubes])
    assert captured.max() <= 40
    assert abs(captured.mean() - 20) <= 5 * np.sqrt(10 / captured.size)


def test_a_marker_that_the_library_does_not_amplify_is_absent(simulated):
    series, tubes = simulated
    assert [m.rearrangement.locus for m in series.markers] == ["IGH", "TRG", "IGK"]
    for tube, truth in tubes:
        assert {r.locus for r in tube.contents.rearrangements} <= {"IGH", "TRG"}
        assert [row["locus"] for row in truth] == [None, "IGH", "TRG"]


def test_a_tube_depends_on_seed_and_name_only(reference):
    samples = [followup(1), {**followup(2), "b_fraction": 0.01, "t_fraction": 0.02}]
    forward, backward = Series(plan(samples), reference), Series(plan(samples[::-1]), reference)
    first, truth = forward.tube(forward.plan.samples[1])
    again, truth_again = backward.tube(backward.plan.samples[0])
    assert are_equal(first, again)
    assert truth == truth_again
    other = Series(plan(samples), reference, seed=2)
    assert not are_equal(first, other.tube(other.plan.samples[1])[0])


def test_controls_contain_no_clone(reference):
    series = Series(
        plan(
            [
                {"sample_id": "ntc", "role": "negative_control", "cells": 0},
                {"sample_id": "poly", "role": "polyclonal_control", "cells": 5000, "b_fraction": 0.1},
            ]
        ),
        reference,
    )
    calibrators = {c.rearrangement.clone_id for c in series.calibrators["lib"]}
    markers = {m.rearrangement.clone_id for m in series.markers}
    ntc, truth = series.tube(series.plan.samples[0])
    assert {r.clone_id for r in ntc.contents.rearrangements} == calibrators
    assert truth == []
    poly, truth = series.tube(series.plan.samples[1])
    healthy = {r.clone_id for r in poly.contents.rearrangements} - calibrators
    assert len(healthy) > 20
    assert not healthy & markers
    assert truth == []


def test_the_combined_row_is_the_highest_marker(simulated):
    for _, (combined, *markers) in simulated[1]:
        assert combined["marker_id"] == "combined"
        assert combined["realised"] == max(row["realised"] for row in markers)


@pytest.mark.parametrize(
    ("level", "cells", "call"),
    [(0.0, 500_000, "negative"), (0.0, 20_000, "insufficient"), (0.1, 20_000, "positive")],
)
def test_expected_call(reference, level, cells, call):
    sample = {**followup(1, level), "cells": cells}
    series = Series(plan([sample]), reference)
    assert {row["expected_call"] for row in series.tube(series.plan.samples[0])[1]} == {call}


def test_tables_describe_the_series(reference):
    samples = [{**followup(1), "input": "ng"}, followup(2), {"sample_id": "n", "role": "negative_control", "cells": 0}]
    series = Series(plan(samples), reference)
    sheet = samples_table(series)
    assert sheet["input_ng"].to_list() == [130.0, None, None]
    assert sheet["input_cells"].to_list() == [None, 20_000.0, None]
    assert sheet["library"].to_list() == ["lib"] * 3
    markers = markers_table(series)
    for row, marker in zip(markers.iter_rows(named=True), series.markers, strict=True):
        assert row["sequence"][row["target_start"] - 1 : row["target_end"]] == marker.rearrangement.key_region
        assert row["marker_id"] == f"p.{row['system']}.{marker.rearrangement.clone_id[:8]}"
    assert analysis_settings(series)["libraries"]["lib"]["controls"] == "controls.tsv"


def test_calibrators_are_distinct_and_equal_in_every_simulation(reference, demo_series):
    controls = controls_table(demo_series, "multiplex")
    other = Series(demo_series.plan, reference, seed=99)
    assert controls.equals(controls_table(other, "multiplex"))
    keys = [calibrator.rearrangement.key_region for calibrator in demo_series.calibrators["multiplex"]]
    pieces = [{key[i : i + 16] for i in range(len(key) - 15)} for key in keys]
    for i, a in enumerate(pieces):
        for b in pieces[i + 1 :]:
            inserted = a & b
            assert all(any(p in s.sequence for s in reference.segments) for p in inserted)


def test_contents_leave_out_rearrangements_without_copies(demo_series):
    a, b = (marker.rearrangement for marker in demo_series.markers[:2])
    contents = TubeContents.from_sources([([a], [0]), ([b], [3])])
    assert contents.rearrangements == (b,)
    assert contents.copies.tolist() == [3]


def test_a_kde_marker_has_no_junction_and_is_captured(reference):
    document = {
        "libraries": {"lib": {"loci": ["IGK"]}},
        "subjects": [
            {"subject_id": "p", "markers": [{"locus": "IGK", "j_gene": "KDE", "v_gene": "Intron", "min_inserted": 0}]}
        ],
        "samples": [{"sample_id": "s", "subject_id": "p", "role": "baseline", "cells": 500, "level": 0.5}],
    }
    series = Series(parse_plan(document), reference)
    (marker,) = series.markers
    assert marker.rearrangement.system == "IGK+"
    assert marker.marker_id.startswith("p.IGK+.")
    assert markers_table(series)["junction"].to_list() == [None]
    assert series.tube(series.plan.samples[0])[1][0]["molecules"] > 50


def test_read_numbers_continue_across_batches(simulated):
    tube, _ = simulated[1][0]
    doubled = [*tube.batches, *tube.batches]
    names = [name for batch_names, _ in name_reads(doubled, "s") for name in batch_names]
    assert names[0] == "s.1"
    assert all(int(b[2:]) == int(a[2:]) + 1 for a, b in pairwise(names))
    assert len(names) == 2 * tube.reads.sum()


def small_series(reference, **library):
    document = {
        "libraries": {"l": {"loci": ["IGH"], "calibrators_per_locus": 0, "error_rate": 0.0003, **library}},
        "repertoire": {"clones": 20},
        "subjects": [{"subject_id": "p", "markers": [{"locus": "IGH"}]}],
        "samples": [
            {"sample_id": "s", "subject_id": "p", "role": "baseline", "cells": 60, "level": 0.5, "b_fraction": 0.3}
        ],
    }
    return Series(parse_plan(document), reference, seed=4)


def test_mates_start_with_the_umi_and_end_of_their_amplicon(reference):
    series = small_series(reference, mate_length=90, umi_length=8)
    tube, _ = series.tube(series.plan.samples[0])
    molecules = {}
    for batch in tube.batches:
        mates = batch.mates[0].to_strings()
        for one, two, origin, errors in zip(
            batch.sequences.to_strings(), mates, batch.origin, batch.errors, strict=True
        ):
            amplicon = tube.contents.rearrangements[origin].amplicon()
            if not errors:
                assert one[8:] == amplicon[:82]
                assert two == reverse_complement(amplicon)[:90]
                molecules.setdefault(origin, set()).add(one[:8])
    assert sum(map(len, molecules.values())) <= tube.molecules.sum() * 1.05
    reads = np.bincount(np.concatenate([batch.origin for batch in tube.batches]), minlength=len(tube.reads))
    assert reads.tolist() == tube.reads.tolist()
