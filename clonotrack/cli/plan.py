"""Command ``clonotrack plan``: compute the cells, DNA and reads that a sensitivity needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config

DEPTHS = (0.3, 1.0, 3.0, 10.0)


@click.command()
@click.option("--level", type=options.FRACTION, help="Clone cells per nucleated cell to detect.  [default: 1e-5]")
@click.option("--cells", type=click.FloatRange(min=1), help="Nucleated cells that are available.")
@click.option(
    "--capture",
    type=options.FRACTION,
    help="Probability that a molecule becomes visible in the reads.  [default: of the library]",
)
@click.option("--markers", type=click.IntRange(min=1), default=1, show_default=True, help="Markers of the patient.")
@click.option(
    "--fraction",
    "--lymphoid-fraction",
    type=options.FRACTION,
    help="Share of nucleated cells with a rearrangement of the locus; needed for the reads.",
)
@click.option(
    "--background-rate",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.0,
    show_default=True,
    help="Background molecules of the marker per nucleated cell.",
)
@click.option("--by-umi", is_flag=True, help="Count molecules by UMI.")
@options.library
@options.config
def plan(
    level: float | None,
    cells: float | None,
    capture: float | None,
    markers: int,
    fraction: float | None,
    background_rate: float,
    by_umi: bool,
    library: str | None,
    config: Config,
) -> None:
    """Print the cells, DNA and reads needed to detect a clone in 95 % of samples.

    With --level, print the cells and the DNA at several depths (reads per molecule). With --cells, print the level that
    they detect. With both, print the depth.
    """
    from clonotrack.assay.capture import stated_capture
    from clonotrack.stats.planning import plan as planned

    capture = capture if capture is not None else stated_capture(config, library).value
    level = level if level is not None or cells is not None else 1e-5
    rows = [
        planned(
            level=level,
            cells=cells,
            reads_per_molecule=depth,
            capture=capture,
            markers=markers,
            fraction=fraction,
            background=background_rate,
            umi=by_umi,
            settings=config.quantify,
        )
        for depth in (DEPTHS if level is None or cells is None else DEPTHS[:1])
    ]
    click.echo(f"{markers} marker(s), capture {capture:g}, background {background_rate:g} molecules per cell")
    click.echo("    level  nucleated cells    DNA [ng]  reads per molecule  reads per locus")
    for row in rows:
        reads = "-" if row.reads is None else f"{row.reads:,.0f}"
        figures = f"{row.cells:>15,.0f}  {row.nanograms:>10,.0f}  {row.reads_per_molecule:>18.2g}  {reads:>15}"
        click.echo(f"{row.level:>9.1e}  {figures}")
