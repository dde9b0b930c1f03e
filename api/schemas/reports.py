"""Bodies of reports and of what is done with issues."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.assignment import ASSIGNMENT, AssignmentOut
from api.schemas.base import Body, Told, example
from api.schemas.values import Moment
from geo.desk.issues import MAX_WORDS
from geo.desk.received import MAX_ACCURACY_M

Coordinate = Annotated[float, Field(allow_inf_nan=False)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


class PinBody(Body):
    """Where something is. The datum is always named."""

    lon: Coordinate
    lat: Coordinate
    datum: Annotated[str, Field(max_length=40, examples=["wgs84", "gcj02", "EPSG:4549"])]
    accuracy_m: Annotated[float | None, Field(ge=0, le=MAX_ACCURACY_M, allow_inf_nan=False)] = None


class MoveBody(PinBody):
    model_config = example({"lon": 118.8724, "lat": 28.9571, "datum": "wgs84", "reason": "与当事人核实"})

    reason: Annotated[str | None, Field(max_length=MAX_WORDS)] = None


class ConfirmBody(Body):
    """Whose the issue is. Without a grid: the one that it has."""

    model_config = example({"grid": "FM-02", "reason": "与两位网格长核实"})

    grid: Annotated[ShortText | None, Field(description="Code of one of the candidates.")] = None
    scheme: Annotated[ShortText | None, Field(description="The primary one if not said.")] = None
    reason: Annotated[str | None, Field(max_length=MAX_WORDS)] = None


class CloseBody(Body):
    model_config = example({"reply": "垃圾已清运，谢谢反映。"})

    reply: Annotated[str, Field(min_length=1, max_length=MAX_WORDS)]


class ReopenBody(Body):
    model_config = example({"reason": "复查时又有堆放。"})

    reason: Annotated[str, Field(min_length=1, max_length=MAX_WORDS)]


class ReportBody(Body):
    """What someone sends. lon and lat come with their datum, or not at all."""

    model_config = example(
        {
            "source": "hotline",
            "source_ref": "2026-11-22-0017",
            "category": "0102",
            "description": "楼道口有暴露垃圾",
            "lon": 118.8722,
            "lat": 28.9577,
            "datum": "wgs84",
            "accuracy_m": 12,
            "occurred_at": "2026-11-22T09:30:00+08:00",
        }
    )

    source: Annotated[str, Field(min_length=1, max_length=100)]
    source_ref: Annotated[
        ShortText | None, Field(description="The sender's own number: the same one again gets the first answer.")
    ] = None
    category: Annotated[str | None, Field(max_length=200)] = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    lon: Coordinate | None = None
    lat: Coordinate | None = None
    datum: Annotated[str | None, Field(max_length=40, examples=["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549"])] = (
        None
    )
    accuracy_m: Annotated[float | None, Field(ge=0, le=MAX_ACCURACY_M, allow_inf_nan=False)] = None
    address: Annotated[str | None, Field(max_length=500)] = None
    place_code: Annotated[str | None, Field(max_length=100)] = None
    occurred_at: Moment | None = None
    contact: Annotated[
        str | None, Field(max_length=200, description="How to reach the reporter. Kept encrypted, apart, erasable.")
    ] = None


class FiledOut(Told):
    """Where the report came to lie. The same report again gets the same answer."""

    model_config = example(
        {
            "report_id": 90210,
            "issue_id": 4711,
            "number": "2026-004711",
            "assignment": ASSIGNMENT,
            "schemes": {},
        }
    )

    report_id: int
    issue_id: int
    number: str = Field(description="What people quote.")
    assignment: AssignmentOut
    schemes: dict[str, AssignmentOut] = Field(description="Every other scheme's decision.")
