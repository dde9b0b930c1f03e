"""Imports: what a user says about a file (``gridwarden import``, POST /api/imports/{kind}), and what came of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Told, UtcText, example
from api.schemas.previews import FIGURES, LOOK, DatumKept, DatumLook, RegisterStanding
from geo.model import BatchState

COLUMN = "Name of a column of the file."
SAME_NAME = "Name of a column of the file; the column of the same name, where there is one, if not said."
DATUM = "wgs84, cgcs2000, gcj02, bd09 or EPSG:n. Never guessed."

Column = Annotated[str, Field(min_length=1, max_length=200, description=COLUMN)]
OptionalColumn = Annotated[str | None, Field(min_length=1, max_length=200, description=COLUMN)]
NamedColumn = Annotated[str | None, Field(min_length=1, max_length=200, description=SAME_NAME)]
Datum = Annotated[str, Field(description=DATUM)]
OptionalDatum = Annotated[str | None, Field(description=DATUM)]
ConfirmDatum = Annotated[
    str | None,
    Field(max_length=100, description="The datum once more, after a refusal because the points look like another one."),
]


System = Annotated[
    str | None,
    Field(
        max_length=100, description="System that the file speaks for, such as housing; the register's own if not said."
    ),
]


class Options(BaseModel):
    """What the user says about a file. An option that nobody knows is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportOptions(Options):
    """How to read a table of reports (CSV, Excel, Parquet)."""

    datum: Datum
    lon: Column
    lat: Column
    ref: Column
    category: OptionalColumn = None
    time: OptionalColumn = None
    address: OptionalColumn = None
    place: OptionalColumn = None
    description: OptionalColumn = None
    accuracy: OptionalColumn = None
    source: Annotated[str | None, Field(description="Where the reports come from; the file's name if not said.")] = None
    confirm_datum: ConfirmDatum = None


class UnitOptions(Options):
    """How to read a table of rental units."""

    code: NamedColumn = None
    datum: OptionalDatum = None
    lon: NamedColumn = None
    lat: NamedColumn = None
    datum_column: NamedColumn = None
    place: NamedColumn = None
    label: NamedColumn = None
    address: NamedColumn = None
    registered_on: NamedColumn = None
    occupancy: NamedColumn = None
    since: NamedColumn = None
    until: NamedColumn = None
    months: NamedColumn = None
    registered: NamedColumn = None
    rooms: NamedColumn = None
    rooms_vacant: NamedColumn = None
    spread: bool | None = None
    system: System = None
    confirm_datum: ConfirmDatum = None


class GridOptions(Options):
    """How to read a layer of grids (GeoPackage, Shapefile, FileGDB, GeoJSON)."""

    code: Column
    name: OptionalColumn = None
    parent: OptionalColumn = None
    scheme: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    source_crs: Annotated[str | None, Field(description="CRS of a file that names none, or a datum.")] = None
    repair: bool = False


class MicroGridOptions(Options):
    """How to read a layer of micro-grids, each of which names the grid in force that it divides."""

    code: Column
    parent: Column
    name: OptionalColumn = None
    scheme: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    source_crs: Annotated[str | None, Field(description="CRS of a file that names none, or a datum.")] = None


class AreaOptions(Options):
    """How to read the administrative tree, from a layer or a table."""

    code: NamedColumn = None
    name: NamedColumn = None
    level: NamedColumn = None
    datum: OptionalDatum = None
    parent: NamedColumn = None
    name_en: NamedColumn = None
    valid_from: NamedColumn = None
    valid_to: NamedColumn = None


class PlaceOptions(Options):
    """How to read places, from a layer or a table with lon and lat."""

    code: NamedColumn = None
    name: NamedColumn = None
    kind: NamedColumn = None
    datum: OptionalDatum = None
    parent: NamedColumn = None
    area: NamedColumn = None
    name_en: NamedColumn = None
    address: NamedColumn = None
    households: NamedColumn = None
    lon: NamedColumn = None
    lat: NamedColumn = None
    system: System = None
    confirm_datum: ConfirmDatum = None


class PeopleOptions(Options):
    """How to read people, their posts and appointments."""

    code: NamedColumn = None
    name: NamedColumn = None
    name_en: NamedColumn = None
    phone: NamedColumn = None
    post: NamedColumn = None
    target_kind: NamedColumn = None
    target: NamedColumn = None
    from_date: NamedColumn = None
    to_date: NamedColumn = None
    system: System = None


SUMMARY: dict[str, Any] = {
    "batch": 6,
    "rows": 1000,
    "assigned": 971,
    "nearest": 2,
    "placed": 1,
    "outside": 3,
    "no_location": 22,
    "rejected": 1,
    "duplicates": 0,
    "ambiguous": 5,
    "swapped": 1,
}


class RejectOut(Told):
    """A row that was not taken. line: in the file; ref: its own number; why: the kind of reason, as one word."""

    line: int
    ref: str
    reason: str
    why: str


class ImportOut(Told):
    """What became of a file. summary: figures by kind of import; its rows add up."""

    model_config = example(
        {
            "summary": SUMMARY,
            "notes": ["1 rows look as if longitude and latitude were swapped: see the rejects"],
            "rejects": [{"line": 7, "ref": "6", "reason": "longitude and latitude look swapped", "why": "swapped"}],
            "datum": [LOOK],
            "register": None,
        }
    )

    summary: dict[str, Any]
    notes: list[str]
    rejects: list[RejectOut]
    datum: list[DatumLook]
    register_: RegisterStanding | None = Field(alias="register")


class UndoneOut(Told):
    """How many of what an import brought were taken back, and how many values that it changed were put back."""

    model_config = example({"batch": 6, "kind": "reports", "undone": 977, "put_back": 0})

    batch: int
    kind: str
    undone: int
    put_back: int


class BatchItem(Told):
    """One import. summary: as its import answered; null while it runs or where it was cut off.

    datum: how its points lay under each datum; again where it was taken up after a cut-off. actor: a name, or null
    where you may not know people.
    """

    id: int
    kind: str
    file_name: str
    state: BatchState
    started_at: UtcText
    finished_at: UtcText | None
    undone_at: UtcText | None
    actor: str | None
    summary: dict[str, Any] | None
    datum: list[DatumKept]


class BatchPage(Told):
    model_config = example(
        {
            "items": [
                {
                    "id": 6,
                    "kind": "reports",
                    "file_name": "311.csv",
                    "state": "done",
                    "started_at": "2026-11-22T01:30:00.000Z",
                    "finished_at": "2026-11-22T01:30:02.000Z",
                    "undone_at": None,
                    "actor": "cli",
                    "summary": SUMMARY,
                    "datum": [{**FIGURES, "by": "cli", "at": "2026-11-22T01:30:00.000Z"}],
                }
            ],
            "next": None,
        }
    )

    items: list[BatchItem]
    next: str | None
