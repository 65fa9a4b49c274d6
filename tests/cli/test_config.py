"""`clonotrack config`, and reading and checking of settings."""

import json
from pathlib import Path

import pytest
import yaml

from clonotrack.cli.main import main
from clonotrack.config import Config, Run, commented, parse, schema
from clonotrack.errors import ConfigError, InputError
from clonotrack.io.settings import read_config

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"


def test_the_printed_settings_are_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    assert parse(yaml.safe_load(capsys.readouterr().out)) == Config()


def test_every_setting_has_a_comment() -> None:
    for line, text in enumerate(lines := commented().splitlines()):
        is_key_of_mapping = text.strip().startswith(("ALL", "B-ALL", "T-ALL", "CLL", "MM", "default"))
        assert text.strip().startswith("#") or is_key_of_mapping or lines[line - 1].strip().startswith("# "), text


@pytest.mark.parametrize(("name", "model"), [("settings", Config), ("run", Run)])
def test_the_schemas_of_the_workflow_are_up_to_date(name: str, model: type[Config] | type[Run]) -> None:
    written = json.loads((WORKFLOWS / "config" / f"{name}.schema.json").read_text())
    assert written == schema(model), f"run `make schema`: workflows/config/{name}.schema.json is out of date"


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"reads": {"min_lenght": 3}}, r"reads\.min_lenght: Extra inputs"),
        ({"quantify": {"default_capture": 1.5}}, r"quantify\.default_capture: Input should be less"),
        ({"libraries": {"a b": {}}}, "library name 'a b' is not valid: use letters"),
        (["x"], "top level: Input should be"),
        ({"libraries": {}}, "libraries: Dictionary should have at least 1 item"),
        ({"quantify": {"pg_per_cell": float("inf")}}, r"quantify\.pg_per_cell: Input should be a finite number"),
        ({"quantify": {"target_level": {"MM": 0}}}, r"target_level\.MM: Input should be greater than 0"),
    ],
)
def test_an_error_names_the_wrong_setting(document: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(document, "c.yaml")


def test_settings_files(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("libraries:\n  ig: {controls: spikes.tsv}\n")
    config = read_config(path)
    assert config.library("ig").controls == str(tmp_path / "spikes.tsv")
    assert config.library(None) == config.library("ig")
    with pytest.raises(ConfigError, match="library 'tr' is not in the settings, which have ig"):
        config.library("tr")
    path.write_text("a: [1\nb: 2\n")
    with pytest.raises(InputError, match=r"c\.yaml, line 2: is not valid YAML"):
        read_config(path)
    with pytest.raises(InputError, match="no such file"):
        read_config(tmp_path / "none.yaml")
    path.write_text("")
    assert read_config(path) == Config()


def test_omitted_target_levels_keep_their_defaults() -> None:
    levels = parse({"quantify": {"target_level": {"MM": 1e-6, "FL": 1e-4}}}).quantify.target_level
    assert levels == Config().quantify.target_level | {"MM": 1e-6, "FL": 1e-4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "reads: {min_length: 50, min_length: 60}",
            r"c\.yaml, line 1: is not valid YAML \('min_length' appears twice\)",
        ),
        ("report: {title: 2020-13-45}", r"c\.yaml: is not valid YAML \(month must be in 1\.\.12\)"),
        ("report: {title: \x01}", r"c\.yaml: is not valid YAML \(unacceptable character"),
    ],
)
def test_invalid_yaml_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_config(tmp_path / "c.yaml")
