"""``clonotrack plan``: how much DNA and how many reads a level needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clonotrack.cli import options

if TYPE_CHECKING:
    from clonotrack.config import Config


@click.command()
@click.option(
    "--level", type=options.SHARE, default=1e-5, show_default=True, help="Clone cells per nucleated cell to detect."
)
@click.option(
    "--capture", type=options.SHARE, help="Share of molecules that end in the data.  [default: the library's]"
)
@click.option("--markers", type=click.IntRange(min=1), default=1, show_default=True, help="Markers in the tube.")
@click.option(
    "--lymphoid-fraction", type=options.SHARE, help="Share of cells with a rearrangement of the locus: gives reads."
)
@options.library
@options.config
def plan(
    level: float,
    capture: float | None,
    markers: int,
    lymphoid_fraction: float | None,
    library: str | None,
    config: Config,
) -> None:
    """Print the cells, the DNA and the reads with which a clone at a level is found in 95 of 100 samples."""
    from clonotrack.library.capture import stated
    from clonotrack.quantify import plan as planned

    share = capture if capture is not None else stated(config, library).value
    click.echo(f"level {level:.1e}, {markers} marker(s), capture {share:g}, no background")
    click.echo(f"{'reads per molecule':>18}  {'nucleated cells':>15}  {'DNA [ng]':>10}  {'reads per locus':>15}")
    for depth in (0.3, 1.0, 3.0, 10.0):
        row = planned(
            level, depth, config.quantify, capture=share, markers=markers, lymphoid_fraction=lymphoid_fraction
        )
        reads = "-" if row.reads is None else f"{row.reads:,.0f}"
        click.echo(f"{depth:>18g}  {row.cells:>15,.0f}  {row.nanograms:>10,.0f}  {reads:>15}")
