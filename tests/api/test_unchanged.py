"""What the browser has is not sent again, and what is large is compressed once for everybody."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta

import pytest

from geo.rules.access import Role
from geo.store.store import Store
from maps.page import page_script_url
from tests import district
from tests.api.conftest import Clock, Site
from tests.district import lonlat


@pytest.fixture
def here(store: Store, clock: Clock, open_site: Callable[..., Site]) -> Site:
    """Nine grids."""
    district.build(store, clock())
    return open_site(store)


def test_a_page_that_was_here_is_not_sent_again(here: Site) -> None:
    reader = here.program(Role.COMMANDER)
    for path in ("/map/config", "/map/grids", "/map/issues", "/map/background", "/map/background?buildings=true"):
        first = reader.get(path)
        again = reader.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path


def test_the_page_itself_is_not_sent_again(here: Site) -> None:
    stranger = here.stranger()
    first = stranger.get("/", headers={"accept-language": "zh"})
    again = {"if-none-match": first.headers["etag"]}
    assert stranger.get("/", headers=again | {"accept-language": "zh"}).status_code == 304
    assert stranger.get("/", headers=again | {"accept-language": "en"}).status_code == 200
    assert "no-cache" in first.headers["cache-control"]


def test_the_script_of_the_page_is_kept_for_ever_under_its_hash_only(here: Site) -> None:
    stranger = here.stranger()
    assert "immutable" in stranger.get(page_script_url()).headers["cache-control"]
    for path in ("/map/page.js", "/map/page.js?v=0123456789ab"):
        assert stranger.get(path).headers["cache-control"] == "no-cache"


def test_the_time_is_told_though_nothing_changed(here: Site, clock: Clock) -> None:
    reader = here.program(Role.COMMANDER)
    first = reader.get("/map/config")
    clock.now += timedelta(minutes=5)
    again = reader.get("/map/config", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert first.headers["gridwarden-now"] < again.headers["gridwarden-now"]


def test_the_middle_of_the_map_follows_the_issues(here: Site) -> None:
    reader, intake = here.program(Role.COMMANDER), here.program(Role.INTAKE)
    assert reader.get("/map/config").json()["core"] == reader.get("/map/config").json()["bounds"]
    for number in range(12):
        lon, lat = lonlat(0.5 + number / 100, 0.5)
        body = {"source": "test", "source_ref": str(number), "lon": lon, "lat": lat, "datum": "wgs84"}
        assert intake.post("/api/reports", json=body).status_code == 201
    config = reader.get("/map/config").json()
    west, _, east, _ = config["core"]
    assert config["bounds"][0] < west < east < config["bounds"][2]
    assert west == pytest.approx(lonlat(0.5, 0.5)[0], abs=1e-3)


def test_compressed_or_not_it_is_the_same(here: Site) -> None:
    reader = here.program(Role.COMMANDER)
    for path in ("/map/grids", "/map/config"):
        plain = reader.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        with reader.stream("GET", path, headers={"accept-encoding": "gzip"}) as packed:
            raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) == len(raw) < len(plain.content)
        assert gzip.decompress(raw) == plain.content
        assert packed.headers["etag"] == plain.headers["etag"]
        assert "Accept-Encoding" in packed.headers["vary"]
