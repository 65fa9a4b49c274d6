"""`compile` fills the cache, so that no other command compiles a kernel."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clonotrack.cli import compile as command
from clonotrack.cli.main import main
from clonotrack.kernels import cache_folder
from tests.flow.conftest import ENVIRONMENT


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache."""
    monkeypatch.setenv("CLONOTRACK_CACHE", str(tmp_path / "cache"))
    cache_folder.forget()
    yield tmp_path / "cache"
    cache_folder.forget()


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that would be run; none is."""
    tasks: list[str] = []
    monkeypatch.setattr(command, "write_inputs", lambda _: None)
    monkeypatch.setattr(command, "_run", lambda task, _: (tasks.append(task), (0, ""))[1])
    return tasks


def test_a_full_cache_is_left_as_it_is(
    cache: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile"]) == 0
    assert sorted(ran) == sorted(command._TASKS)
    assert "4 of 4 steps, 0 kernels" in capsys.readouterr().err
    cache_folder.forget()
    assert main(["compile"]) == 0
    assert capsys.readouterr().out == f"all kernels are compiled: {cache}/numba\n"
    assert len(ran) == 4
    monkeypatch.setattr(command, "_key", lambda: "of another CPU")
    assert main(["compile", "--jobs", "1"]) == 0
    assert len(ran) == 8


def test_quiet_prints_nothing(cache: Path, ran: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_clear_removes_kernels_and_compiles_none(
    cache: Path, ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    kernels = cache / "numba" / "kernels.hashing-0123456789abcdef"
    kernels.mkdir(parents=True)
    (kernels / "admit.1.nbc").write_bytes(b"")
    assert main(["compile", "--clear"]) == 0
    assert not ran
    assert not list((cache / "numba").iterdir())
    assert capsys.readouterr().out == f"removed the compiled kernels in {cache}/numba\n"


def test_clear_without_a_cache(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--clear"]) == 0
    assert capsys.readouterr().out == "there are no compiled kernels to remove\n"
    assert not cache.exists()


def test_a_cache_that_cannot_be_kept_is_an_error(
    cache: Path, ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    assert main(["compile"]) == 1
    assert not ran
    assert (
        "error: compiled kernels cannot be kept: set the environment variable CLONOTRACK_CACHE to"
        in capsys.readouterr().err
    )


def test_a_task_that_fails_says_why(
    cache: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_run", lambda task, _: (int(task == "reads"), f"what {task} said"))
    assert main(["compile", "--jobs", "1"]) == 1
    assert "error: kernels of `reads` could not be compiled:\nwhat reads said" in capsys.readouterr().err
    assert not list((cache / "numba").glob("complete.*"))


COUNTED = """
import json, sys
import numba.core.event as event
from clonotrack.cli.main import main

class Compiled(event.Listener):
    names = []
    def on_start(self, entered):
        self.names.append(entered.data["dispatcher"].py_func.__name__)
    def on_end(self, left):
        pass

event.register("numba:compile", Compiled())
status = [main(["--quiet", *call]) for call in json.loads(sys.argv[1])]
print(json.dumps([status, Compiled.names]))
"""


def compiled_by(calls: list[list[str]], cache: Path) -> list[str]:
    """Run commands in a new process; return the names of the functions that numba compiled."""
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "NUMBA_DISABLE_JIT"}
    ended = subprocess.run(
        [sys.executable, "-c", COUNTED, json.dumps(calls)],
        env={**environment, "CLONOTRACK_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    status, names = json.loads(ended.stdout.splitlines()[-1])
    assert status == [0] * len(calls), ended.stderr
    return list(names)


@pytest.mark.slow
def test_after_compile_no_command_compiles(tmp_path: Path, demo: Path) -> None:
    cache, out = tmp_path / "cache", tmp_path / "out"
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "NUMBA_DISABLE_JIT"}
    call = [sys.executable, "-m", "clonotrack", "compile", "--jobs", "2"]
    ended = subprocess.run(
        call, env={**environment, "CLONOTRACK_CACHE": str(cache)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "4 of 4 steps" in ended.stderr
    sheet = ["--samples", str(demo / "samples.tsv"), "--config", str(demo / "config.yaml"), "-o", str(out)]
    markers = ["--markers", str(demo / "true_markers.tsv")]
    umis = ["--umi", "^(?P<umi>.{12})"]
    calls = [
        ["baseline", *sheet, "--sample-id", "p1-dx", "--threads", "2"],
        ["followup", *sheet, "--sample-id", "p2-d180", *markers, "--background", str(out / "ntc.hits.tsv")],
        ["followup", *sheet, "--sample-id", "p1-d33", *markers, *umis],
        ["baseline", str(demo / "p2-dx.fastq.gz"), *umis, "--subject-id", "p2", "--sample-id", "u", "-o", str(out)],
        ["track", str(demo / "p1-d15.fastq.gz"), *markers, *umis, "--sample-id", "t", "-o", str(out / "t.hits.tsv")],
    ]
    ntc = ["track", *sheet[:4], "--sample-id", "no-template", *markers, "-o", str(out / "ntc.hits.tsv")]
    assert compiled_by([ntc, *calls], cache) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_task_runs_in_the_cache_of_these_tests(tmp_path: Path) -> None:
    """The commands of `compile` are calls that the command line accepts."""
    command.write_inputs(tmp_path)
    for task in command._TASKS:
        assert command.run_task(task, str(tmp_path)) == 0


def test_the_tasks_name_commands_that_exist(tmp_path: Path) -> None:
    from clonotrack.cli.main import COMMANDS

    assert {call[0] for task in command._TASKS.values() for call in task(tmp_path)} <= set(COMMANDS)
