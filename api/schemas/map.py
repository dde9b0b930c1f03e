"""What the battle map loads as JSON. Points come as binary columns, changes as events: see docs/API.md."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Day, Told, example
from api.schemas.division import AREA, FIGURES, AreaItem, Figures
from geo.model import RiskClass
from maps.breaks import FIGURES as BREAKS

Box = tuple[float, float, float, float]

SQUARE = [[[118.87, 28.95], [118.875, 28.95], [118.875, 28.955], [118.87, 28.955], [118.87, 28.95]]]


class Me(Told):
    """Who asks. whole: sees every grid."""

    name: str
    capabilities: list[str]
    whole: bool


class ClassTable(Told):
    """Days between inspections by class."""

    version: int
    cycles: dict[RiskClass, int]


class CategoryItem(Told):
    code: str
    name: str
    name_en: str | None


class FigureBreaks(Told):
    """A figure that shades the map: the breaks between its six classes, of a grid and of a subdistrict.

    Rising, they are the lowest numbers of classes 1 to 5; falling, of classes 0 to 4, where more is less work.
    """

    key: str
    needs: str
    percent: bool = Field(description="A share, compared as a whole percentage.")
    grid: list[int]
    area: list[int]


class Breaks(Told):
    version: int
    fewest_rated: int = Field(description="A share of fewer is not told: too few to rate.")
    figures: list[FigureBreaks]
    ranking: dict[str, int]


class ConfigOut(Told):
    """Names, words and limits. bounds, core: west, south, east, north in degrees; core is where most is open."""

    model_config = example(
        {
            "name": "柯城区（合成数据）",
            "synthetic": True,
            "timezone": "Asia/Shanghai",
            "crs": "EPSG:4549",
            "today": "2026-11-22",
            "edition": 1,
            "rev": "90211",
            "bounds": [118.69, 28.82, 118.97, 29.19],
            "core": [118.83, 28.92, 118.91, 28.99],
            "me": {"name": "Duty desk", "capabilities": ["issues.see", "map.see"], "whole": True},
            "class_table": {
                "version": 1,
                "cycles": {"red": 7, "orange": 15, "yellow": 30, "blue": 90, "green": 180},
            },
            "categories": [{"code": "0102", "name": "暴露垃圾", "name_en": "Exposed rubbish"}],
            "figures": BREAKS,
        }
    )

    name: str
    synthetic: bool
    timezone: str
    crs: str = Field(description="Of coordinates in metres, as the store keeps them.")
    today: Day
    edition: int
    rev: str = Field(description="The last event that is in this answer.")
    bounds: Box | None
    core: Box | None
    me: Me
    class_table: ClassTable
    categories: list[CategoryItem]
    figures: Breaks


class Geometry(Told):
    """GeoJSON, lon/lat WGS84."""

    type: str
    coordinates: list[Any]


class GridProperties(Figures):
    id: int
    code: str
    name: str
    name_en: str | None
    area: str
    area_m2: float
    households: int | None


class GridFeature(Told):
    type: Literal["Feature"]
    id: int
    geometry: Geometry
    properties: GridProperties


class GridCollection(Told):
    """The grids that the reader sees, with the areas that they hang under."""

    model_config = example(
        {
            "type": "FeatureCollection",
            "rev": "90211",
            "today": "2026-11-22",
            "edition": 1,
            "areas": [AREA],
            "features": [
                {
                    "type": "Feature",
                    "id": 12,
                    "geometry": {"type": "Polygon", "coordinates": SQUARE},
                    "properties": {
                        "id": 12,
                        "code": "FM-01",
                        "name": "坊门街第一网格",
                        "name_en": None,
                        "area": "330802001001",
                        "area_m2": 269_805.3,
                        "households": 420,
                        **FIGURES,
                    },
                }
            ],
        }
    )

    type: Literal["FeatureCollection"]
    rev: str
    today: Day
    edition: int
    areas: list[AreaItem]
    features: list[GridFeature]


class BackgroundProperties(Told):
    kind: str
    name: str | None


class BackgroundFeature(Told):
    type: Literal["Feature"]
    geometry: Geometry
    properties: BackgroundProperties


class BackgroundCollection(Told):
    """What makes a place of it: river, roads, blocks."""

    model_config = example(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "LineString", "coordinates": [[118.87, 28.95], [118.88, 28.96]]},
                    "properties": {"kind": "road_main", "name": None},
                }
            ],
        }
    )

    type: Literal["FeatureCollection"]
    features: list[BackgroundFeature]


class PlaceProperties(Told):
    kind: str
    name: str
    name_en: str | None


class PlaceFeature(Told):
    type: Literal["Feature"]
    geometry: Geometry
    properties: PlaceProperties


class PlaceCollection(Told):
    """Compounds, stairwells, lanes, markets and relief points."""

    model_config = example(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [118.87, 28.95]},
                    "properties": {"kind": "compound", "name": "坊门街小区", "name_en": None},
                }
            ],
        }
    )

    type: Literal["FeatureCollection"]
    features: list[PlaceFeature]
