"""The guides' examples are run as they stand, and the reference of commands leaves no option out."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from api.cli import cli
from api.settings import Settings
from tests import newyork
from tests.cli.commands import ROOT, Done, run, serving

DOCS = ROOT / "docs"
REFERENCE = (DOCS / "CLI.md").read_text("utf-8")
GUIDES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```(?P<kind>\w*) ?(?P<name>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(group: click.Group = cli, above: str = "gridwarden") -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name."""
    for name, command in sorted(group.commands.items()):
        full = f"{above} {name}"
        if isinstance(command, click.Group):
            yield from commands(command, full)
        else:
            yield full, command


COMMANDS = dict(commands())


def options(command: click.Command) -> set[str]:
    """Its long flags."""
    return {flag for option in command.params for flag in (*option.opts, *option.secondary_opts) if flag[:2] == "--"}


def section(name: str) -> str:
    """What the reference says under a command's heading."""
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/CLI.md has no section: ## {name}"
    return found[1]


def example_lines(text: str) -> list[str]:
    """Lines in fences that call the command."""
    return [
        line.partition("  #")[0].strip()
        for fence in FENCE.finditer(text)
        for line in fence["text"].splitlines()
        if line.startswith("gridwarden ")
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_shows_every_command_with_its_options(name: str) -> None:
    text = section(name)
    assert any(line.startswith(f"{name} ") for line in example_lines(text)), f"no example of {name}"
    missing = {flag for flag in options(COMMANDS[name]) if not re.search(rf"{flag}(?![\w-])", text)}
    # Those of all imports and of all that print a summary are said once, at the top.
    assert missing <= {"--store", "--json"}, f"docs/CLI.md, ## {name}, lacks {', '.join(sorted(missing))}"


def test_the_reference_has_no_section_of_a_command_that_is_gone() -> None:
    assert set(re.findall(r"^## (gridwarden .*)$", REFERENCE, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_options_that_a_guide_shows_exist(guide: Path) -> None:
    for line in example_lines(guide.read_text("utf-8")):
        if line in ("gridwarden --version", "gridwarden --help"):
            continue
        name = max((name for name in COMMANDS if f"{line} ".startswith(f"{name} ")), key=len, default=None)
        assert name, f"{guide.name}: {line}: there is no such command"
        unknown = set(re.findall(r"(?<= )--[a-z-]+", line)) - options(COMMANDS[name])
        assert not unknown, f"{guide.name}: {line}: there is no {', '.join(unknown)}"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_settings_that_a_guide_names_exist(guide: Path) -> None:
    of_tests = {"GRIDWARDEN_NYC311_CSV", "GRIDWARDEN_QGIS_PYTHON"}
    known = {f"GRIDWARDEN_{name.upper()}" for name in Settings.model_fields} | of_tests
    assert set(re.findall(r"GRIDWARDEN_\w+", guide.read_text("utf-8"))) <= known


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_links_of_a_guide_lead_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", guide.read_text("utf-8"))
    assert [link for link in links if not (guide.parent / link).exists()] == []


# -- examples that are run --------------------------------------------------------------------------------------------


@dataclass
class Session:
    """A folder in which the lines of a guide are run one after another."""

    last: Done | None = None

    def play(self, line: str) -> None:
        words = shlex.split(line)[1:]
        if words[0] == "serve":
            with serving(words[words.index("--store") + 1]) as served:
                assert served.stop() == 0
        elif words[0] != "demo":  # has tests of its own, and takes minutes
            self.last = run(*words)
            assert self.last.code == 0, f"{line}\n{self.last.err}"

    def play_all(self, text: str) -> None:
        """Files are written, commands run, and a JSON without a name is what the last command printed."""
        for fence in FENCE.finditer(text):
            if fence["name"]:
                Path(fence["name"]).write_text(fence["text"], "utf-8")
            elif fence["kind"] == "json":
                assert self.last is not None
                assert self.last.json == json.loads(fence["text"])
            elif fence["kind"] == "python":
                subprocess.run([sys.executable, "-c", fence["text"]], check=True)
            elif fence["kind"] != "text":  # which shows lines for a store in another state
                for line in example_lines(fence[0]):
                    self.play(line)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    return Session()


def test_the_reference_is_a_session_that_works(session: Session) -> None:
    session.play_all(REFERENCE)
    rejects = Path("reports.csv.rejects.csv").read_text("utf-8")
    assert "longitude and latitude look swapped" in rejects


def test_the_requests_of_the_guide_for_programs_are_answered(session: Session) -> None:
    """Everything of a fence that a shell would run, in a shell, against a service over the reference's grids."""
    write_files(REFERENCE)
    for line in example_lines(REFERENCE[: REFERENCE.index("## gridwarden import places")]):
        session.play(line)
    run("user", "add", "Desk", "--role", "dispatcher", "--store", "city.gpkg")
    Path("desk.token").write_text(run("user", "token", "Desk", "--store", "city.gpkg").out)
    guide = (DOCS / "API.md").read_text("utf-8")
    for line in example_lines(guide):
        done = run(*shlex.split(line.partition(" > ")[0])[1:])
        assert done.code == 0, done.err
        Path("hotline.token").write_text(done.out)
    with serving("city.gpkg") as served:
        filed, listed, ranked, _ = (
            fence["text"].replace("http://127.0.0.1:8000", served.url)
            for fence in FENCE.finditer(guide)
            if fence["kind"] == "sh"
        )
        asked = (filed, filed, listed, ranked)
        answers = [json.loads(subprocess.check_output(["sh", "-c", command])) for command in asked]
    assert answers[0] == answers[1] and answers[0]["assignment"]["grid"] == "FM-01"
    assert [item["number"] for item in answers[2]["items"]] == [answers[0]["number"]]
    assert answers[3]["parsed"]["building"] == "3"


def write_files(text: str) -> None:
    """The files that a guide shows."""
    for fence in FENCE.finditer(text):
        if fence["name"]:
            Path(fence["name"]).write_text(fence["text"], "utf-8")


def test_the_guide_to_ones_own_city_works_for_new_york(session: Session, tmp_path: Path) -> None:
    shutil.copyfile(newyork.layer_path("community_district"), "districts.geojson")
    shutil.copyfile(newyork.reports(tmp_path).path, "311.csv")
    Path("people.csv").write_text("code,name,post,target\nN1,Ada,lead,105\n")
    Path("rentals.csv").write_text("code,lon,lat,since,months\nU1,-73.9857,40.7484,2026-01-01,12\n")
    Path("compounds.csv").write_text("code,name,kind,lon,lat\nP1,Empire State Building,building,-73.9857,40.7484\n")
    scratch = ("--store", "scratch.gpkg")
    assert run("init", "scratch.gpkg", "--metric-crs", "EPSG:32618").code == 0
    assert run("import", "places", "compounds.csv", "--datum", "wgs84", *scratch).code == 0
    assert run("export", "places", "compounds.gpkg", *scratch).code == 0
    session.play_all((DOCS / "YOUR-OWN-CITY.md").read_text("utf-8"))
    assert run("check", "--store", "city.gpkg").code == 0
