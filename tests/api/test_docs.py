"""The guides name every command, option of `serve`, setting and role, and say of them what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.cli import cli
from api.settings import Settings
from geo.rules.access import ROLES, Capability, Role

ROOT = Path(__file__).parents[2]
GUIDES = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def role_table() -> str:
    """The matrix of docs/ROLES.md, as the rules have it."""
    lines = ["| capability | " + " | ".join(Role) + " |", "|---" * (len(Role) + 1) + "|"]
    lines += [
        f"| {capability} | " + " | ".join("yes" if capability in ROLES[role] else "" for role in Role) + " |"
        for capability in Capability
    ]
    return "\n".join(lines)


def test_the_role_matrix_is_that_of_the_rules() -> None:
    written = (ROOT / "docs" / "ROLES.md").read_text("utf-8")
    assert role_table() in written, "docs/ROLES.md needs this table:\n" + role_table()
    assert all(f"\n| {role} | " in written for role in Role)


def commands(group: click.Group = cli, above: str = "gridwarden") -> Iterator[str]:
    """Every command with its groups: "gridwarden import grids"."""
    for name, command in sorted(group.commands.items()):
        full = f"{above} {name}"
        if isinstance(command, click.Group):
            yield from commands(command, full)
        else:
            yield full


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_is_in_a_guide(command: str) -> None:
    assert command in GUIDES


@pytest.mark.parametrize("setting", list(Settings.model_fields))
def test_every_setting_is_in_a_guide(setting: str) -> None:
    assert f"GRIDWARDEN_{setting.upper()}" in GUIDES


def test_a_command_that_a_guide_shows_exists() -> None:
    known = set(commands())
    shown = [line.strip() for line in GUIDES.splitlines() if line.strip().startswith("gridwarden ")]
    assert shown
    for line in shown:
        assert any(line.startswith(command) for command in known), line


def test_the_readme_opens_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    head = readme[: readme.index("\n## ")]
    assert "make demo" in head and "make test" in head


def test_every_reason_of_a_refusal_is_listed() -> None:
    sources = [path.read_text("utf-8") for top in ("geo", "api") for path in (ROOT / top).rglob("*.py")]
    given = {name for source in sources for name in re.findall(r'\breason="([a-z_]+)"', source)}
    table = (ROOT / "docs" / "API.md").read_text("utf-8").partition("| reason | with | when |")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("|")]
    listed = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert given == listed
