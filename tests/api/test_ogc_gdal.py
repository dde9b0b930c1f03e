"""GDAL's OAPIF driver, in a process of its own, as a client of a running service."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Callable, Iterator

import pytest

from api.accounts.file import accounts_path
from geo.rules.access import Role
from tests.api.gis_clients import asked_for, layer, layer_by_password, layers
from tests.api.town import EAST, WEST, square
from tests.e2e.service import Service


@pytest.fixture(scope="module")
def service(_pristine_towns: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over a copy of the town."""
    made = _pristine_towns("gpkg")
    location = str(tmp_path_factory.mktemp("ogc") / "store.gpkg")
    shutil.copy(made, location)
    shutil.copy(accounts_path(made), accounts_path(location))
    running = Service(location)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token(Role.COMMANDER)


def test_it_finds_the_layers(service: Service, token: str) -> None:
    found = layers(service.url, token)
    assert [name for name, _ in found] == ["grids", "areas", "places", "issues"]
    assert dict(found)["grids"] == "MultiPolygon" and dict(found)["issues"] == "Point"


def test_it_reads_grids_in_metres_unasked(service: Service, token: str) -> None:
    """In the CRS that they are kept in, whose northing comes first: a swapped pair would lie in another country."""
    found = layer(service.url, token, "grids")
    assert (found["crs"], found["ids"], found["values"]["code"]) == ("EPSG:4549", [1, 2], ["W1", "dongfang-1"])
    assert found["geometry"][0] == (
        "MULTIPOLYGON (((382956.354 3198778.234, 383931.793 3198768.4, 383942.923 3199876.871, "
        "382967.577 3199886.706, 382956.354 3198778.234)))"
    )


def test_it_reads_every_collection(service: Service, token: str) -> None:
    assert layer(service.url, token, "areas")["values"]["code"] == ["330802", WEST, EAST]
    assert layer(service.url, token, "places")["geometry"][0] == "POINT (383449.662 3199327.542)"
    issues = layer(service.url, token, "issues")
    assert issues["geometry"] == ["POINT (118.805 28.905)", "POINT (118.815 28.905)", "POINT (119.9 28.9)"]
    assert issues["values"]["queue"] == [None, None, "outside"]


def test_it_signs_in_with_a_password(service: Service, token: str) -> None:
    assert layer_by_password(service.url, token, "grids") == layer(service.url, token, "grids")


def test_it_filters_by_place_and_property(service: Service, token: str) -> None:
    east = layer(service.url, token, "grids", bbox=[384500.0, 3199000.0, 384600.0, 3199100.0])
    assert east["values"]["code"] == ["dongfang-1"]
    assert layer(service.url, token, "grids", where="code = 'W1'")["values"]["code"] == ["W1"]
    where = "queue = 'outside' OR grid LIKE 'W%'"
    assert layer(service.url, token, "issues", where=where)["ids"] == [1, 3]


def test_it_reads_what_the_reader_may_see(service: Service) -> None:
    west = service.token(Role.COMMANDER, area=WEST)
    assert layer(service.url, west, "grids")["values"]["code"] == ["W1"]
    assert [name for name, _ in layers(service.url, service.token(Role.KIOSK))] == ["grids", "areas"]


def test_it_asks_for_large_pages(service: Service, token: str) -> None:
    """And not for 100 features at a time: it found the limit in the API's description."""
    asked = asked_for(service.url, token, "grids")
    assert any("/items?" in address and "limit=1000" in address for address in asked), asked


def test_it_reads_a_draft_that_was_just_edited(service: Service) -> None:
    """GDAL's driver reads only. Who created the grid read its address from a header spelt as QGIS 3.40 looks for it."""
    editor = service.token(Role.GIS_EDITOR)
    signed = {"authorization": f"Bearer {editor}", "content-type": "application/json"}
    talking = http.client.HTTPConnection(service.url.removeprefix("http://"))
    talking.request("POST", "/api/drafts", json.dumps({"title": "the line"}), signed)
    draft = json.load(talking.getresponse())["id"]
    feature = {"type": "Feature", "geometry": square(118.82), "properties": {"code": "N1"}}
    talking.request("POST", f"/ogc/collections/draft-{draft}/items", json.dumps(feature), signed)
    answer = talking.getresponse()
    assert (answer.status, answer.read()) == (201, b"")
    location = dict(answer.getheaders())["Location"]
    talking.close()
    found = layer(service.url, editor, f"draft-{draft}")
    assert (found["crs"], found["values"]["code"]) == ("EPSG:4549", ["W1", "dongfang-1", "N1"])
    assert found["ids"][:2] == [1, 2] and location.endswith(f"/items/{found['ids'][2]}")
