"""Command ``clonotrack compile``: compile all kernels (functions that numba compiles) before other commands need them.

The module runs small commands (tasks) on simulated reads, so that every kernel is called and compiled.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import click

from clonotrack.cli.console import print_summary, verbosity

_UMI = 10
_PLAN = {
    "seed": 1,
    "repertoire": {"clones": 200},
    "samples": [
        {"sample_id": "dx", "subject_id": "p", "role": "baseline", "level": 0.6, "cells": 200, "b_fraction": 0.1},
        {"sample_id": "d15", "subject_id": "p", "role": "followup", "level": 0.01, "cells": 5000, "b_fraction": 0.01},
        {"sample_id": "ntc", "role": "negative_control", "cells": 0},
    ],
}
_LIBRARIES: dict[str, dict[str, Any]] = {
    "single": {"reads_per_molecule": 2},
    "umis": {"reads_per_molecule": 4, "mate_length": 150, "umi_length": _UMI},
}
_MARKERS = {"single": ("IGH", "TRB"), "umis": ("IGH",)}
Call = list[str]


@click.command("compile")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Number of processes that compile at the same time.  [default: one per core]",
)
@click.option("--clear", is_flag=True, help="Remove the compiled kernels of all versions, and compile nothing.")
def compile_kernels(jobs: int | None, clear: bool) -> None:
    """Compile the kernels (numerical functions) of all commands, so that later commands start without compiling.

    Compiled kernels are for one kind of CPU. They are kept in the folder $CLONOTRACK_CACHE, or in the user's cache
    folder if this variable is not set. Every machine with the same kind of CPU that shares the folder uses them.
    """
    from clonotrack.errors import ClonotrackError
    from clonotrack.kernels import cache_folder

    if clear:
        cleared = list(cache_folder.clear())
        print_summary(
            "\n".join(f"removed the compiled kernels in {folder}" for folder in cleared)
            or "there are no compiled kernels to remove"
        )
        return
    folder = cache_folder.writable()
    if folder is None or not cache_folder.is_kept(folder):
        raise ClonotrackError(
            f"compiled kernels cannot be kept: set the environment variable {cache_folder.VARIABLE} to a folder that "
            "only you can write"
        )
    key = _key()
    if cache_folder.is_complete(key):
        print_summary(f"all kernels are compiled: {folder}")
        return
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clonotrack-") as name:
        data = Path(name)
        write_inputs(data)
        _run_all(data, list(_TASKS), jobs or len(os.sched_getaffinity(0)), folder)
    cache_folder.mark_complete(folder, key)
    print_summary(f"compiled {_count(folder)} kernels in {time.monotonic() - start:.0f} s: {folder}")


def _key() -> str:
    """Return a hash of the sources of all kernels, the CPU, and this file (16 hexadecimal digits)."""
    import hashlib

    from clonotrack.kernels import jit

    text = repr((jit.folder_names(), jit.cpu(), Path(__file__).read_bytes()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*/*.nbc"))


def _run_all(data: Path, tasks: Sequence[str], jobs: int, folder: Path) -> None:
    """Run each task in a separate process, `jobs` processes at the same time, and print progress.

    Args:
        data: input folder with the files that `write_inputs` made.
        tasks: keys of `_TASKS`.
        jobs: number of processes.
        folder: folder of compiled kernels, whose files are counted for the progress line.

    Raises:
        ClonotrackError: a task failed; the message contains the output of the task.
    """
    from clonotrack.errors import ClonotrackError

    start = time.monotonic()
    with ThreadPoolExecutor(max_workers=jobs) as workers:
        waiting: dict[Future[tuple[int, str]], str] = {workers.submit(_run, task, data): task for task in tasks}
        while waiting:
            done, _ = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
            seconds = time.monotonic() - start
            for future in done:
                task, (status, text) = waiting.pop(future), future.result()
                if status:
                    for other in waiting:
                        other.cancel()
                    raise ClonotrackError(
                        f"kernels of `{task}` could not be compiled:\n{text.strip()}\n"
                        "Correct the cause above; if there is none, report this output"
                    )
                finished = len(tasks) - len(waiting)
                _show(f"{finished} of {len(tasks)} steps, {_count(folder)} kernels, {seconds:.0f} s: {task}", last=True)
            if not done and sys.stderr.isatty():
                _show(f"{_count(folder)} kernels, {seconds:.0f} s", last=False)


def _show(text: str, *, last: bool) -> None:
    """Print a progress line on standard error.

    Args:
        text: the line.
        last: False if the next line replaces this one (at a terminal).
    """
    if not verbosity().quiet:
        click.echo(f"\r{text}\x1b[K" if sys.stderr.isatty() else text, err=True, nl=last)


def _run(task: str, data: Path) -> tuple[int, str]:
    """Run a task in a new process; return the exit status and the output (standard output, then standard error)."""
    code = "import sys; from clonotrack.cli.compile import run_task; sys.exit(run_task(sys.argv[1], sys.argv[2]))"
    call = [sys.executable, "-W", "ignore", "-c", code, task, str(data)]
    ended = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def run_task(task: str, data: str) -> int:
    """Run the commands of a task in this process, up to the first that fails.

    Args:
        task: a key of `_TASKS`.
        data: input folder with the files that `write_inputs` made.

    Returns:
        The exit status of the command that failed; 0 if none failed.
    """
    from clonotrack.cli.main import main

    return next(filter(None, (main(call) for call in _TASKS[task](Path(data)))), 0)


# Tasks: functions that yield the commands of every stage, for a few hundred simulated reads (single reads, and pairs
# with UMIs). `data` is the folder that `write_inputs` fills.


def _sheet(folder: Path, sample_id: str | None = None) -> Call:
    call = ["--samples", str(folder / "samples.tsv"), "--config", str(folder / "config.yaml")]
    return call if sample_id is None else [*call, "--sample-id", sample_id]


def _annotate(data: Path) -> Iterator[Call]:
    """Yield commands that annotate and cluster whole rearrangements, then single mates that end inside V."""
    for name, reads, threads in (("single", "dx.fastq.gz", "1"), ("umis", "dx_1.fastq.gz", "2")):
        folder = data / name
        config = ["--config", str(folder / "config.yaml"), "--force", "-o"]
        rows, clonotypes = folder / f"{name}.rearrangements.parquet", folder / f"{name}.clonotypes.tsv"
        yield ["annotate", str(folder / reads), "--threads", threads, *config, str(rows)]
        yield ["cluster", str(rows), *config, str(clonotypes)]


def _track(data: Path) -> Iterator[Call]:
    """Yield commands that track and quantify a follow-up, without UMIs and with UMIs."""
    for name in _LIBRARIES:
        folder = data / name
        markers = ["--markers", str(folder / "true_markers.tsv")]
        hits = {sample: folder / f"{sample}.hits.tsv" for sample in ("d15", "ntc")}
        for sample, table in hits.items():
            yield ["track", *_sheet(folder, sample), *markers, "--force", "-o", str(table)]
        background = ["--background", str(hits["ntc"])]
        call = ["quantify", str(hits["d15"]), *background, *_sheet(folder), *markers]
        yield [*call, "--force", "-o", str(folder / "mrd.tsv")]
        if name == "single":
            evolved = ["track", str(folder / "evolved.fastq"), *markers, "--sample-id", "e", "--subject-id", "p"]
            yield [*evolved, "--force", "-o", str(folder / "e.hits.tsv")]


def _reads(data: Path) -> Iterator[Call]:
    """Yield commands that read each file format, each source of UMIs, and a library with primers."""
    for name in _LIBRARIES:
        yield ["reads", *_sheet(data / name, "dx"), "--force", "-o", str(data / name / "dx.sequences.parquet")]
    forms = data / "forms"
    for name, library in (("reads.fasta", "primers"), ("names.fastq", "names"), ("tags.bam", "tags")):
        call = ["reads", str(forms / name), "--library", library, "--config", str(forms / "config.yaml")]
        yield [*call, "--force", "-o", str(forms / f"{library}.sequences.tsv")]


def _stages(data: Path) -> Iterator[Call]:
    """Yield the commands of a baseline as the workflow runs them, then the commands `baseline` and `followup`."""
    for name in _LIBRARIES:
        folder = data / name
        config = ["--config", str(folder / "config.yaml"), "--force", "-o"]
        sequences, rows, clonotypes = (
            str(folder / f"s.{end}") for end in ("sequences.parquet", "rearrangements.tsv", "clonotypes.tsv")
        )
        yield ["reads", *_sheet(folder, "dx"), "--force", "-o", sequences]
        yield ["annotate", sequences, *config, rows]
        yield ["cluster", rows, *config, clonotypes]
        yield ["track", *_sheet(folder, "dx"), "--force", "-o", str(folder / "controls.hits.tsv")]
        given = ["--hits", str(folder / "controls.hits.tsv"), "--samples", str(folder / "samples.tsv")]
        yield ["markers", clonotypes, "--subject-id", "p", "--sample-id", "dx", *given, *config, str(folder / "m.tsv")]
        yield ["baseline", *_sheet(folder, "dx"), "--force", "-o", str(folder)]
        markers = ["--markers", str(folder / "true_markers.tsv")]
        yield ["followup", *_sheet(folder, "d15"), *markers, "--force", "-o", str(folder)]


_TASKS: dict[str, Callable[[Path], Iterable[Call]]] = {
    "annotate": _annotate,
    "track": _track,
    "reads": _reads,
    "baseline": _stages,
}
"""Name of each task to its function; tasks with the longest compilation come first.

