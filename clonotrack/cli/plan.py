"""Command ``clonotrack plan``: compute the cells, DNA and reads that a sensitivity needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config

DEPTHS = (0.3, 1.0, 3.0, 10.0)


@click.command()
@click.option(
    "--level", type=options.FRACTION, help="MRD level to detect [clone cells per nucleated cell].  [default: 1e-5]"
)
@click.option("--cells", type=click.FloatRange(min=1), help="Number of available nucleated cells.")
@click.option(
    "--capture",
    type=options.FRACTION,
    help="Probability that a molecule in the tube becomes visible in the reads.  [default: capture of the library]",
)
@click.option(
    "--markers", type=click.IntRange(min=1), default=1, show_default=True, help="Number of markers that are tracked."
)
@click.option(
    "--fraction",
    "--lymphoid-fraction",
    type=options.FRACTION,
    help="Share of nucleated cells with a rearrangement of the locus; needed to compute the number of reads.",
)
@click.option(
    "--background-rate",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.0,
    show_default=True,
    help="Background: molecules like the marker per nucleated cell of people without the clone.",
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
    """Print the cells, DNA and reads that are needed to detect a clone in 95 % of samples.

    With --level, the command prints the cells and the DNA for several depths (reads per molecule). With --cells, it
    prints the level that these cells detect. With both options, it prints the depth at which these cells detect the
    level.
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
