"""The entry point: exit statuses, one message for an error of the user, a fast start."""

import subprocess
import sys

import click
import pytest

import clonotrack
from clonotrack.cli import main as main_module
from clonotrack.cli.main import COMMANDS, main
from clonotrack.errors import InputError

HEAVY = ("numba", "polars", "scipy", "pydantic", "numpy", "isal", "Bio")


def loaded_after(statement: str) -> set[str]:
    """Packages of `HEAVY` that a new interpreter has imported after the statement."""
    code = f"import sys\n{statement}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_import_of_the_package_imports_no_heavy_package() -> None:
    assert loaded_after("import clonotrack") == set()


def test_help_imports_no_heavy_package() -> None:
    quiet = "with contextlib.redirect_stdout(io.StringIO())"
    assert (
        loaded_after(
            f"import clonotrack.cli.main as main_module, io, contextlib\n{quiet}: main_module.main(['--help'])"
        )
        == set()
    )


def test_every_listed_command_exists(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"Usage: clonotrack {name} ")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.split()[-1] == clonotrack.__version__


@pytest.mark.parametrize("call", [["nothing"], ["config", "--nothing"], ["check"]])
def test_a_wrong_call_has_exit_status_2(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(call) == 2
    assert "Usage: clonotrack" in capsys.readouterr().err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A command that raises the first error of the list."""
    errors: list[BaseException] = []

    @click.command()
    def config() -> None:
        raise errors[0]

    monkeypatch.setattr(main_module.LazyGroup, "get_command", lambda *_: config)
    return errors


def test_wrong_data_has_exit_status_1_and_one_message(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(InputError("x.fq", "is empty", record=1, line=4))
    assert main(["config"]) == 1
    assert capsys.readouterr().err == "clonotrack: error: x.fq, record 1, line 4: is empty\n"


def test_an_error_of_the_system_names_the_file(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(OSError(28, "No space left on device", "out/x.tsv"))
    assert main(["check"]) == 1
    assert "error: out/x.tsv: no space left on device: correct the cause" in capsys.readouterr().err


def test_an_internal_error_says_so(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(ZeroDivisionError("by zero"))
    assert main(["config"]) == 1
    assert "internal error of clonotrack, not of your data (ZeroDivisionError: by zero)" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--quiet", "--verbose", "--debug"])
def test_common_options_may_be_anywhere_before_the_double_dash(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag, "config"]) == main(["config", flag]) == 0
    assert main(["config", "--", flag]) == 2
    assert flag in capsys.readouterr().err


def test_debug_shows_the_traceback(failing: list[BaseException]) -> None:
    failing.append(InputError("x.fq", "is empty"))
    with pytest.raises(InputError):
        main(["config", "--debug"])
