"""An editor's operations on a draft: what is sent, and the vertices that are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from api.schemas.base import Body, Told, example
from api.schemas.drafts import Name
from api.schemas.faults import FAULT, FaultOut
from geo.coverage.operations import refuse_rings
from geo.desk.division import MOST_HOUSEHOLDS
from geo.errors import BadInput

Code = Annotated[str, Field(min_length=1)]  # of a grid that is there, as it is; what a new one may be, the draft says
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
MOST_POSITIONS = 10_000

# Two ends of an edge and a place beside it, in the examples.
NODE, NEXT = [390200000, 3206200000], [390300000, 3206200000]
PLACE = {"lon": 118.8717, "lat": 28.9518}


class LonLat(Body):
    """A place that was pointed at, WGS84 degrees: put on the lattice of whole millimetres."""

    model_config = example({"lon": 118.8712, "lat": 28.9517})

    lon: Longitude
    lat: Latitude


Millimetres = tuple[int, int]
Position = Annotated[
    Millimetres | LonLat,
    Field(description="A node as it was told, [east, north] in whole millimetres of the store's CRS, or a new place."),
]
Line = Annotated[list[Position], Field(min_length=2, max_length=MOST_POSITIONS)]


class MoveNode(Body):
    model_config = example({"op": "move_node", "at": NODE, "to": PLACE})

    op: Literal["move_node"]
    at: Position
    to: Position


class InsertNode(Body):
    model_config = example({"op": "insert_node", "edge": [NODE, NEXT], "at": PLACE})

    op: Literal["insert_node"]
    edge: tuple[Position, Position]
    at: Position


class DeleteNode(Body):
    model_config = example({"op": "delete_node", "at": NODE})

    op: Literal["delete_node"]
    at: Position


class ReshapeEdge(Body):
    """line: begins and ends at nodes of one shared stretch. via: a node of the stretch that goes, of two."""

    model_config = example({"op": "reshape_edge", "line": [NODE, PLACE, NEXT]})

    op: Literal["reshape_edge"]
    line: Line
    via: Position | None = None


class SplitGrid(Body):
    """codes: of the smaller piece; or of those left and right of the line."""

    model_config = example({"op": "split_grid", "code": "FM-01", "line": [NODE, PLACE], "codes": ["FM-03"]})

    op: Literal["split_grid"]
    code: Code
    line: Line
    codes: Annotated[list[Code], Field(min_length=1, max_length=2)]


class MergeGrids(Body):
    model_config = example({"op": "merge_grids", "codes": ["FM-01", "FM-02"], "into": "FM-01"})

    op: Literal["merge_grids"]
    codes: Annotated[list[Code], Field(min_length=2, max_length=100)]
    into: Code


def _one_ring(value: Any) -> Any:
    try:
        refuse_rings(value)
    except BadInput as error:
        raise ValueError(str(error)) from None
    return value


class TransferArea(Body):
    model_config = example({"op": "transfer_area", "source": "FM-01", "target": "FM-02", "area": [NODE, PLACE, NEXT]})

    op: Literal["transfer_area"]
    source: Code
    target: Code
    area: Annotated[list[Position], Field(min_length=3, max_length=MOST_POSITIONS), BeforeValidator(_one_ring)]


class Recode(Body):
    model_config = example({"op": "recode", "code": "FM-01", "new": "FM-11"})

    op: Literal["recode"]
    code: Code
    new: Code


class Retire(Body):
    model_config = example({"op": "retire", "code": "FM-01"})

    op: Literal["retire"]
    code: Code


class Mend(Body):
    """What tears these grids apart goes: ground that several of them have, or none, and nodes that one side lacks."""

    model_config = example({"op": "mend", "codes": ["FM-01", "FM-02"]})

    op: Literal["mend"]
    codes: Annotated[list[Code], Field(min_length=1, max_length=100)]


class Describe(Body):
    """What is said of a grid; what is not sent stays."""

    model_config = example({"op": "describe", "code": "FM-01", "name": "府山一", "households": 420})

    op: Literal["describe"]
    code: Code
    name: Name | None = None
    name_en: Annotated[str | None, Field(max_length=200)] = None
    households: Annotated[int | None, Field(ge=0, le=MOST_HOUSEHOLDS)] = None

    @model_validator(mode="after")
    def _says_something(self) -> Describe:
        if not self.said():
            raise ValueError("say a name, name_en or households")
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("a grid has a name")
        return self

    def said(self) -> dict[str, Any]:
        return self.model_dump(include=self.model_fields_set - {"op", "code"})


def _op(value: Any) -> Any:
    return value.get("op") if isinstance(value, dict) else getattr(value, "op", None)


AnOperation = Annotated[
    Annotated[MoveNode, Tag("move_node")]
    | Annotated[InsertNode, Tag("insert_node")]
    | Annotated[DeleteNode, Tag("delete_node")]
    | Annotated[ReshapeEdge, Tag("reshape_edge")]
    | Annotated[SplitGrid, Tag("split_grid")]
    | Annotated[MergeGrids, Tag("merge_grids")]
    | Annotated[TransferArea, Tag("transfer_area")]
    | Annotated[Recode, Tag("recode")]
    | Annotated[Retire, Tag("retire")]
    | Annotated[Mend, Tag("mend")]
    | Annotated[Describe, Tag("describe")],
    Discriminator(_op),
]


class OperationBody(Body):
    model_config = example(
        {"operation": {"op": "move_node", "at": [390200000, 3206200000], "to": {"lon": 118.8712, "lat": 28.9517}}},
        {"operation": {"op": "merge_grids", "codes": ["FM-01", "FM-02"], "into": "FM-01"}},
    )

    operation: AnOperation


GRID: dict[str, Any] = {
    "code": "FM-01",
    "name": "府山一",
    "name_en": None,
    "households": 420,
    "changed": True,
    "parts": [[[0, 1, 2]]],
}
NODES: list[list[float]] = [
    [390200000, 3206200000, 118.8712, 28.9517],
    [390300000, 3206200000, 118.8722, 28.9517],
    [390300000, 3206300000, 118.8722, 28.9526],
]


class GridVertices(Told):
    """parts: rings of rows of the table, not closed; the first of a part is the outer one."""

    code: str
    name: str
    name_en: str | None
    households: int | None
    changed: bool = Field(description="Not as in the edition that the draft stands on.")
    parts: list[list[list[int]]]


class VerticesOut(Told):
    """One table of vertices; what grids share is one row: east and north in millimetres, longitude and latitude."""

    model_config = example({"nodes": NODES, "grids": [GRID], "gone": []})

    nodes: list[tuple[int, int, float, float]]
    grids: list[GridVertices]
    gone: list[str] = Field(description="Codes that the draft does not have (any more).")


class StepOut(VerticesOut):
    """The grids that an operation touched, as they are now.

    faults: all that name one of them, and all of the outline; other faults of the draft are what they were. What would
    put them right is told with the draft.
    """

    model_config = example(
        {"revision": 4, "touched": ["FM-01"], "faults": [FAULT], "nodes": NODES, "grids": [GRID], "gone": []}
    )

    revision: int
    touched: list[str]
    faults: list[FaultOut]
