"""Who holds which post, and changes of that."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Body, Day, Told, example
from geo.model import PostKind

PERSON: dict[str, Any] = {"code": "N-1", "name": "示例甲", "name_en": None}
COVER: dict[str, Any] = {"code": "N-2", "name": "示例乙", "name_en": None}
LEAVE: dict[str, Any] = {"from_date": "2026-12-01", "to_date": "2026-12-08"}


class StaffPerson(Told):
    code: str
    name: str
    name_en: str | None


class LeaveItem(Told):
    """Days away; to_date is the first day back. cover: who stands in."""

    from_date: Day
    to_date: Day
    cover: StaffPerson | None


class AppointmentItem(Told):
    """A person in a post; to_date is the first day without it. target: code of the grid, area or place."""

    id: int
    person: StaffPerson
    post: PostKind
    target_kind: Literal["grid", "area", "place"] | None = Field(description="null where a grid is no longer in force.")
    target: str | None
    from_date: Day
    to_date: Day | None
    leave: list[LeaveItem]


class StaffPage(Told):
    model_config = example(
        {
            "items": [
                {
                    "id": 17,
                    "person": PERSON,
                    "post": "lead",
                    "target_kind": "grid",
                    "target": "FM-01",
                    "from_date": "2026-01-01",
                    "to_date": None,
                    "leave": [LEAVE | {"cover": COVER}],
                }
            ],
            "next": None,
        }
    )

    items: list[AppointmentItem]
    next: str | None


class LeaveBody(Body):
    """Away from a local date until, not including, another. cover: code of the person who stands in."""

    model_config = Body.model_config | example(LEAVE | {"cover": "N-2"})

    from_date: date
    to_date: date
    cover: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class LeaveOut(Told):
    model_config = example({"appointment": 17, **LEAVE, "cover": "N-2"})

    appointment: int
    from_date: Day
    to_date: Day
    cover: str | None


class EndBody(Body):
    """The first local day without the post."""

    model_config = Body.model_config | example({"to_date": "2026-12-01"})

    to_date: date


class EndOut(Told):
    model_config = example({"appointment": 17, "to_date": "2026-12-01"})

    appointment: int
    to_date: Day


class PhoneOut(Told):
    model_config = example({"phone": "00000000017"})

    phone: str
