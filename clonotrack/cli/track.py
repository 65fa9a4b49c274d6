"""``clonotrack track``: stage 5."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    import polars as pl

    from clonotrack.config import Config
    from clonotrack.track import Sample


@click.command()
@click.argument("reads", nargs=-1, type=options.FILE)
@click.option("--sample-id", required=True, help="The sample.")
@click.option("--subject-id", help="Its patient: whose markers are its own.")
@options.samples
@options.library
@options.markers
@options.controls
@options.germline
@options.config
@options.force
@options.output("HITS table.")
def track(
    reads: tuple[Path, ...],
    sample_id: str,
    subject_id: str | None,
    samples: Path | None,
    library: str | None,
    markers: tuple[Path, ...],
    controls: tuple[Path, ...],
    germline: Path | None,
    config: Config,
    force: bool,
    output: Path,
) -> None:
    """Count markers and controls in the raw reads of one sample.

    READS are FASTQ or FASTA, plain or gzip, the lanes of one tube; - is standard input. Or all tubes of a sample:
    --samples and --sample-id; its patient is then the sheet's, and a patient without a marker is no error.
    """
    import polars as pl

    from clonotrack.io.cohort import read_markers
    from clonotrack.io.frames import write_table
    from clonotrack.io.germline import load_reference
    from clonotrack.io.outputs import staged
    from clonotrack.library.batches import Counts, batches
    from clonotrack.tables import HITS
    from clonotrack.track import Sample
    from clonotrack.track import track as search

    if bool(reads) == bool(samples):
        raise click.UsageError("name the files READS, or give --samples: one of the two")
    if samples and subject_id:
        raise click.UsageError("--subject-id stands in the sheet that --samples names: leave it out")
    tubes = (
        list(_of_sheet(samples, sample_id, library, config))
        if samples
        else [(Sample(sample_id, subject_id, library=library), list(reads))]
    )
    with staged([output], force=force) as (place,):
        wanted = read_markers(markers, selected=samples is None)
        reference = load_reference(germline or (Path(config.germline) if config.germline else None))
        frames = []
        for sample, paths in tubes:
            counts = Counts()
            put_in = _controls(controls, sample.library, config)
            frames.append(
                search(batches(paths, config.reads, counts), counts, wanted, put_in, reference, config.track, sample)
            )
        write_table(pl.concat(frames), HITS, place)


def _of_sheet(
    samples: Path, sample_id: str, library: str | None, config: Config
) -> Iterator[tuple[Sample, list[Path]]]:
    """The tubes of a sample and the files of each, in the order of the sheet."""
    from clonotrack.errors import InputError
    from clonotrack.io.samples import TUBE, read_samples
    from clonotrack.track import Sample

    rows = [row for row in read_samples(samples, config).iter_rows(named=True) if row["sample_id"] == sample_id]
    if not rows:
        raise InputError(samples, f"has no sample {sample_id!r}: name one of its samples")
    tubes: dict[tuple[str | None, ...], list[dict[str, str | None]]] = {}
    for row in rows:
        if library in (None, row["library"]):
            tubes.setdefault(tuple(row[name] for name in TUBE), []).append(row)
    if not tubes:
        raise InputError(samples, f"has no row of sample {sample_id!r} with library {library!r}: correct one of them")
    for lanes in tubes.values():
        first = lanes[0]
        about = (first[name] for name in ("subject_id", "role", "run_id", "library", "replicate"))
        yield Sample(sample_id, *about), [Path(str(lane["reads_1"])) for lane in lanes]


def _controls(paths: tuple[Path, ...], library: str | None, config: Config) -> pl.DataFrame | None:
    """The controls of a tube: those of the call, else those that its library names."""
    import polars as pl

    from clonotrack.io.cohort import read_controls

    named = config.library(library).controls
    chosen = list(paths) or ([Path(named)] if named else [])
    return pl.concat([read_controls(path) for path in chosen]) if chosen else None
