"""The command ``gridwarden``. Progress on stderr, results on stdout; exit 0 done, 1 refused with a reason, 2 usage."""

from __future__ import annotations

import click

from api import (
    VERSION,
    cli_assign,
    cli_balance,
    cli_coverage,
    cli_demo,
    cli_draft,
    cli_edition,
    cli_held,
    cli_import,
    cli_people,
    cli_registers,
    cli_serve,
    cli_store,
    cli_user,
)
from api.cli_base import Refusing


@click.group(cls=Refusing)
@click.version_option(VERSION, prog_name="gridwarden")
def cli() -> None:
    """Neighbourhood grids: every report finds its grid, every rental unit its inspection cycle."""


for subcommand in (cli_held.held, cli_held.settle):
    cli_import.importing.add_command(subcommand)

for command in (
    cli_demo.demo,
    cli_store.init,
    cli_import.importing,
    cli_assign.assign,
    cli_serve.serve,
    cli_store.check,
    cli_store.export,
    cli_store.backup,
    cli_store.restore,
    cli_draft.draft,
    cli_edition.editions,
    cli_edition.difference,
    cli_balance.balance,
    cli_balance.official,
    cli_coverage.coverage,
    cli_coverage.queue,
    cli_people.people,
    cli_registers.registers,
    cli_user.user,
):
    cli.add_command(command)


def main() -> None:
    """Entry point of the package."""
    cli()


if __name__ == "__main__":
    main()
