"""The coverage report as it is told."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Day, Told, example
from geo.desk.blind_spots import Gap

FINDING: dict[str, Any] = {
    "kind": "place_outside",
    "code": "L-7",
    "name": "坊门后街",
    "name_en": None,
    "what": "lane",
    "area": "330802001001",
    "length_m": 41.5,
    "area_m2": None,
    "share": 0.121,
}


class FindingOut(Told):
    """One blind spot."""

    kind: Gap
    code: str
    name: str
    name_en: str | None
    what: str = Field(description="Kind of the place, level of the area, or grid.")
    area: str | None = Field(description="Code of the area that it belongs to.")
    length_m: float | None = Field(description="Of a lane: what lies outside every grid.")
    area_m2: float | None = Field(description="Of a compound or an area: what no grid covers.")
    share: float | None = Field(description="Of the whole place or area.")


class CoverageCounts(Told):
    """How many were found, of how many. null: who asks may not know."""

    places: int
    places_outside: int
    grids: int
    grids_without_lead: int | None
    areas: int
    areas_without_grid: int
    areas_unknown: int = Field(description="Areas without an official boundary: nobody can tell.")
    places_with_units: int | None = Field(description="Places of which a visit can be known.")
    places_unvisited: int | None


SUMMARY: dict[str, Any] = {
    "rev": "90211",
    "scheme": "primary",
    "edition": 1,
    "today": "2026-11-22",
    "since": "2026-10-23",
    "visit": "An inspection of a rental unit in the place ...",
    "counts": {
        "places": 347,
        "places_outside": 1,
        "grids": 292,
        "grids_without_lead": 0,
        "areas": 310,
        "areas_without_grid": 0,
        "areas_unknown": 310,
        "places_with_units": None,
        "places_unvisited": None,
    },
}


class CoverageSummary(Told):
    rev: str
    scheme: str
    edition: int
    today: Day
    since: Day = Field(description="First day on which a visit counts.")
    visit: str = Field(description="What counts as a visit, and of what none can be known.")
    counts: CoverageCounts


class CoverageOut(CoverageSummary):
    model_config = example(
        {
            **SUMMARY,
            "place_outside": [FINDING],
            "grid_without_lead": [],
            "area_without_grid": [],
            "area_unknown": [],
            "place_unvisited": None,
        }
    )

    place_outside: list[FindingOut] = Field(description="Places outside every grid, wholly or in part.")
    grid_without_lead: list[FindingOut] | None
    area_without_grid: list[FindingOut]
    area_unknown: list[FindingOut]
    place_unvisited: list[FindingOut] | None = Field(description="Places with units, and without a visit since then.")


class CoverageFeature(Told):
    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: FindingOut


class CoverageCollection(CoverageSummary):
    """What can be drawn of the report; areas whose boundary is unknown are left out."""

    model_config = example(
        {
            **SUMMARY,
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "LineString", "coordinates": [[118.8721, 28.9517], [118.8725, 28.9517]]},
                    "properties": FINDING,
                }
            ],
        }
    )

    type: Literal["FeatureCollection"]
    features: list[CoverageFeature]
