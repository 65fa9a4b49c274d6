"""Start a Slurm cluster of one node for a test, from the packages of Debian."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "srun", "squeue", "scancel", "sinfo", "scontrol", "sacct")
READY_SECONDS = 30.0
SETTINGS = """\
ClusterName=clonotrack
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={slurmd}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing_programs() -> list[str]:
    """Return the programs of Slurm that are not installed."""
    return [name for name in (*DAEMONS, *COMMANDS) if _program(name) is None]


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")


@contextmanager
def one_node(folder: Path) -> Iterator[Path]:
    """Start munge and Slurm with all their files in a folder, and yield the folder of the commands, for PATH.

    The commands set SLURM_CONF themselves, because a job does not inherit it.
    """
    ports = _free_ports(2)
    settings = folder / "slurm.conf"
    host, user = socket.gethostname().split(".")[0], getpass.getuser()
    settings.write_text(SETTINGS.format(host=host, ctld=ports[0], slurmd=ports[1], user=user, folder=folder))
    (folder / "munge.key").write_bytes(bytes(range(256)) * 4)
    (folder / "munge.key").chmod(0o400)
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir()
    for name in COMMANDS:
        command = folder / "bin" / name
        command.write_text(f'#!/bin/sh\nSLURM_CONF={settings} exec {_program(name)} "$@"\n')
        command.chmod(0o755)
    munge_options = [f"--{what}={folder / f'munge.{end}'}" for what, end in (("key-file", "key"), ("socket", "socket"))]
    munge_options += [f"--{name}-file={folder / f'munge.{name}'}" for name in ("pid", "log", "seed")]
    with ExitStack() as running:
        running.enter_context(_daemon(folder, "munged", "--foreground", "--force", *munge_options))
        _wait_for((folder / "munge.socket").exists, folder)
        running.enter_context(_daemon(folder, "slurmctld", "-D", "-i", "-f", str(settings)))
        running.enter_context(_daemon(folder, "slurmd", "-D", "-N", host, "-f", str(settings)))
        _wait_for(lambda: _is_idle(folder), folder)
        yield folder / "bin"


def _free_ports(number: int) -> list[int]:
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _daemon(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    """Run a program until the end of the block."""
    program = _program(name)
    assert program is not None
    with (folder / f"{name}.out").open("w") as log:
        process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=READY_SECONDS)


def _is_idle(folder: Path) -> bool:
    command = [folder / "bin" / "sinfo", "--noheader", "--format=%T"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == "idle"


def _wait_for(ready: Callable[[], bool], folder: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while not ready():
        if time.monotonic() > end:
            logs = "\n".join(path.read_text() for path in sorted(folder.glob("*.out")))
            raise TimeoutError(f"Slurm did not start:\n{logs}")
        time.sleep(0.2)
