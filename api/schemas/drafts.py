"""Drafts of boundary changes: what is asked of them, and what is told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Body, Told, UtcText, example
from api.schemas.faults import SUGGESTED, FaultOut
from api.schemas.values import MAX_ID, Moment
from geo.model import DraftState, IssueState, LineageKind, RiskClass

DRAFT: dict[str, Any] = {
    "id": 3,
    "scheme": "primary",
    "title": "荷花社区拆分",
    "state": "submitted",
    "base_edition": 1,
    "revision": 2,
    "outline": False,
    "created_by": "Editor",
    "created_at": "2026-11-22T01:30:00.000Z",
    "changed_at": "2026-11-22T02:10:00.000Z",
    "submitted_by": "Editor",
    "approved_by": None,
    "comment": "as agreed with both communities",
    "publish_at": None,
    "takes_back": None,
    "edition": None,
}
CHANGE: dict[str, Any] = {
    "code": "FM-02",
    "change": "reshaped",
    "was": "FM-02",
    "name": "府山二",
    "area_m2": 41250.5,
    "moved_m2": 812.25,
    "fields": {"name": ["府山二网格", "府山二"]},
}
Name = Annotated[str, Field(min_length=1, max_length=200)]
Comment = Annotated[str | None, Field(max_length=2000)]


class DraftBody(Body):
    """A new draft on the edition in force; or, with takes_back, one that puts back what an edition changed."""

    model_config = example({"title": "荷花社区拆分"}, {"takes_back": 4})

    title: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    scheme: Name | None = None
    outline: bool = Field(False, description="It may move the outer line, and open or close gaps.")
    takes_back: Annotated[int | None, Field(ge=1, le=MAX_ID, description="Number of the edition.")] = None


class CommentBody(Body):
    model_config = example({"comment": "the line goes along the canal"})

    comment: Comment = None


class PublishBody(Body):
    model_config = example({}, {"at": "2026-12-01T00:00:00+08:00"})

    at: Moment | None = Field(None, description="Publish it then; at once if not said.")
    alone: bool = Field(False, description="Although you submitted it yourself; needs boundaries.alone.")


class DraftItem(Told):
    """A draft. base_edition: the one that its changes are to. revision: one more with each change.

    created_by, submitted_by, approved_by: names; null also where you may not know people.

    takes_back: the edition that it puts back. edition: that it became.
    """

    model_config = example(DRAFT)

    id: int
    scheme: str
    title: str
    state: DraftState
    base_edition: int
    revision: int
    outline: bool
    created_by: str | None
    created_at: UtcText
    changed_at: UtcText
    submitted_by: str | None
    approved_by: str | None
    comment: str | None
    publish_at: UtcText | None
    takes_back: int | None
    edition: int | None


class DraftList(Told):
    model_config = example({"items": [DRAFT]})

    items: list[DraftItem]


class ChangeOut(Told):
    """A grid that changes. was: its code before, null for one that comes. moved_m2: ground that it gains or loses.

    fields: what is said of it otherwise, before and after.
    """

    code: str
    change: Literal["added", "gone", "reshaped", "recoded", "described"]
    was: str | None
    name: str
    area_m2: float
    moved_m2: float
    fields: dict[str, list[Any]]


class StepOut(Told):
    """Something that was done to a draft. grids: how many it changed. undone_at: when it was taken back."""

    seq: int
    kind: str
    operation: dict[str, Any]
    actor: str | None
    actor_en: str | None
    recorded_at: UtcText
    undone_at: UtcText | None
    grids: int


STEP: dict[str, Any] = {
    "seq": 1,
    "kind": "replace_grids",
    "operation": {"file": "grids.gpkg", "crs": "EPSG:4549", "reach_m": 0.002, "moved_home": 0},
    "actor": "Editor",
    "actor_en": None,
    "recorded_at": "2026-11-22T01:40:00.000Z",
    "undone_at": None,
    "grids": 3,
}


class DraftOut(DraftItem):
    """A draft with what it changes against its base edition, what is wrong with it, and what was done to it."""

    model_config = example(
        {**DRAFT, "edition_in_force": 1, "changes": [CHANGE], "faults": [SUGGESTED], "steps": [STEP]}
    )

    edition_in_force: int
    changes: list[ChangeOut]
    faults: list[FaultOut]
    steps: list[StepOut]


TAKEN: dict[str, Any] = {
    "draft": 3, "revision": 1, "changes": [CHANGE], "faults": [], "notes": ["..."], "moved_home": 17,
}  # fmt: skip


class TakenOut(Told):
    """What a file changes in a draft. revision: of the draft then. moved_home: nodes that were put where they were."""

    model_config = example(TAKEN)

    draft: int
    revision: int
    changes: list[ChangeOut]
    faults: list[FaultOut]
    notes: list[str]
    moved_home: int


class RevisionOut(Told):
    model_config = example({"draft": 3, "revision": 3})

    draft: int
    revision: int


class DescentOut(Told):
    """Ground that one grid had and another has then; null: no grid."""

    kind: LineageKind
    from_: str | None = Field(alias="from")
    to: str | None
    area_m2: float


class MoveOut(Told):
    """What goes from one grid to another; null: no grid, or figures that you may not know."""

    from_: str | None = Field(alias="from")
    to: str | None
    issues: int | None
    units: int | None
    households: int | None


class LoadOut(Told):
    """Before and after, of a grid that changes. gone: it is there no more.

    households: as stated of the grid, else what its places tell; what moves is added where the draft states nothing.
    """

    grid: str
    gone: bool
    issues: list[int] | None
    units: list[int] | None
    households: list[int] | None


class HearerOut(Told):
    """Who answers for a grid that is concerned; null where nobody does."""

    grid: str
    lead: dict[str, Any] | None


class DraftPreviewOut(Told):
    """What the publication would move. issues, units, households: how many change their grid."""

    model_config = example(
        {
            "draft": 3,
            "edition": 2,
            "changes": [CHANGE],
            "warnings": [],
            "lineage": [{"kind": "transferred", "from": "FM-01", "to": "FM-02", "area_m2": 812.25}],
            "issues": 37,
            "units": 112,
            "households": 1204,
            "moves": [{"from": "FM-01", "to": "FM-02", "issues": 37, "units": 112, "households": 1204}],
            "loads": [
                {"grid": "FM-01", "gone": False, "issues": [90, 53], "units": [400, 288], "households": [3000, 1796]}
            ],
            "told": [{"grid": "FM-01", "lead": {"id": 4, "name": "张三", "name_en": None, "post": "lead"}}],
        }
    )

    draft: int
    edition: int
    changes: list[ChangeOut]
    warnings: list[FaultOut]
    lineage: list[DescentOut]
    issues: int | None
    units: int | None
    households: int | None
    moves: list[MoveOut]
    loads: list[LoadOut]
    told: list[HearerOut] | None


class PublishedOut(Told):
    """The edition that a draft became. grids: that it has. changed: grids that differ from the one before.

    issues, units, places: how many were decided otherwise. All null where it is published at a set time.
    """

    model_config = example(
        {
            "draft": 3,
            "publish_at": None,
            "edition": 2,
            "grids": 292,
            "changed": 2,
            "issues": 37,
            "units": 112,
            "places": 4,
        }
    )

    draft: int
    publish_at: UtcText | None
    edition: int | None
    grids: int | None
    changed: int | None
    issues: int | None
    units: int | None
    places: int | None


class DraftFeature(Told):
    type: Literal["Feature"]
    properties: dict[str, Any]
    geometry: dict[str, Any]


class MovedPoint(Told):
    """An issue with its state, or a rental unit with its class (null: not let), and the grids before and after."""

    kind: Literal["issue", "unit"]
    id: int
    lon: float
    lat: float
    state: IssueState | None = None
    class_: RiskClass | None = Field(None, alias="class")
    from_: str | None = Field(alias="from")
    to: str | None


class MovedPoints(Told):
    """issues, units: how many change their grid, null where you may not know. shown: the first 2,000 of each."""

    issues: int | None
    units: int | None
    shown: list[MovedPoint]


class DraftMapOut(Told):
    """Changed grids before and after, WGS84. properties: code, change, and side: before or after.

    points: what would move; null while the draft could not be published as it is, and where not asked for.
    """

    model_config = example(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": "FM-02", "side": "after", "change": "reshaped"},
                    "geometry": {"type": "MultiPolygon", "coordinates": []},
                }
            ],
            "points": {
                "issues": 1,
                "units": 1,
                "shown": [
                    {
                        "kind": "issue",
                        "id": 40,
                        "lon": 118.871,
                        "lat": 28.951,
                        "state": "open",
                        "from": "FM-01",
                        "to": "FM-02",
                    },
                    {
                        "kind": "unit",
                        "id": 7,
                        "lon": 118.8711,
                        "lat": 28.9512,
                        "class": "orange",
                        "from": "FM-01",
                        "to": "FM-02",
                    },
                ],
            },
        }
    )

    type: Literal["FeatureCollection"]
    features: list[DraftFeature]
    points: MovedPoints | None


class FileLookOut(TakenOut):
    """What a file would change in a draft. map: the grids that it changes, before and after it."""

    model_config = example({**TAKEN, "map": {"type": "FeatureCollection", "features": [], "points": None}})

    map: DraftMapOut