A task loads the kernels that another task compiled, and waits for a kernel that another task is compiling.
"""


def write_inputs(data: Path) -> None:
    """Write the input files of all tasks: a simulated patient for each library, and reads in every accepted format.

    Args:
        data: output folder.
    """
    import yaml

    from clonotrack.germline.load import load_reference
    from clonotrack.simulate import Series, parse_plan, write_series

    reference = load_reference(None)
    for name, library in _LIBRARIES.items():
        made = {"loci": ["IGH", "IGK", "TRB", "TRD"], "calibrators_per_locus": 6, "calibrator_copies": 20, **library}
        subject = {"subject_id": "p", "markers": [{"locus": locus} for locus in _MARKERS[name]]}
        plan = parse_plan({**_PLAN, "libraries": {"l": made}, "subjects": [subject]})
        write_series(Series(plan, reference), data / name)
    place = data / "umis" / "config.yaml"
    settings = yaml.safe_load(place.read_text())
    settings["libraries"]["l"]["umi_pattern"] = f"^(?P<umi>.{{{_UMI}}})"
    place.write_text(yaml.safe_dump(settings))
    _write_evolved(data / "single")
    _write_forms(data)


def _write_evolved(folder: Path) -> None:
    """Write ``evolved.fastq``: reads of each marker whose V is replaced, as V replacement in the clone makes them.

    A read of a marker has other bases before position 60, 64, 68, .. (one read per position), and the bases of the
    marker from there on.

    Args:
        folder: folder with ``true_markers.tsv``; ``evolved.fastq`` is written into it.
    """
    import polars as pl

    columns = "marker_id", "sequence", "target_end"
    markers = pl.read_csv(folder / "true_markers.tsv", separator="\t").select(columns)
    other = str.maketrans("ACGT", "CGTA")
    with (folder / "evolved.fastq").open("w") as file:
        for name, sequence, end in markers.iter_rows():
            for cut in range(60, end, 4):
                bases = sequence[:cut].translate(other) + sequence[cut:]
                file.write(f"@{name}:{cut}\n{bases}\n+\n{'I' * len(bases)}\n")


def _write_forms(data: Path) -> None:
    """Write 200 reads of the library `umis` as FASTA, as FASTQ with UMIs in read names, and as BAM with UMIs in tags.

    Args:
        data: folder with the simulated library; the files are written into its subfolder ``forms``.
    """
    import gzip

    import pysam
    import yaml

    forms = data / "forms"
    forms.mkdir()
    lines = gzip.decompress((data / "umis" / "dx_1.fastq.gz").read_bytes()).decode().splitlines()[:800]
    reads = [(lines[i][1:].split()[0], lines[i + 1], lines[i + 3]) for i in range(0, len(lines), 4)]
    (forms / "reads.fasta").write_text("".join(f">{name}\n{bases[:80]}\n{bases[80:]}\n" for name, bases, _ in reads))
    (forms / "names.fastq").write_text(
        "".join(f"@{name}:{bases[:_UMI]}\n{bases[_UMI:]}\n+\n{scores[_UMI:]}\n" for name, bases, scores in reads)
    )
    (forms / "primers.fasta").write_text(f">first\n{reads[0][1][_UMI : _UMI + 20]}\n")
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6", "SO": "unsorted"}})
    with pysam.AlignmentFile(str(forms / "tags.bam"), "wb", header=header) as file:
        for name, bases, scores in reads:
            line = pysam.AlignedSegment(header)
            line.query_name, line.flag, line.query_sequence = name, 4, bases[_UMI:]
            line.query_qualities = pysam.qualitystring_to_array(scores[_UMI:])
            line.set_tag("RX", bases[:_UMI])
            file.write(line)
    libraries = {"primers": {"primers": "primers.fasta"}, "names": {"umi_read": "name"}, "tags": {"umi_read": "RX"}}
    (forms / "config.yaml").write_text(yaml.safe_dump({"libraries": libraries}))
