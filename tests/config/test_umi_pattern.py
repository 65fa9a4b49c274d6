import pytest

from clonotrack.config import parse
from clonotrack.config.umi_pattern import umi_pattern
from clonotrack.errors import ConfigError


def test_a_pattern_is_what_stands_at_each_base():
    pattern = umi_pattern("^(?P<discard_1>AC){s<=1}(?P<umi_1>.{2}R)(?P<discard_2>.[CG])T")
    assert pattern.masks == (1, 2, 15, 15, 5, 31, 6, 8)
    assert pattern.umi == (False, False, True, True, True, False, False, False)
    assert pattern.groups == (1, 1, 2, 2, 2, 3, 3, 0)
    assert pattern.limits == (0, 1, 0, 0)
    assert (pattern.cut, pattern.umi_length) == (7, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(?P<umi>.{12})", "does not begin with ^"),
        ("^(?P<umi>.{12}", "has a group that is not closed"),
        ("^.{12}", "has a UMI of 0 bases, and 1 to 31 are possible"),
        ("^(?P<umi>.{32})", "has a UMI of 32 bases"),
        ("^(?P<umi>.{8,12})", "holds '{8,12})', which is not understood"),
        ("^(?P<umi>.+)", "holds '+)', which"),
        ("^(?P<cell>.{12})", "holds '(?P<cell>.{12})', which"),
        ("^ACG(?P<umi>.{12})", "has bases outside of groups before '(?P<umi>.{12})', which would be kept"),
        ("^(?P<umi>.{12}){s<=1}", "allows substitutions in the UMI"),
        ("^(?P<umi>.{12})$", "holds '$'"),
        ("^(?P<umi>.{12})acgt", "holds 'acgt'"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(text, reason):
    with pytest.raises(ConfigError) as caught:
        umi_pattern(text)
    assert str(caught.value).startswith(f"umi_pattern {text!r} ")
    assert reason in str(caught.value)
    with pytest.raises(ConfigError, match=r"libraries\.x: Value error, umi_pattern"):
        parse({"libraries": {"x": {"umi_pattern": text}}})
