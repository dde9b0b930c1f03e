"""Areas, grids and places as they are told."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.assignment import CHAIN, LEAD, LinkOut, PersonOut
from api.schemas.base import Told, UtcText, example
from api.schemas.issues import HISTORY, ISSUE, HistoryItem, IssueItem
from geo.model import AreaLevel, GridLevel, PlaceKind, RiskClass

AREA: dict[str, Any] = {
    "code": "330802001",
    "name": "府山街道",
    "name_en": None,
    "level": "subdistrict",
    "parent": "330802",
}
GRID: dict[str, Any] = {
    "id": 12,
    "code": "FM-01",
    "name": "坊门街第一网格",
    "name_en": None,
    "level": "grid",
    "households": 420,
    "area": "330802001001",
    "scheme": "grids",
    "parent_grid": None,
}
FIGURES: dict[str, Any] = {
    "open": 4,
    "overdue": 1,
    "on_time": 17,
    "rated": 19,
    "oldest_due_at": "2026-11-20T05:30:00.000Z",
    "lead": LEAD,
    "units": {"red": 2, "orange": 5, "yellow": 11, "blue": 20, "green": 48},
    "units_overdue": {"red": 1, "orange": 0, "yellow": 0, "blue": 2, "green": 0},
}


PART: dict[str, Any] = {"grid_name": None, "grid_name_en": None, "length_m": None, "area_m2": None}


class AreaItem(Told):
    code: str
    name: str
    name_en: str | None
    level: AreaLevel
    parent: str | None


class AreaList(Told):
    model_config = example({"items": [AREA], "next": None})

    items: list[AreaItem]
    next: None


class GridItem(Told):
    id: int
    code: str
    name: str
    name_en: str | None
    level: GridLevel
    households: int | None
    area: str
    scheme: str
    parent_grid: str | None = Field(description="Of a micro-grid: the grid that it divides.")


class GridPage(Told):
    model_config = example({"items": [GRID], "next": None})

    items: list[GridItem]
    next: str | None


class Figures(Told):
    """Figures of a grid and who answers there. Counts of units stand there for who may count them."""

    open: int
    overdue: int
    on_time: int = Field(description="Of the issues in `rated`, those that were closed off by their limit.")
    rated: int = Field(description="Issues that came due or were closed off in the last 30 local days.")
    oldest_due_at: UtcText | None
    lead: PersonOut | None
    units: dict[RiskClass, int] | None = None
    units_overdue: dict[RiskClass, int] | None = None


class GridEvent(HistoryItem):
    issue_id: int


class GridOut(Figures):
    model_config = example(
        {
            "id": 12,
            "code": "FM-01",
            "name": "坊门街第一网格",
            "name_en": None,
            "area": "330802001001",
            "households": 420,
            "area_m2": 184_210.5,
            "edition": 2,
            "since_edition": 1,
            "attributes": {},
            "chain": CHAIN,
            **FIGURES,
            "issues": [ISSUE],
            "events": [HISTORY | {"issue_id": 4711}],
        }
    )

    id: int
    code: str
    name: str
    name_en: str | None
    area: str
    households: int | None
    area_m2: float
    edition: int
    since_edition: int
    attributes: dict[str, Any] | None = Field(description="What the imported file said beyond the columns taken.")
    chain: list[LinkOut]
    issues: list[IssueItem] = Field(description="The oldest open ones.")
    events: list[GridEvent] = Field(description="What happened last, newest first.")


class PlaceItem(Told):
    id: int
    code: str
    kind: PlaceKind
    name: str
    name_en: str | None
    address: str | None
    households: int | None
    area: str | None


class PlacePartOut(Told):
    """What of the place lies in one grid. grid is null for what lies outside every grid."""

    grid: str | None
    grid_name: str | None
    grid_name_en: str | None
    primary: bool = Field(description="The longest or largest part; its grid answers for the place.")
    length_m: float | None = Field(description="Of a lane. A stretch along a shared edge is the lowest code's.")
    area_m2: float | None = Field(description="Of a compound.")


class PlaceGrids(Told):
    """The grids of one scheme that a place lies in. grid: the one that answers, null where it lies outside all."""

    grid: str | None
    edition: int
    chain: list[LinkOut]
    parts: list[PlacePartOut] = Field(description="The primary one first, what is outside last.")


class PlaceOut(PlaceItem):
    model_config = example(
        {
            "id": 8,
            "code": "L-1",
            "kind": "lane",
            "name": "坊门后街",
            "name_en": None,
            "address": None,
            "households": None,
            "area": "330802001001",
            "parent": None,
            "lon": 118.8721,
            "lat": 28.9517,
            "length_m": 340.5,
            "area_m2": None,
            "schemes": {
                "primary": {
                    "grid": "FM-01",
                    "edition": 1,
                    "chain": CHAIN,
                    "parts": [
                        PART | {"grid": "FM-01", "primary": True, "length_m": 220.5},
                        PART | {"grid": "FM-02", "primary": False, "length_m": 120.0},
                    ],
                }
            },
        }
    )

    parent: str | None = Field(description="Code of the place that it belongs to.")
    lon: float = Field(description="A point that stands for the place.")
    lat: float
    length_m: float | None
    area_m2: float | None
    schemes: dict[str, PlaceGrids] = Field(description="By scheme, the primary one first.")


class PlacePage(Told):
    model_config = example(
        {
            "items": [
                {
                    "id": 5,
                    "code": "P-1",
                    "kind": "compound",
                    "name": "坊门小区",
                    "name_en": None,
                    "address": "坊门街12号",
                    "households": 420,
                    "area": "330802001001",
                }
            ],
            "next": None,
        }
    )

    items: list[PlaceItem]
    next: str | None
