"""Results of the demo, which runs once a session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of results and the standard output of `clonotrack demo`."""
    folder = tmp_path_factory.mktemp("demo") / "results"
    command = [sys.executable, "-m", "clonotrack", "demo", "-o", str(folder)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout
