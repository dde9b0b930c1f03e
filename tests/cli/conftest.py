"""A store of each kind with two square grids in it, as `init` and `import grids` make it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.postgis_server import PostgisServer

SQUARE = [[118.80, 28.90], [118.81, 28.90], [118.81, 28.91], [118.80, 28.91], [118.80, 28.90]]
EAST = [[lon + 0.01, lat] for lon, lat in SQUARE]


def write_geojson(path: Path, *rings: list[list[float]]) -> Path:
    """A layer of grids G1, G2 ... in WGS84."""
    features = [
        {"type": "Feature", "properties": {"code": f"G{i}"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for i, ring in enumerate(rings, start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


Copy = Callable[[str, str], str]


@pytest.fixture
def copied(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Copy]:
    """``copied(kind, location)``: a copy of a store that nobody has open, with its accounts."""
    with ExitStack() as after:
        made = 0

        def make(kind: str, location: str) -> str:
            nonlocal made
            made += 1
            if kind == "gpkg":
                copy = tmp_path / f"copy{made}.gpkg"
                shutil.copy(location, copy)
                shutil.copy(f"{location}.accounts", f"{copy}.accounts")
                return str(copy)
            server: PostgisServer = request.getfixturevalue("postgis_server")
            url = server.copy(location)
            after.callback(server.drop, url)
            return url

        yield make


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """``fresh(kind, name)``: where a store can be made that lasts as long as this test process."""

    def make(kind: str, name: str) -> str:
        if kind == "gpkg":
            return str(tmp_path_factory.mktemp("stores") / f"{name}.gpkg")
        server: PostgisServer = request.getfixturevalue("postgis_server")
        return server.new_database()

    return make


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, fresh: Callable[[str, str], str]) -> Callable[[str, bool], str]:
    """``founded(kind, with_grids)``: a store to copy, made when first asked for."""
    made: dict[tuple[str, bool], str] = {}

    def get(kind: str, with_grids: bool) -> str:
        key = kind, with_grids
        if key not in made:
            made[key] = fresh(kind, "kecheng")
            assert run("init", made[key], "--metric-crs", "EPSG:4549", "--name", "柯城").code == 0
            if with_grids:
                grids = write_geojson(tmp_path_factory.mktemp("grids") / "grids.geojson", SQUARE, EAST)
                assert run("import", "grids", grids, "--store", made[key], "--code", "code").code == 0
        return made[key]

    return get


@pytest.fixture
def empty(kind: str, founded: Callable[[str, bool], str], copied: Copy) -> str:
    """A store of each kind in turn, with nothing in it but the rules that ship."""
    return copied(kind, founded(kind, False))


@pytest.fixture
def city(kind: str, founded: Callable[[str, bool], str], copied: Copy) -> str:
    """A store of each kind in turn, with two grids."""
    return copied(kind, founded(kind, True))
