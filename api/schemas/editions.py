"""Editions and what differs between two of them, as they are told."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Told, UtcText, example
from api.schemas.drafts import CHANGE, ChangeOut, DescentOut, DraftFeature

EDITION = {
    "number": 2,
    "scheme": "primary",
    "from": "2026-11-22T02:30:00.000Z",
    "until": None,
    "grids": 292,
    "changed": 2,
    "actor": "Reviewer",
    "reason": "draft 3: 荷花社区拆分",
    "draft": 3,
    "title": "荷花社区拆分",
    "created_by": "Editor",
    "takes_back": None,
}
LISTED = "The first 1,000 by code."


class EditionItem(Told):
    """An edition. from, until: when it was in force; until is null of the one that is.

    changed: how many of your grids differ from the edition before. Where none does, the rest is told to who sees all.
    actor: who published it. draft, title, created_by: the draft that it was, and whose. takes_back: an edition.
    """

    model_config = example(EDITION)

    number: int
    scheme: str
    from_: UtcText = Field(alias="from")
    until: UtcText | None
    grids: int
    changed: int
    actor: str | None
    reason: str | None
    draft: int | None
    title: str | None
    created_by: str | None
    takes_back: int | None


class EditionPage(Told):
    model_config = example({"items": [EDITION], "next": None})

    items: list[EditionItem]
    next: str | None


class DifferenceMap(Told):
    """Grids before and after, WGS84. properties: code (that of `changes`), change, and side: before or after."""

    type: str
    features: list[DraftFeature]


class DifferenceOut(Told):
    """What differs. count: how many of your grids. lineage: ground that changed hands; null: none of yours."""

    model_config = example(
        {
            "scheme": "primary",
            "from": 1,
            "to": 2,
            "count": 1,
            "changes": [CHANGE],
            "lineage": [{"kind": "transferred", "from": "FM-01", "to": "FM-02", "area_m2": 812.25}],
            "map": {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"code": "FM-02", "side": "after", "change": "reshaped"},
                        "geometry": {"type": "MultiPolygon", "coordinates": []},
                    }
                ],
            },
        }
    )

    scheme: str
    from_: int = Field(alias="from")
    to: int
    count: int
    changes: list[ChangeOut] = Field(description=LISTED)
    lineage: list[DescentOut]
    map: DifferenceMap
