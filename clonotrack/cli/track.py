"""Command ``clonotrack track`` (stage 5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options
from clonotrack.cli.console import print_qc, print_summary, with_progress
from clonotrack.cli.inputs import find_tubes

if TYPE_CHECKING:
    from clonotrack.config import Config

SHEET_COLUMNS = ("subject_id", "role", "run_id", "library", "replicate")


@click.command()
@click.argument("reads", metavar="[READS [READS2]]", nargs=-1, type=options.PATH)
@options.sample_id
@options.optional_subject_id
@options.samples
@options.library
@options.umi
@options.markers
@options.controls
@options.germline
@options.config
@options.force
@options.output("Output file of the HITS table, S.hits.tsv; S.track.qc.tsv is written into the same folder.")
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

    READS is FASTQ (plain, gzip or zstd), BAM or CRAM; READS2 is FASTQ of the second mates; - is standard input. With
    --samples instead of READS, the command reads all tubes and lanes of the sample, and the sample sheet gives the
    patient. It is then no error if the patient has no marker.
    """
    from clonotrack.raw_reads.decompress import bytes_read, reading_ahead

    open_until_end = click.get_current_context().with_resource
    open_until_end(reading_ahead(reads))  # decompression starts before the other modules are imported

    import polars as pl

    from clonotrack.io import arguments
    from clonotrack.io.outputs import staged
    from clonotrack.io.tables import write_table
    from clonotrack.io.target_tables import read_controls_by_library, read_markers
    from clonotrack.raw_reads.fragments import FragmentCounts, usable_fragments
    from clonotrack.tables import HITS, QC
    from clonotrack.track.hits_table import TubeIdentity
    from clonotrack.track.qc import describe_allowed_edits, track_qc
    from clonotrack.track.stage import prepare_targets
    from clonotrack.track.stage import track as search

    if samples and subject_id:
        raise click.UsageError("--subject-id is a column of the sample sheet (--samples): leave out the option")
    config = arguments.resolve_config(config, library, umi)
    tubes = find_tubes(reads, samples, sample_id, library, config)
    all_files = [file for _, files in tubes for lane in files for file in lane.files]
    if samples:
        open_until_end(reading_ahead(all_files))
    stem = output.name.removesuffix(output.suffix).removesuffix(".hits")
    with staged([output, output.with_name(f"{stem}.track.qc.tsv")], force=force) as (hits_path, qc_path):
        all_markers = read_markers(markers, selected=samples is None)
        reference = arguments.resolve_reference(germline, config)
        library_controls = read_controls_by_library(controls, config)
        tube_hits, all_targets = [], []
        for row, files in tubes:
            known = (
                {name: row[name] for name in SHEET_COLUMNS} if row else {"subject_id": subject_id, "library": library}
            )
            sample = TubeIdentity(sample_id, **known)
            counts = FragmentCounts()
            tube_controls = library_controls.get(config.library_name(sample.library))
            targets = prepare_targets(all_markers, tube_controls, reference, config.track, sample.subject_id)
            for line in describe_allowed_edits(targets, sample.subject_id):
                print_summary(line)
            fragments = usable_fragments(files, config.reads, config.library(sample.library), counts)
            fragments = with_progress(fragments, all_files, bytes_read)
            tube_hits.append(search(fragments, counts, targets, reference, sample))
            all_targets += targets
        hits = pl.concat(tube_hits)
        write_table(hits, HITS, hits_path)
        qc = track_qc(hits, sample_id, all_targets)
        write_table(qc, QC, qc_path)
        print_qc(qc)
