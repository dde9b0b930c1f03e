"""Serving a store."""

from __future__ import annotations

import click

from api.cli_base import host_option, port_option, say, store_option


@click.command()
@store_option
@host_option
@port_option
def serve(store: str, host: str | None, port: int | None) -> None:
    """Serve a store: the map, the API, live changes. Ctrl+C stops it."""
    from api.serving import serve_store, settings_of

    serve_store(settings_of(store, host, port), lambda settings: say(f"Serving on {settings.url}"))
