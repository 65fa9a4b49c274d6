"""``clonotrack track``: stage 5."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import say, say_figures, watched
from clonotrack.cli.inputs import lanes

if TYPE_CHECKING:
    from clonotrack.config import Config


OF_SHEET = ("subject_id", "role", "run_id", "library", "replicate")


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.FILE)
@options.sample_id
@options.own_subject_id
@options.samples
@options.library
@options.umi
@options.markers
@options.controls
@options.germline
@options.config
@options.force
@options.output("HITS table S.hits.tsv; S.track.qc.tsv is written beside it.")
def track(
    reads: tuple[Path, ...],
    sample_id: str,
    subject_id: str | None,
    samples: Path | None,
    library: str | None,
    umi: str | None,
    markers: tuple[Path, ...],
    controls: tuple[Path, ...],
    germline: Path | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Count markers and controls in the raw reads of one sample.

    READS is FASTQ, plain or gzip, READS2 the mates; - is standard input. Or all lanes and tubes of a sample: --samples
    and --sample-id; its patient is then the sheet's, and a patient without a marker is no error.
    """
    from clonotrack.raw_reads.decompress import bytes_read, reading_ahead

    with_files = click.get_current_context().with_resource
    with_files(reading_ahead(reads))  # while all else is still imported and got ready

    import polars as pl

    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import write_table
    from clonotrack.io.target_tables import read_controls_by_library, read_markers
    from clonotrack.raw_reads.fragments import Counts, batches
    from clonotrack.tables import HITS, QC
    from clonotrack.track.hits_table import TubeIdentity
    from clonotrack.track.qc import describe_allowed_edits, track_qc
    from clonotrack.track.stage import prepare_targets
    from clonotrack.track.stage import track as search

    if samples and subject_id:
        raise click.UsageError("--subject-id stands in the sheet that --samples names: leave it out")
    config = arguments.resolve_config(config, library, umi)
    tubes = lanes(reads, samples, sample_id, library, config)
    all_files = [file for _, files in tubes for lane in files for file in lane.files]
    if samples:
        with_files(reading_ahead(all_files))
    stem = output.name.removesuffix(output.suffix).removesuffix(".hits")
    with staged([output, output.with_name(f"{stem}.track.qc.tsv")], force=force) as (place, qc):
        wanted = read_markers(markers, selected=samples is None)
        reference = arguments.resolve_reference(germline, config)
        put_into = read_controls_by_library(controls, config)
        frames, looked_for = [], []
        for row, files in tubes:
            about = {name: row[name] for name in OF_SHEET} if row else {"subject_id": subject_id, "library": library}
            sample = TubeIdentity(sample_id, **about)
            counts = Counts()
            put_in = put_into.get(config.library_name(sample.library))
            targets = prepare_targets(wanted, put_in, reference, config.track, sample.subject_id)
            for line in describe_allowed_edits(targets, sample.subject_id):
                say(line)
            reads_of = batches(files, config.reads, config.library(sample.library), counts)
            watched_reads = watched(reads_of, all_files, bytes_read)
            frames.append(search(watched_reads, counts, targets, reference, sample))
            looked_for += targets
        hits = pl.concat(frames)
        write_table(hits, HITS, place)
        found = track_qc(hits, sample_id, looked_for)
        write_table(found, QC, qc)
        say_figures(found)
