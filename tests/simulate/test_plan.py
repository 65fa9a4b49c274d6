from __future__ import annotations

import pytest

from clonotrack.errors import ConfigError
from clonotrack.simulate import parse_plan


def document(**changes):
    plan = {
        "libraries": {"lib": {"loci": ["IGH"]}},
        "subjects": [{"subject_id": "p", "markers": [{"locus": "IGH"}]}],
        "samples": [{"sample_id": "s", "subject_id": "p", "role": "followup", "cells": 10}],
    }
    return {**plan, **changes}


def sample(**changes):
    return {"sample_id": "s", "subject_id": "p", "role": "followup", "cells": 10, **changes}


def test_defaults_of_a_plan():
    plan = parse_plan(document())
    assert plan.library_of(plan.samples[0]) == "lib"
    assert plan.libraries["lib"].capture == 0.6
    assert plan.subject("p").disease is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": []}, "samples: "),
        ({"samples": [sample(), sample()]}, "sample_id s appears twice"),
        ({"samples": [sample(subject_id="q")]}, "sample s: subject_id q is not in subjects"),
        ({"samples": [sample(subject_id=None)]}, "sample s: a followup needs a subject_id"),
        ({"samples": [sample(role="polyclonal_control")]}, "sample s: a polyclonal_control must not have a subject_id"),
        ({"samples": [sample(cells=0)]}, "sample s: cells is 0, but a followup"),
        (
            {"samples": [sample(role="negative_control", subject_id=None, level=0.1)]},
            "level is 0.1, but a negative_control has no clone",
        ),
        ({"samples": [sample(level=0.7, b_fraction=0.4)]}, "level, b_fraction and t_fraction add up to more than 1"),
        ({"samples": [sample(level=2)]}, "samples.0.level"),
        ({"samples": [sample(library="x")]}, "sample s: library x is not in libraries"),
        ({"samples": [sample(sample_id="../s")]}, "the name '../s' may contain only"),
        ({"samples": [sample(colour="red")]}, "samples.0.colour"),
        ({"libraries": {"a": {"loci": ["IGH"]}, "b": {"loci": ["IGK"]}}}, "the plan has several libraries: name one"),
        ({"libraries": {"lib": {"loci": ["IGX"]}}}, "libraries.lib.loci.0"),
        ({"libraries": {"lib": {"loci": []}}}, "libraries.lib.loci"),
        ({"subjects": [{"subject_id": "p", "markers": []}]}, "subjects.0.markers"),
    ],
)
def test_each_problem_of_a_plan_is_one_line(changes, message):
    with pytest.raises(ConfigError) as caught:
        parse_plan(document(**changes), "plan.yaml")
    text = str(caught.value)
    assert text.startswith("plan.yaml: ")
    assert message in text
    assert "\n" not in text


def test_an_empty_plan_lacks_its_required_fields():
    with pytest.raises(ConfigError, match="libraries: Field required; samples: Field required"):
        parse_plan(None)
