"""The life of a grid from edition to edition."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.base import Told, UtcText, example
from api.schemas.drafts import DescentOut

TAKES_BACK = "The edition that the draft took back: say that in the reader's language, and no title."


class GridVersionOut(Told):
    """A grid as some editions have it. ground: what came or went with the first; null: no grid, or none of yours."""

    edition: int
    until_edition: int | None = Field(description="The first one that has it otherwise, or not at all.")
    published_at: UtcText
    actor: str | None
    actor_en: str | None
    reason: str | None
    draft: int | None
    title: str | None = Field(description="Of the draft.")
    takes_back: int | None = Field(description=TAKES_BACK)
    code: str
    name: str
    name_en: str | None
    area: str
    households: int | None
    area_m2: float
    ground: list[DescentOut]
    geometry: dict[str, Any] = Field(description="GeoJSON, WGS84.")


class EndedOut(Told):
    """Who took a grid away, when, why, and with which edition and draft."""

    edition: int
    published_at: UtcText
    actor: str | None
    reason: str | None
    draft: int | None
    title: str | None = Field(description="Of the draft.")
    takes_back: int | None = Field(description=TAKES_BACK)


class GridHistoryOut(Told):
    """history: oldest first; each shape is the one after its step, that of the entry before it the one before.

    ended: of a grid that is gone. ground_left: where its ground went.
    """

    model_config = example(
        {
            "code": "FM-02",
            "scheme": "primary",
            "in_force": True,
            "history": [
                {
                    "edition": 2,
                    "until_edition": None,
                    "published_at": "2026-11-22T02:30:00.000Z",
                    "actor": "Reviewer",
                    "actor_en": None,
                    "reason": "draft 3: 荷花社区拆分",
                    "draft": 3,
                    "title": "荷花社区拆分",
                    "takes_back": None,
                    "code": "FM-02",
                    "name": "府山二",
                    "name_en": None,
                    "area": "330802001001",
                    "households": 310,
                    "area_m2": 41250.5,
                    "ground": [{"kind": "transferred", "from": "FM-01", "to": "FM-02", "area_m2": 812.25}],
                    "geometry": {"type": "MultiPolygon", "coordinates": []},
                }
            ],
            "ended": None,
            "ground_left": [],
        }
    )

    code: str
    scheme: str
    in_force: bool
    history: list[GridVersionOut]
    ended: EndedOut | None
    ground_left: list[DescentOut]
