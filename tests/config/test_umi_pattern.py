import pytest

from clonotrack.config import parse
from clonotrack.config.umi_pattern import umi_pattern
from clonotrack.errors import ConfigError


def test_a_pattern_describes_each_base():
    pattern = umi_pattern("^(?P<discard_1>AC){s<=1}(?P<umi_1>.{2}R)(?P<discard_2>.[CG])T")
    assert pattern.masks == (1, 2, 15, 15, 5, 31, 6, 8)
    assert pattern.umi == (False, False, True, True, True, False, False, False)
    assert pattern.groups == (1, 1, 2, 2, 2, 3, 3, 0)
    assert pattern.limits == (0, 1, 0, 0)
    assert (pattern.cut, pattern.umi_length) == (7, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(?P<umi>.{12})", "does not start with ^"),
        ("^(?P<umi>.{12}", "has a group that is not closed"),
        ("^.{12}", "has a UMI of 0 bases, and 1 to 31 are allowed"),
        ("^(?P<umi>.{32})", "has a UMI of 32 bases"),
        ("^(?P<umi>.{8,12})", "cannot be understood from '{8,12})' on"),
        ("^(?P<umi>.+)", "cannot be understood from '+)' on"),
        ("^(?P<cell>.{12})", "cannot be understood from '(?P<cell>.{12})' on"),
        ("^ACG(?P<umi>.{12})", "has bases outside of groups before '(?P<umi>.{12})'"),
        ("^(?P<umi>.{12}){s<=1}", "allows substitutions in the UMI, which is not possible"),
        ("^(?P<umi>.{12})$", "cannot be understood from '$' on"),
        ("^(?P<umi>.{12})acgt", "cannot be understood from 'acgt' on"),
    ],
)
def test_an_invalid_pattern_is_an_error_that_names_the_part(text, reason):
    with pytest.raises(ConfigError) as caught:
        umi_pattern(text)
    assert str(caught.value).startswith(f"umi_pattern {text!r} ")
    assert reason in str(caught.value)
    with pytest.raises(ConfigError, match=r"libraries\.x: Value error, umi_pattern"):
        parse({"libraries": {"x": {"umi_pattern": text}}})
