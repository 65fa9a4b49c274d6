from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import os, sys
from clonotrack.cli.main import let_memory_wait
import clonotrack.cli.annotate
assert "polars" not in sys.modules
let_memory_wait()
import polars
print(os.environ["_RJEM_MALLOC_CONF"], polars.Series([1, 2]).sum())
"""


def test_freed_memory_waits_from_before_polars_is_there() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}  # polars sets it
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    settings, total = run.stdout.split()
    assert settings.endswith("dirty_decay_ms:30000")
    assert total == "3"
    assert not run.stderr
