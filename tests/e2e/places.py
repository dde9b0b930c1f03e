"""Where a test puts things: points well inside grids, and what the API tells of grids."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx2
from shapely.geometry import shape


@dataclass(frozen=True)
class Spot:
    """A point well inside a grid, WGS84 degrees."""

    code: str
    name: str
    lon: float
    lat: float


def grids_of(program: httpx2.Client) -> list[dict[str, Any]]:
    """The properties of all grids that this program sees."""
    return [feature["properties"] for feature in _features(program)]


def spots(program: httpx2.Client) -> list[Spot]:
    """A point in every grid, smallest grid first: the small ones are where most happens."""
    found = []
    for feature in sorted(_features(program), key=lambda feature: shape(feature["geometry"]).area):
        inside = shape(feature["geometry"]).representative_point()
        about = feature["properties"]
        found.append(Spot(about["code"], about["name"], round(inside.x, 6), round(inside.y, 6)))
    return found


def near(program: httpx2.Client, spot: Spot) -> Spot:
    """A point in the grid whose point is the nearest to another's."""
    others = [other for other in spots(program) if other.code != spot.code]
    return min(others, key=lambda other: (other.lon - spot.lon) ** 2 + (other.lat - spot.lat) ** 2)


def report(spot: Spot, **more: Any) -> dict[str, Any]:
    """The body of a report from there, under a source that no other program of the tests has."""
    source = f"hotline {uuid.uuid4().hex}"
    body = {"source": source, "category": "0102", "description": "垃圾堆放在路边", "datum": "wgs84"}
    return body | {"lon": spot.lon, "lat": spot.lat} | more


def _features(program: httpx2.Client) -> list[dict[str, Any]]:
    return list(program.get("/map/grids").raise_for_status().json()["features"])
