"""What a search finds."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.assignment import CHAIN, LinkOut
from api.schemas.base import Told, example
from geo.desk.gazetteer import Kind

COMMUNITY: dict[str, Any] = {"name": "坊门街社区", "name_en": "Fangmenjie Community"}
DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549"]
BOUNDS = (118.8674, 28.9562, 118.8722, 28.9601)


class NamedOut(Told):
    name: str
    name_en: str | None


class FoundItem(Told):
    kind: Kind
    id: int
    code: str
    name: str = Field(description="The number of an issue, the code of a rental unit.")
    name_en: str | None
    learnt: list[str] = Field(description="What else a place or an area is called: names learnt from addresses.")
    about: str | None = Field(description="Level of a grid or area, kind of a place or post, state of an issue.")
    category: str | None = Field(description="Of an issue.")
    where: list[NamedOut] = Field(description="What it lies in, the smallest first; a person's post before that.")
    grid: str | None = Field(description="Code of the grid on the map that it is or lies in.")
    lon: float | None
    lat: float | None
    bounds: tuple[float, float, float, float] | None = Field(description="West, south, east, north of what has a size.")


class FoundGroup(Told):
    kind: Kind
    items: list[FoundItem]


class ReadingOut(Told):
    """A way to read the query as coordinates: x east, y north. Which datum they are in only the asker knows."""

    x: float
    y: float
    in_degrees: bool


class SearchOut(Told):
    model_config = example(
        {
            "groups": [
                {
                    "kind": "grid",
                    "items": [
                        {
                            "kind": "grid",
                            "id": 12,
                            "code": "FM-01",
                            "name": "坊门街第一网格",
                            "name_en": None,
                            "learnt": [],
                            "about": "grid",
                            "category": None,
                            "where": [COMMUNITY],
                            "grid": "FM-01",
                            "lon": 118.8698,
                            "lat": 28.95815,
                            "bounds": BOUNDS,
                        }
                    ],
                }
            ],
            "coordinates": [],
            "datums": DATUMS,
        },
        {"groups": [], "coordinates": [{"x": 118.8715, "y": 28.9686, "in_degrees": True}], "datums": DATUMS},
    )

    groups: list[FoundGroup]
    coordinates: list[ReadingOut] = Field(description="More than one where nothing says which value is which.")
    datums: list[str] = Field(description="Those to choose from: the store's own CRS is in metres.")


class PointOut(Told):
    model_config = example({"lon": 118.8722, "lat": 28.9577, "grid": "FM-01", "chain": CHAIN})

    lon: float
    lat: float
    grid: str | None = Field(description="null outside every grid, and where you may not see the grid.")
    chain: list[LinkOut]
