"""Which grid answers for something, and who that is."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Told, UtcText
from geo.model import AreaLevel, GridLevel, Method, PlaceKind, Queue

LEAD: dict[str, Any] = {"id": 31, "name": "示例甲", "name_en": None, "post": "lead"}
CHAIN: list[dict[str, Any]] = [
    {"level": "grid", "code": "FM-01", "name": "坊门街第一网格", "name_en": None, "lead": LEAD},
    {"level": "community", "code": "330802001001", "name": "坊门街社区", "name_en": None, "lead": None},
    {"level": "subdistrict", "code": "330802001", "name": "府山街道", "name_en": None, "lead": None},
    {"level": "district", "code": "330802", "name": "柯城区", "name_en": None, "lead": None},
]
ASSIGNMENT: dict[str, Any] = {
    "grid": "FM-01",
    "queue": None,
    "chain": CHAIN,
    "edition": 1,
    "method": "within",
    "distance_m": 0.0,
    "edge_m": 4.2,
    "ambiguous": True,
    "candidates": [
        {"grid": "FM-01", "edge_m": 4.2, "share": 0.716_197},
        {"grid": "FM-02", "edge_m": 4.2, "share": 0.283_803},
    ],
    "share": 0.716_197,
    "outside_share": 0.0,
    "confirmed_at": None,
    "confirmed_by": None,
    "evidence": {
        "decided_by": "stairwell",
        "source": "address",
        "place": "330802006004-C01-B03-2",
        "score": 1.0,
        "point_m": 38.5,
    },
}


class PersonOut(Told):
    """Who answers. post: the duty, or ``cover`` for who stands in while the holder is away."""

    id: int
    name: str
    name_en: str | None
    post: str
    stands_in_for: str | None = None
    stands_in_for_en: str | None = None
    on_leave: bool = False


class LinkOut(Told):
    """One level of who answers, the nearest first."""

    level: GridLevel | AreaLevel
    code: str
    name: str
    name_en: str | None
    lead: PersonOut | None = Field(description="null where nobody answers, or who asks may not know people there.")


class CandidateOut(Told):
    """A grid that has an edge nearer than the accuracy."""

    grid: str
    edge_m: float
    share: float | None = Field(description="Of the disc that a stated accuracy makes, what lies in this grid.")


class EvidenceOut(Told):
    """What decided where it is, where that was more than coordinates.

    decided_by: the kind of the place that decided, ``point`` where the coordinates did within the compound that was
    named, ``pin`` where somebody put it there by hand.
    """

    decided_by: PlaceKind | Literal["point", "pin"]
    source: Literal["place_code", "address", "alias", "choice"] | None = Field(
        None, description="What named the place: a code, the address, a learnt name, or a person who chose it."
    )
    place: str | None = Field(None, description="Code of the place.")
    place_name: str | None = None
    place_name_en: str | None = None
    score: float | None = Field(None, description="How well the address fits it, up to 1.")
    alias: int | None = Field(None, description="The learnt name that was used.")
    point_m: float | None = Field(None, description="From the place to the coordinates that came with it.")


class AssignmentOut(Told):
    """Which grid answers, and how sure that is. grid is null while the issue waits in ``queue``."""

    grid: str | None
    queue: Queue | None
    chain: list[LinkOut]
    edition: int | None = Field(description="Number of the edition that was in force.")
    method: Method | None
    distance_m: float | None = Field(description="From the point to the grid; 0 within it.")
    edge_m: float | None = Field(description="From the point to the nearest edge, where one is near.")
    ambiguous: bool = Field(
        description="The edge is nearer than the accuracy, and nobody has confirmed the grid: see ``candidates``."
    )
    candidates: list[CandidateOut] = Field(description="Every grid that it could be; kept when one is confirmed.")
    share: float | None = Field(
        description="Of the disc that a stated accuracy makes, what lies in the grid that answers. null without one."
    )
    outside_share: float | None = Field(
        description="What of the disc lies outside every grid. With the shares of the candidates it makes 1."
    )
    confirmed_at: UtcText | None = Field(description="When somebody settled the doubt.")
    confirmed_by: str | None = Field(description="Who: a name, or null where who asks may not know people.")
    confirmed_by_en: str | None = Field(default=None, description="The same in English, where it is known.")
    evidence: EvidenceOut | None = Field(description="null: coordinates alone, or nothing that says where.")
