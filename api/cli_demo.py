"""The demo from the command line."""

from __future__ import annotations

import click

from api.cli_base import host_option, port_option

STORE = "demo/kecheng.gpkg"


@click.command()
@click.option("--store", default=STORE, show_default=True, help="Where the demo's store lies, or is made.")
@click.option("--units", type=click.IntRange(0), default=24_000, show_default=True, help="Rental units to generate.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the generator.")
@host_option
@port_option
def demo(store: str, units: int, seed: int, host: str | None, port: int | None) -> None:
    """Serve a synthetic district: made when it is not there yet, kept as it is when it is."""
    from api import demo as demonstration
    from api.serving import settings_of

    demonstration.run(settings_of(store, host, port), seed, units)
