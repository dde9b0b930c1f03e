"""Issues as they are told: in a list, and one with its history."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.assignment import ASSIGNMENT, AssignmentOut, CandidateOut
from api.schemas.base import Told, UtcText, example
from geo.model import IssueState, Method, Queue

ISSUE: dict[str, Any] = {
    "id": 4711,
    "number": "2026-004711",
    "state": "open",
    "category": "0102",
    "opened_at": "2026-11-22T01:30:00.000Z",
    "due_at": "2026-11-22T05:30:00.000Z",
    "overdue": False,
    "grid": "FM-01",
    "queue": None,
    "ambiguous": True,
    "method": "within",
    "lon": 118.8722,
    "lat": 28.9577,
    "source": "hotline",
    "source_ref": "2026-11-22-0017",
    "description": "楼道口有暴露垃圾",
    "address": "坊门街12号",
}
DOUBT: dict[str, Any] = {
    name: ISSUE[name] for name in ("id", "number", "category", "opened_at", "due_at", "overdue", "lon", "lat")
} | {
    "since": "2026-11-22T01:30:00.000Z",
    "description": "楼道口有暴露垃圾",
    "address": "坊门街12号",
    "scheme": "primary",
    "grid_name": "坊门街第一网格",
    "accuracy_m": 12.0,
    **{
        name: ASSIGNMENT[name]
        for name in ("grid", "edition", "method", "distance_m", "edge_m", "share", "outside_share", "candidates")
    },
}
HISTORY: dict[str, Any] = {
    "at": "2026-11-22T01:30:00.000Z",
    "occurred_at": "2026-11-22T01:30:00.000Z",
    "kind": "report.filed",
    "actor": "示例甲",
    "actor_en": "Jia Shili",
    "reason": None,
    "data": {"source": "hotline"},
}


class IssueItem(Told):
    """An issue in a list. category, grid: codes."""

    id: int
    number: str
    state: IssueState
    category: str | None
    opened_at: UtcText
    due_at: UtcText
    overdue: bool
    grid: str | None
    queue: Queue | None
    ambiguous: bool
    method: Method | None
    lon: float | None
    lat: float | None
    source: str
    source_ref: str
    description: str
    address: str | None


class IssuePage(Told):
    model_config = example({"items": [ISSUE], "next": "4711"})

    items: list[IssueItem]
    next: str | None = Field(description="Ask with it as ``cursor`` for the next page; null on the last.")


class QueueCounts(Told):
    """Open issues that wait for a person: outside every grid, without a location, near an edge."""

    model_config = example({"outside": 3, "no_location": 23, "ambiguous": 5})

    outside: int
    no_location: int
    ambiguous: int


class DoubtItem(Told):
    """An open issue whose grid is in doubt. category, grid, scheme: codes and a name."""

    id: int
    number: str
    opened_at: UtcText
    due_at: UtcText
    overdue: bool
    since: UtcText = Field(description="When it was assigned.")
    category: str | None
    description: str
    address: str | None
    scheme: str
    grid: str | None
    grid_name: str | None
    edition: int
    method: Method | None
    distance_m: float | None
    edge_m: float | None
    accuracy_m: float | None
    share: float | None = Field(description="Of the disc of the accuracy, what lies in the grid that answers.")
    outside_share: float | None
    candidates: list[CandidateOut]
    lon: float
    lat: float


class DoubtPage(Told):
    model_config = example({"items": [DOUBT], "next": None})

    items: list[DoubtItem]
    next: str | None


class HistoryItem(Told):
    """What happened. actor: a name, or null where who asks may not know people; actor_en: in English, where known."""

    at: UtcText
    occurred_at: UtcText
    kind: str
    actor: str | None
    actor_en: str | None
    reason: str | None
    data: dict[str, Any]


class CategoryOut(Told):
    """code is null for a category that the catalogue does not know; its name is then the word received."""

    code: str | None
    name: str
    name_en: str | None


class ReceivedReport(Told):
    source: str
    source_ref: str
    description: str
    address: str | None
    occurred_at: UtcText
    recorded_at: UtcText


class PlacedAssignment(AssignmentOut):
    grid_name: str | None = None
    grid_name_en: str | None = None


class IssueOut(Told):
    model_config = example(
        {name: ISSUE[name] for name in ("id", "number", "state", "opened_at", "due_at", "overdue", "lon", "lat")}
        | {
            "version": 90211,
            "category": {"code": "0102", "name": "暴露垃圾", "name_en": "Exposed rubbish"},
            "closed_at": None,
            "reply": None,
            "report": {
                "source": "hotline",
                "source_ref": "2026-11-22-0017",
                "description": "楼道口有暴露垃圾",
                "address": "坊门街12号",
                "occurred_at": "2026-11-22T01:30:00.000Z",
                "recorded_at": "2026-11-22T01:30:00.000Z",
            },
            "assignment": ASSIGNMENT | {"grid_name": "坊门街第一网格", "grid_name_en": None},
            "schemes": {},
            "history": [HISTORY],
            "may": ["move", "confirm", "close"],
        }
    )

    id: int
    number: str
    version: int = Field(description="As in the ETag; send it back as If-Match.")
    state: IssueState
    category: CategoryOut | None
    opened_at: UtcText
    due_at: UtcText
    overdue: bool
    closed_at: UtcText | None
    reply: str | None
    report: ReceivedReport
    assignment: PlacedAssignment
    schemes: dict[str, AssignmentOut] = Field(description="Every other scheme's assignment, with its chain.")
    lon: float | None
    lat: float | None
    history: list[HistoryItem] = Field(description="Newest first.")
    may: list[Literal["move", "confirm", "close", "reopen"]] = Field(description="What who asks may do with it now.")
