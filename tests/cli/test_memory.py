from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, sys
from clonotrack.cli.memory import keep_freed_memory
import clonotrack.cli.annotate
assert "polars" not in sys.modules
keep_freed_memory()
import polars
print(os.environ["_RJEM_MALLOC_CONF"], polars.Series([1, 2]).sum())
"""


def test_freed_memory_is_kept_from_before_polars_is_there() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["dirty_decay_ms:30000", "3"]
    assert not run.stderr
