"""The base map: what is refused and by which name, what the policy lets in, and tiles of one's own file."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from api.app import create_app
from api.base_map import TAKES, open_base_map
from api.routes.base_map import NOTHING
from api.settings import Settings
from geo.errors import BadInput
from geo.rules.access import Role
from maps.base_map import LOCAL, BaseMap
from tests.api.conftest import Site

PNG = b"\x89PNG\r\n\x1a\n"
OSM = {
    "base_map": "tiles",
    "base_map_url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "base_map_datum": "wgs84",
    "base_map_attribution": "© OpenStreetMap contributors",
}
TIANDITU = {
    "base_map": "tiles",
    "base_map_url": "https://t{s}.tianditu.gov.cn/vec_w/wmts?REQUEST=GetTile&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    "&tk={key} "
    "https://t{s}.tianditu.gov.cn/cva_w/wmts/{TileMatrix}/{TileRow}/{TileCol}?tk={key}",
    "base_map_subdomains": "0,1,7",
    "base_map_key": "a&b c",
    "base_map_datum": "CGCS2000",
    "base_map_attribution": "天地图 GS(2024)0650号",
}


def base_map_of(**settings: Any) -> BaseMap:
    return open_base_map(Settings(**settings))[0]


def refusal_of(**settings: Any) -> str:
    with pytest.raises(BadInput) as refused:
        create_app(Settings(**settings))
    return str(refused.value)


def test_local_vectors_are_the_default_and_may_be_left_out() -> None:
    assert base_map_of() == LOCAL == BaseMap(vectors=True, tiles=None)
    assert base_map_of(base_map="none") == BaseMap(vectors=False, tiles=None)


def test_a_template_gets_its_key_and_all_hosts_are_known() -> None:
    tiles = base_map_of(**TIANDITU).tiles
    assert tiles is not None
    assert tiles.origins == tuple(f"https://t{n}.tianditu.gov.cn" for n in (0, 1, 7))
    first, second = tiles.templates
    assert first.endswith("TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=a%26b%20c")
    assert second.endswith("/cva_w/wmts/{z}/{y}/{x}?tk=a%26b%20c")
    assert (tiles.datum, tiles.max_zoom, tiles.attribution) == ("cgcs2000", 18, "天地图 GS(2024)0650号")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"base_map": "osm"}, "GRIDWARDEN_BASE_MAP is one of none, local, tiles, pmtiles, not 'osm'"),
        ({"base_map": "local"}, "GRIDWARDEN_BASE_MAP_URL is set, and GRIDWARDEN_BASE_MAP is local"),
        ({"base_map_file": "a.pmtiles"}, "GRIDWARDEN_BASE_MAP_FILE is set, .* belongs to pmtiles"),
        ({"base_map_url": ""}, "GRIDWARDEN_BASE_MAP_URL is missing"),
        ({"base_map_url": "https://a.example/{z}/{x}.png"}, r"no \{y\} in it: https://a.example"),
        ({"base_map_url": "https://a.example/{z}/{x}/{y}{r}.png"}, r"\{r\} is none of"),
        ({"base_map_url": "https://{s}.a.example/{z}/{x}/{y}"}, r"\{s\} needs GRIDWARDEN_BASE_MAP_SUBDOMAINS"),
        ({"base_map_url": "https://a.example/{z}/{x}/{y}?k={key}"}, r"\{key\} needs GRIDWARDEN_BASE_MAP_KEY"),
        ({"base_map_key": "secret"}, r"GRIDWARDEN_BASE_MAP_KEY is set, .* no \{key\}"),
        ({"base_map_subdomains": "a,b"}, r"GRIDWARDEN_BASE_MAP_SUBDOMAINS is set, .* no \{s\}"),
        ({"base_map_subdomains": "a;script-src *"}, "no part of a host name"),
        ({"base_map_url": "ftp://a.example/{z}/{x}/{y}"}, "does not begin with https"),
        ({"base_map_url": "//a.example/{z}/{x}/{y}"}, "does not begin with https"),
        ({"base_map_url": "https://*.example/{z}/{x}/{y}"}, "its host is no name"),
        ({"base_map_url": "https://u:p@a.example/{z}/{x}/{y}"}, "its host is no name"),
        ({"base_map_url": "https://{x}.a.example/{z}/{x}/{y}"}, "its host is no name"),
        ({"base_map_url": "https:///{z}/{x}/{y}"}, "its host is no name"),
        ({"base_map_url": "https://a.example/{z}/{x}/{y}?图"}, "percent-encoded"),
        ({"base_map_url": 'https://a.example/{z}/{x}/{y}"'}, "percent-encoded"),
        ({"base_map_datum": ""}, "GRIDWARDEN_BASE_MAP_DATUM is one of wgs84, cgcs2000, gcj02, and it is never guessed"),
        ({"base_map_datum": "bd09"}, "GRIDWARDEN_BASE_MAP_DATUM: Baidu"),
        ({"base_map_datum": "epsg:3857"}, "not 'epsg:3857'"),
        ({"base_map_attribution": " "}, "GRIDWARDEN_BASE_MAP_ATTRIBUTION is missing"),
        ({"base_map_attribution": "x" * 161}, "one line of 160 characters"),
        ({"base_map_max_zoom": "near"}, "GRIDWARDEN_BASE_MAP_MAX_ZOOM: .*not 'near'"),
        ({"base_map_max_zoom": 40}, "GRIDWARDEN_BASE_MAP_MAX_ZOOM"),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_its_setting(change: dict[str, Any], said: str) -> None:
    assert re.search(said, refusal_of(**OSM | change))


def test_a_refusal_does_not_show_the_key() -> None:
    assert "a&b c" not in refusal_of(**TIANDITU | {"base_map_url": "https://a.example/{z}/{x}?tk={key}"})


def test_settings_and_kinds_name_each_other() -> None:
    named = {name for names in TAKES.values() for name in names}
    assert named == {name[9:] for name in Settings.model_fields if name.startswith("base_map_")}


# -- policy ------------------------------------------------------------------------------------------------------------


def images_of(site: Site) -> str:
    policy = site.stranger().get("/sign-in").headers["content-security-policy"]
    (images,) = [part for part in policy.split("; ") if part.startswith("img-src ")]
    return images


@pytest.fixture
def gpkg(store_factory: Callable[..., Any]) -> Any:
    return store_factory("gpkg")


def test_pictures_come_from_the_configured_hosts_and_no_others(gpkg: Any, open_site: Callable[..., Site]) -> None:
    site = open_site(gpkg, **TIANDITU)
    hosts = " ".join(f"https://t{n}.tianditu.gov.cn" for n in (0, 1, 7))
    assert images_of(site) == f"img-src 'self' data: blob: {hosts}"
    script = site.stranger().get("/map/page.js").text
    assert "gridwarden.base(" in script and "a%26b%20c" in script


@pytest.mark.parametrize("kind", ["local", "none"])
def test_without_tiles_no_other_host_is_in_page_or_policy(gpkg: Any, open_site: Callable[..., Site], kind: str) -> None:
    site = open_site(gpkg, base_map=kind)
    assert images_of(site) == "img-src 'self' data: blob:"
    script = site.stranger().get("/map/page.js").text
    assert "//" not in script and "gridwarden.base(" not in script
    assert ("gridwarden.background()" in script) == (kind == "none")


# -- a file of one's own -----------------------------------------------------------------------------------------------

PLACES = {(0, 0, 0): PNG + b"world", (15, 27200, 13600): PNG + b"here"}


def tile_file(folder: Path, tiles: dict[tuple[int, int, int], bytes], **header: Any) -> Path:
    """A PMTiles file that holds these tiles."""
    path = folder / "base.pmtiles"
    with path.open("wb") as out:
        writer = Writer(out)
        for place in sorted(tiles, key=lambda place: zxy_to_tileid(*place)):
            writer.write_tile(zxy_to_tileid(*place), tiles[place])
        writer.finalize({"tile_type": TileType.PNG, "tile_compression": Compression.NONE} | header, {})
    return path


def from_file(path: Path) -> dict[str, Any]:
    return {
        "base_map": "pmtiles",
        "base_map_file": str(path),
        "base_map_datum": "gcj02",
        "base_map_attribution": "our own",
    }


def test_tiles_of_a_file_are_served_to_who_may_see_the_map(
    gpkg: Any, open_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = open_site(gpkg, **from_file(tile_file(tmp_path, PLACES)))
    assert images_of(site) == "img-src 'self' data: blob:"
    script = site.stranger().get("/map/page.js").text
    (template,) = re.findall(r'"(/map/base/[^"]+)"', script)
    assert '"maxZoom": 15' in script and '"minZoom": 0' in script
    client = site.browser(Role.COMMANDER)
    for (z, x, y), content in PLACES.items():
        answer = client.get(template.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y)))
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"] and "private" in answer.headers["cache-control"]
    assert site.stranger().get("/map/base/0/0/0").status_code == 401


@pytest.mark.parametrize("place", ["15/27201/13600", "3/1/1", "16/0/0", "2/9/9", "30/0/0"])
def test_where_a_file_has_no_tile_there_is_a_transparent_one(
    gpkg: Any, open_site: Callable[..., Site], tmp_path: Path, place: str
) -> None:
    client = open_site(gpkg, **from_file(tile_file(tmp_path, PLACES))).browser(Role.COMMANDER)
    answer = client.get(f"/map/base/{place}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, NOTHING, "image/png")


@pytest.mark.parametrize("place", ["a/b/c", "-1/0/0", "0/0", "0/0/..%2f..%2fetc%2fpasswd", "99999999999/0/0"])
def test_no_other_file_is_ever_asked_for(gpkg: Any, open_site: Callable[..., Site], tmp_path: Path, place: str) -> None:
    client = open_site(gpkg, **from_file(tile_file(tmp_path, PLACES))).browser(Role.COMMANDER)
    assert client.get(f"/map/base/{place}").status_code in (400, 404)


def test_without_a_file_there_are_no_tiles(gpkg: Any, open_site: Callable[..., Site]) -> None:
    assert open_site(gpkg).browser(Role.COMMANDER).get("/map/base/0/0/0").status_code == 404


def test_a_file_of_many_directories_gives_every_tile(tmp_path: Path) -> None:
    chance = random.Random(1)
    tiles = {(13, x, y): chance.randbytes(chance.randint(1, 200)) for x in range(150) for y in range(150)}
    _, file = open_base_map(Settings(**from_file(tile_file(tmp_path, tiles))))
    assert file is not None
    assert file._header["leaf_directory_length"] > 0
    assert all(file.tile(*place) == content for place, content in tiles.items())
    file.close()


def test_what_is_no_file_of_pictures_is_refused(tmp_path: Path) -> None:
    refused = lambda path: refusal_of(**from_file(path))  # noqa: E731
    assert refused(tmp_path / "none") == f"GRIDWARDEN_BASE_MAP_FILE: {tmp_path / 'none'} cannot be read: " + (
        "No such file or directory."
    )
    (tmp_path / "text").write_text("PMTiles, but not really")
    for other in (tmp_path / "text", Path(__file__)):
        assert "is no PMTiles file of version 3" in refused(other)
    assert "cannot be read" in refused(tmp_path)
    assert "tiles of type MVT" in refused(tile_file(tmp_path, PLACES, tile_type=TileType.MVT))
    assert "compressed otherwise" in refused(tile_file(tmp_path, PLACES, tile_compression=Compression.GZIP))
    assert "GRIDWARDEN_BASE_MAP_FILE is missing" in refusal_of(**from_file(tmp_path) | {"base_map_file": ""})


def test_the_base_map_is_a_value() -> None:
    """The page's script is kept by it."""
    tiles = base_map_of(**OSM).tiles
    assert tiles is not None
    assert hash(tiles) == hash(dataclasses.replace(tiles))
