"""A fair division: what is asked, and what is proposed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import Body, Told, example
from api.schemas.drafts import Name
from geo.desk.balance_loads import Load
from geo.model import AreaLevel

AreaCode = Annotated[str, Field(min_length=1, max_length=100)]


class BalanceBody(Body):
    model_config = example({"area": "330802001", "load": "households", "title": "府山街道均衡"})

    area: AreaCode = Field(description="Code of an area, with everything below.")
    load: Load = Field(description="inspections: of rental units, overdue or due within 30 days.")
    scheme: Name | None = Field(None, description="The primary one if not said.")
    within: AreaLevel = Field(AreaLevel.SUBDISTRICT, description="Grids hand over within one area of this level.")
    title: Name | None = Field(None, description="Of the draft.")
    look: bool = Field(False, description="Only tell what would be handed over; no draft is made.")


class MoveOut(Told):
    from_: str = Field(alias="from")
    to: str
    load: float
    area_m2: float


class SpreadOut(Told):
    """How unevenly a load is shared."""

    most: float
    least: float
    mean: float
    deviation: float = Field(description="Standard deviation.")
    ratio: float | None = Field(description="The largest by the smallest; null where that is nought.")


class GridLoadOut(Told):
    grid: str
    before: float
    after: float


class SharedOut(Told):
    parent: str = Field(description="Code of the area within which grids hand over.")
    before: SpreadOut
    after: SpreadOut
    loads: list[GridLoadOut]


SPREAD: dict[str, Any] = {"most": 900.0, "least": 300.0, "mean": 600.0, "deviation": 300.0, "ratio": 3.0}


class BalanceOut(Told):
    model_config = example(
        {
            "draft": 7,
            "scheme": "primary",
            "edition": 1,
            "area": "330802001",
            "load": "households",
            "moves": [{"from": "FM-01", "to": "FM-02", "load": 280.0, "area_m2": 41250.5}],
            "shared": [
                {
                    "parent": "330802001",
                    "before": SPREAD,
                    "after": {"most": 620.0, "least": 580.0, "mean": 600.0, "deviation": 20.0, "ratio": 1.07},
                    "loads": [
                        {"grid": "FM-01", "before": 900.0, "after": 620.0},
                        {"grid": "FM-02", "before": 300.0, "after": 580.0},
                    ],
                }
            ],
        }
    )

    draft: int | None = Field(description="null: nothing would be handed over, or it was only looked at.")
    scheme: str
    edition: int = Field(description="In force when it was worked out.")
    area: str
    load: Load
    moves: list[MoveOut] = Field(description="In the order of the draft's steps.")
    shared: list[SharedOut]
