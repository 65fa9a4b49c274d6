"""``clonotrack plan``: how many cells, how much DNA and how many reads a sensitivity takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config

DEPTHS = (0.3, 1.0, 3.0, 10.0)


@click.command()
@click.option("--level", type=options.SHARE, help="Clone cells per nucleated cell to detect.  [default: 1e-5]")
@click.option("--cells", type=click.FloatRange(min=1), help="Nucleated cells that there are.")
@click.option(
    "--capture", type=options.SHARE, help="Share of molecules that end in the data.  [default: the library's]"
)
@click.option("--markers", type=click.IntRange(min=1), default=1, show_default=True, help="Markers in the tube.")
@click.option(
    "--fraction",
    "--lymphoid-fraction",
    type=options.SHARE,
    help="Share of cells with a rearrangement of the locus: gives reads.",
)
@click.option(
    "--background-rate",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.0,
    show_default=True,
    help="Molecules of the marker per nucleated cell of people without the clone.",
)
@click.option("--by-umi", is_flag=True, help="Molecules are counted by UMI.")
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
    """Print what it takes to find a clone in 95 of 100 samples.

    With --level the cells and the DNA at several depths; with --cells the level that these detect; with both the depth
    that it takes.
    """
    from clonotrack.assay.capture import stated_capture
    from clonotrack.stats.planning import plan as planned

    share = capture if capture is not None else stated_capture(config, library).value
    wanted = level if level is not None or cells is not None else 1e-5
    rows = [
        planned(
            level=wanted,
            cells=cells,
            reads_per_molecule=depth,
            capture=share,
            markers=markers,
            fraction=fraction,
            background=background_rate,
            umi=by_umi,
            settings=config.quantify,
        )
        for depth in (DEPTHS if wanted is None or cells is None else DEPTHS[:1])
    ]
    click.echo(f"{markers} marker(s), capture {share:g}, background {background_rate:g} molecules a cell")
    click.echo("    level  nucleated cells    DNA [ng]  reads per molecule  reads per locus")
    for row in rows:
        reads = "-" if row.reads is None else f"{row.reads:,.0f}"
        figures = f"{row.cells:>15,.0f}  {row.nanograms:>10,.0f}  {row.reads_per_molecule:>18.2g}  {reads:>15}"
        click.echo(f"{row.level:>9.1e}  {figures}")
