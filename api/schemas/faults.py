"""Faults of a draft, and what would put them right."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Told

FAULT: dict[str, Any] = {
    "kind": "overlap",
    "severity": "error",
    "codes": ["FM-01", "FM-02"],
    "message": "grids 'FM-01' and 'FM-02' overlap by 12.5 m2, at lon 118.871200, lat 28.951700",
    "lon": 118.8712,
    "lat": 28.9517,
    "area_m2": 12.5,
}
SUGGESTED: dict[str, Any] = {
    **FAULT,
    "suggestion": {
        "operations": [{"op": "mend", "codes": ["FM-01", "FM-02"]}],
        "grids": ["FM-02"],
        "area_m2": 12.5,
    },
}


class SuggestionOut(Told):
    """Operations that put a fault right, to be sent one after the other to POST /api/drafts/{id}/operations.

    grids: that they change. area_m2: ground that some grid gains or loses by them.
    """

    operations: list[dict[str, Any]]
    grids: list[str]
    area_m2: float


class FaultOut(Told):
    """Something wrong, with place and size. An error has to be mended, a warning to be known."""

    kind: str
    severity: Literal["error", "warning"]
    codes: list[str]
    message: str
    lon: float | None = None
    lat: float | None = None
    area_m2: float | None = None
    length_m: float | None = None
    shape: dict[str, Any] | None = Field(None, description="The ground or stretch that is wrong: GeoJSON, WGS84.")
    suggestion: SuggestionOut | None = Field(None, description="What would put it right; null where a person has to.")
