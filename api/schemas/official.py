"""Departures from official lines as they are told."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Told, example
from geo.desk.official import Departure

FINDING: dict[str, Any] = {
    "kind": "missing",
    "code": "330802001001",
    "name": "坊门街社区",
    "name_en": None,
    "what": "community",
    "area": "330802001",
    "grids": ["FM-03"],
    "area_m2": 412.7,
    "share": 0.0021,
    "width_m": 3.4,
    "lon": 118.8721,
    "lat": 28.9517,
}


class DepartureOut(Told):
    """One place where lines disagree."""

    kind: Departure = Field(
        description="missing: official ground that the area's grids have not; beyond: ground of theirs outside of it; "
        "cut: a line of grids goes through a compound or a building."
    )
    code: str = Field(description="Of the area, the compound or the building.")
    name: str
    name_en: str | None
    what: str = Field(description="Level of the area, or kind of the place.")
    area: str | None = Field(description="Code of the area that it belongs to.")
    grids: list[str] = Field(description="That have the ground, or into which it is cut; of your areas.")
    area_m2: float = Field(description="Of the ground; of what is cut, of its smallest part.")
    share: float = Field(description="Of the whole area or place.")
    width_m: float | None = Field(description="About how far the lines are apart.")
    lon: float
    lat: float


class DepartureCounts(Told):
    areas: int = Field(description="Areas that were compared.")
    areas_unknown: int = Field(description="Areas without an official boundary, or without grids of their own.")
    missing: int
    beyond: int
    cut: int


SUMMARY: dict[str, Any] = {
    "rev": "90211",
    "scheme": "primary",
    "edition": 1,
    "counts": {"areas": 249, "areas_unknown": 61, "missing": 1, "beyond": 0, "cut": 0},
}


class OfficialSummary(Told):
    rev: str
    scheme: str
    edition: int
    counts: DepartureCounts


class OfficialOut(OfficialSummary):
    model_config = example({**SUMMARY, "unknown": ["330802001009"], "findings": [FINDING]})

    unknown: list[str] = Field(description="Codes of areas that cannot be compared.")
    findings: list[DepartureOut] = Field(description="The largest first.")


class DepartureFeature(Told):
    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: DepartureOut


class OfficialCollection(OfficialSummary):
    model_config = example(
        {
            **SUMMARY,
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [
                            [[118.872, 28.9517], [118.8722, 28.9517], [118.8721, 28.9518], [118.872, 28.9517]]
                        ],
                    },
                    "properties": FINDING,
                }
            ],
        }
    )

    type: Literal["FeatureCollection"]
    features: list[DepartureFeature]
