from __future__ import annotations

import numpy as np

from clonotrack.sequences import Ragged, reverse_complement
from clonotrack.simulate import Series, parse_plan
from clonotrack.simulate.random_streams import stream
from clonotrack.simulate.sequencer import ADAPTERS, ends, with_umis


def test_ends_are_those_of_either_strand_and_adapter_behind_them():
    fragments = Ragged.from_strings(["ACGTT", "ACG"])
    for mate, expected in ((0, ["ACGT", "CGTA"]), (1, ["AACG", "ACGA"])):
        assert ends(fragments, np.array([False, True]), 4, mate).to_strings() == expected
    long = ends(fragments, np.array([False, False]), 50, 0).to_strings()[1]
    assert long == "ACG" + Ragged(ADAPTERS[0], np.array([0, 33])).to_strings()[0] + "G" * 14


def test_every_molecule_has_its_umi_before_its_template():
    templates = Ragged.from_strings(["ACGT", "TTT"])
    found = with_umis(templates, np.array([1, 0, 1]), 5, stream(1, "umis")).to_strings()
    assert [text[5:] for text in found] == ["TTT", "ACGT", "TTT"]
    assert len({text[:5] for text in found}) == 3


def series(reference, **library):
    document = {
        "libraries": {"l": {"loci": ["IGH"], "calibrators_per_locus": 0, "error_rate": 0.0003, **library}},
        "repertoire": {"clones": 20},
        "subjects": [{"subject_id": "p", "markers": [{"locus": "IGH"}]}],
        "samples": [
            {"sample_id": "s", "subject_id": "p", "role": "baseline", "cells": 60, "level": 0.5, "b_fraction": 0.3}
        ],
    }
    return Series(parse_plan(document), reference, seed=4)


def test_pairs_with_umis_are_of_the_tubes_molecules(reference):
    simulated = series(reference, mate_length=90, umi_length=8)
    tube, _ = simulated.tube(simulated.plan.samples[0])
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
    counted = np.bincount(np.concatenate([batch.origin for batch in tube.batches]), minlength=len(tube.reads))
    assert counted.tolist() == tube.reads.tolist()
