"""Every table of a store, once, for GeoPackage and PostGIS.

Conventions: ``id`` is an integer key (the GeoPackage feature id); times are UTC text; ``from_at``/``to_at`` are
interval rows by recorded time, open while ``to_at`` is null; ``batch_id`` names the import that brought a row;
``undone_at`` marks rows of an import that was undone, and ``geom`` columns say whether they are metric (the store's
CRS) or WGS84 lon/lat.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

from geo import model
from geo.store.types import Geometry, Json, Utc

metadata = MetaData()

# Codes sort by byte on both stores: the lowest code wins, and must be the same one everywhere.
Code = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite makes only INTEGER PRIMARY KEY an alias of the row id.
Id = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, optional: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=optional)


def _batch() -> Column[int]:
    return _ref("batch_id", "batch", optional=True)


def _listed(values: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _one_of(column: str, values: type[StrEnum], *, optional: bool = False) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({_listed(values)})" + (f" OR {column} IS NULL" if optional else ""))


def _where(condition: str) -> dict[str, Any]:
    """Keyword arguments that make an Index partial on both stores."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _table(name: str, *items: SchemaItem) -> Table:
    return Table(name, metadata, *items, sqlite_autoincrement=any(getattr(i, "name", "") == "id" for i in items))


# -- the store itself -----------------------------------------------------------------------------------------------

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("applied_at", Utc, nullable=False),
)

jurisdiction = Table(
    "jurisdiction",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("metric_srid", Integer, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),  # shown on the map and written into every export
    Column("created_at", Utc, nullable=False),
)

batch = _table(
    "batch",
    _id(),
    Column("kind", Text, nullable=False),  # grids, reports, units, places, people
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("state", Text, nullable=False),
    _one_of("state", model.BatchState),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("undone_at", Utc),
    Column("actor", Text, nullable=False),
    Column("summary", Json),
)

# An import that waits, because its points look like another datum than they say; its file, until it is settled.
held_import = _table(
    "held_import",
    _id(),
    Column("kind", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("looks", Json, nullable=False),  # how its points lie under each datum
    Column("state", Text, nullable=False),
    _one_of("state", model.HeldState),
    Column("held_at", Utc, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("decided_at", Utc),
    Column("decided_by", Text),
    Column("datum", Text),  # what its points were said to be in; as the file says where null
    _batch(),
    Index("held_import_state", "state", "id"),
)

held_part = _table(
    "held_part",
    _id(),  # in the order of the file
    _ref("held_id", "held_import"),
    Column("content", LargeBinary, nullable=False),  # compressed
    Index("held_part_held", "held_id"),
)

event = _table(
    "event",
    _id(),  # in the order of commits: writers take turns on both stores
    Column("recorded_at", Utc, nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column(
        "kind", Text, nullable=False
    ),  # report.filed, issue.moved, issue.closed, unit.inspected, edition.published ...
    Column("subject", Text, nullable=False),
    _one_of("subject", model.Subject),
    Column("subject_id", Id, nullable=False),
    # Who may hear of it: the grids that hold the subject after and before. Null: grants at the root.
    Column("grid_id", Id),
    Column("grid_id_before", Id),
    Column("reason", Text),
    Column("data", Json, nullable=False),  # never a contact
    Index("event_newest", "subject", "id"),
    Index("event_subject", "subject", "subject_id"),
)

# -- division: areas, schemes, grids --------------------------------------------------------------------------------

area = _table(
    "area",
    _id(),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    Column("level", Text, nullable=False),
    _one_of("level", model.AreaLevel),
    _ref("parent_id", "area", optional=True),
    # "/330802/330802006/330802006004/": a subtree is a prefix.
    Column("path", Code, nullable=False),
    Column("geom", Geometry("MULTIPOLYGON", metric=True)),  # official boundary, where one exists
    Column("valid_from", Text),  # communities split: codes have a time
    Column("valid_to", Text),
    _batch(),
    Column("undone_at", Utc),
    Index("area_code", "code", unique=True, **_where("undone_at IS NULL")),
    Index("area_path", "path"),
)

scheme = _table(
    "scheme",
    _id(),
    Column("name", Code, nullable=False, unique=True),
    Column("is_primary", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
)

edition = _table(
    "edition",
    _id(),
    _ref("scheme_id", "scheme"),
    Column("number", Integer, CheckConstraint("number >= 1"), nullable=False),
    Column("published_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("grids", Integer, nullable=False),
    Column("area_mm2", Text, nullable=False),  # exact integer, too long for 64 bits in large places
    _batch(),
    UniqueConstraint("scheme_id", "number"),
)

grid = _table(
    "grid",
    _id(),
    _ref("scheme_id", "scheme"),
    Column("level", Text, nullable=False),
    _one_of("level", model.GridLevel),
    Column("created_at", Utc, nullable=False),
)

grid_version = _table(
    "grid_version",
    _id(),
    _ref("grid_id", "grid"),
    _ref("scheme_id", "scheme"),
    Column("level", Text, nullable=False),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    _ref("area_id", "area"),  # the parent it declares; a grid may span several communities
    _ref("parent_grid_id", "grid", optional=True),  # micro-grids only
    Column("households", Integer),
    Column("attributes", Json),  # columns of the imported file that Gridwarden does not know
    Column("geom", Geometry("MULTIPOLYGON", metric=True), nullable=False),
    Column("from_edition", Integer, nullable=False),
    Column("to_edition", Integer),  # first edition without it; null while in force
    _batch(),
    CheckConstraint("to_edition IS NULL OR to_edition > from_edition"),
    Index("grid_version_in_force", "grid_id", unique=True, **_where("to_edition IS NULL")),
    Index("grid_version_code", "scheme_id", "code", unique=True, **_where("to_edition IS NULL")),
    Index("grid_version_area", "area_id"),
    Index("grid_version_history", "grid_id", "from_edition"),
)

# -- boundary changes -----------------------------------------------------------------------------------------------

draft = _table(
    "draft",
    _id(),
    _ref("scheme_id", "scheme"),
    Column("title", Text, nullable=False),
    Column("base_edition", Integer, nullable=False),  # that its changes are to; moves on where others changed elsewhere
    Column("state", Text, nullable=False),
    _one_of("state", model.DraftState),
    Column("revision", Integer, nullable=False),  # one more with every change, for whoever edits beside another
    Column("outline", Boolean, nullable=False),  # whether it may move the outer line of the scheme
    Column("created_by", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("submitted_by", Text),
    Column("comment", Text),  # of who submitted or returned it last
    Column("approved_by", Text),
    Column("publish_at", Utc),  # the set time
    Column("takes_back", Integer),  # the edition that it takes back
    Column("edition", Integer),  # that it became
    Index("draft_state", "state", "publish_at"),
)

# What was done to a draft, in order. It holds the grids before and after, so that undo gives back the same bytes.
draft_operation = _table(
    "draft_operation",
    _id(),
    _ref("draft_id", "draft"),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("operation", Json, nullable=False),
    Column("before", Json, nullable=False),  # draft_grid rows by key, null where the grid was as in the base edition
    Column("after", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("undone_at", Utc),
    Column("passed", Boolean, nullable=False),  # undone, and something else was done since: no redo
    UniqueConstraint("draft_id", "seq"),
)

# The grids in which a draft differs from its base edition. They may be broken for a while, so they are no layer.
draft_grid = _table(
    "draft_grid",
    _id(),
    _ref("draft_id", "draft"),
    _ref("grid_id", "grid", optional=True),  # null: it comes with the draft
    Column("gone", Boolean, nullable=False),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    _ref("area_id", "area"),
    Column("households", Integer),
    Column("attributes", Json),
    Column("shape", Text),  # metric polygon, WKB as hexadecimal digits
    Index("draft_grid_of", "draft_id", "grid_id"),
)

# What ground came to which grid from which other one, with an edition.
lineage = _table(
    "lineage",
    _id(),
    _ref("scheme_id", "scheme"),
    Column("edition", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    _one_of("kind", model.LineageKind),
    _ref("grid_id", "grid", optional=True),
    _ref("from_grid_id", "grid", optional=True),
    CheckConstraint("grid_id IS NOT NULL OR from_grid_id IS NOT NULL"),
    Column("area_m2", Float, nullable=False),
    _ref("draft_id", "draft", optional=True),
    Index("lineage_edition", "scheme_id", "edition"),
    Index("lineage_grid", "grid_id"),
    Index("lineage_from", "from_grid_id"),
)

place = _table(
    "place",
    _id(),
    Column("code", Code, nullable=False),
    Column("kind", Text, nullable=False),
    _one_of("kind", model.PlaceKind),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    _ref("parent_id", "place", optional=True),  # building in a compound, stairwell in a building
    _ref("area_id", "area", optional=True),
    Column("address", Text),
    Column("households", Integer),
    Column("attributes", Json),
    Column("geom", Geometry("GEOMETRY", metric=True), nullable=False),
    _batch(),
    Column("undone_at", Utc),
    Index("place_code", "code", unique=True, **_where("undone_at IS NULL")),
    Index("place_parent", "parent_id"),
    # A report without coordinates is placed by what its address says.
    Index("place_address", "address"),
    Index("place_name", "name"),
)

# What people call a place or an area (别名), learnt from who placed something there by hand.
alias = _table(
    "alias",
    _id(),
    Column("text", Text, nullable=False),  # as it was written
    Column("key", Code, nullable=False),  # in the one form in which texts are compared
    _ref("place_id", "place", optional=True),
    _ref("area_id", "area", optional=True),
    CheckConstraint("(place_id IS NULL) != (area_id IS NULL)"),
    Column("actor", Text, nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),  # when it was taken back
    _ref("event_id", "event"),
    Index("alias_key", "key", **_where("to_at IS NULL")),
    Index("alias_place", "place_id", **_where("to_at IS NULL")),
)

background = _table(
    "background",
    _id(),
    Column("kind", Text, nullable=False),  # water, hill, built_up, road_main, road_minor, rail, building, outline
    Column("name", Text),
    Column("geom", Geometry("GEOMETRY", metric=True), nullable=False),
)

# -- people ---------------------------------------------------------------------------------------------------------

person = _table(
    "person",
    _id(),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    _batch(),
    Column("undone_at", Utc),
    Index("person_code", "code", unique=True, **_where("undone_at IS NULL")),
)

post = _table(
    "post",
    _id(),
    Column("kind", Text, nullable=False),
    _one_of("kind", model.PostKind),
    # Exactly one of the three targets.
    _ref("grid_id", "grid", optional=True),
    _ref("area_id", "area", optional=True),
    _ref("place_id", "place", optional=True),
    CheckConstraint(
        "(grid_id IS NOT NULL AND area_id IS NULL AND place_id IS NULL)"
        " OR (grid_id IS NULL AND area_id IS NOT NULL AND place_id IS NULL)"
        " OR (grid_id IS NULL AND area_id IS NULL AND place_id IS NOT NULL)"
    ),
    Index("post_grid", "grid_id"),
    Index("post_area", "area_id"),
    Index("post_place", "place_id"),
)

appointment = _table(
    "appointment",
    _id(),
    _ref("post_id", "post"),
    _ref("person_id", "person"),
    Column("from_date", Text, nullable=False),
    Column("to_date", Text),  # first day without it
    _batch(),
    # A change is recorded in the row itself; what it said before stands in a row that ended then and names it.
    _ref("became_id", "appointment", optional=True),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    Index("appointment_post", "post_id"),
    Index("appointment_person", "person_id"),
)

leave = _table(
    "leave",
    _id(),
    _ref("appointment_id", "appointment"),
    _ref("cover_person_id", "person", optional=True),
    Column("from_date", Text, nullable=False),
    Column("to_date", Text, nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    Index("leave_appointment", "appointment_id"),
)

# Encrypted with the key in the accounts file; apart from events, so that it can be erased without rewriting history.
contact = _table(
    "contact",
    _id(),
    Column("subject", Text, nullable=False),  # report or person
    Column("subject_id", Id, nullable=False),
    Column("sealed", Text),  # null once erased
    Column("recorded_at", Utc, nullable=False),
    Column("erased_at", Utc),
    Index("contact_subject", "subject", "subject_id"),
)

# -- rules as data --------------------------------------------------------------------------------------------------

category = _table(
    "category",
    _id(),
    Column("catalogue", Code, nullable=False),  # codes mean something only together with their catalogue
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    Column("main_class", Text),
    Column("limit_value", Integer, nullable=False),
    Column("limit_clock", Text, nullable=False),
    _one_of("limit_clock", model.SlaClock),
    UniqueConstraint("catalogue", "code"),
)

class_table = _table(
    "class_table",
    _id(),
    Column("version", Integer, nullable=False, unique=True),
    Column("valid_from", Text, nullable=False),
    Column("data", Json, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
)

owner_table = _table(
    "owner_table",
    _id(),
    Column("version", Integer, nullable=False, unique=True),
    Column("valid_from", Text, nullable=False),
    Column("data", Json, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
)

# -- registers that are imported again ------------------------------------------------------------------------------

# What a register said otherwise than the store: applied by the owner of the field, or waiting for a person.
register_change = _table(
    "register_change",
    _id(),
    _ref("batch_id", "batch"),
    Column("register", Text, nullable=False),
    _one_of("register", model.Register),
    Column("row_id", Id, nullable=False),  # of rental_unit, place, person or, for the dates of a post, appointment
    Column("code", Code, nullable=False),
    Column("field", Text, nullable=False),
    Column("system", Text, nullable=False),  # that said it
    Column("owner", Text, nullable=False),  # of the field
    Column("stored", Text),
    Column("offered", Text, nullable=False),
    Column("state", Text, nullable=False),
    _one_of("state", model.ChangeState),
    Column("recorded_at", Utc, nullable=False),
    Column("decided_at", Utc),
    Column("decided_by", Text),
    Column("reason", Text),
    Index("register_change_batch", "batch_id"),
    Index("register_change_row", "register", "row_id", "field"),
    Index("register_change_waiting", "state", "id"),
)

# -- reports and issues ---------------------------------------------------------------------------------------------

report = _table(
    "report",
    _id(),
    Column("source", Code, nullable=False),
    Column("source_ref", Code, nullable=False),
    Column("category", Text),
    Column("description", Text, nullable=False),
    Column("lon", Float),  # WGS84
    Column("lat", Float),
    Column("lon_received", Float),
    Column("lat_received", Float),
    Column("datum", Text),
    Column("accuracy_m", Float),
    Column("address", Text),
    Column("place_code", Text),
    Column("occurred_at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    _batch(),
    Column("undone_at", Utc),
    # A retry finds the first answer; an undone import may come again.
    Index("report_source", "source", "source_ref", unique=True, **_where("undone_at IS NULL")),
    Index("report_batch", "batch_id"),
)

issue = _table(
    "issue",
    _id(),
    _ref("report_id", "report"),
    Column("category_id", Id, ForeignKey("category.id")),
    Column("opened_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    # The pin as it stands now; where it stood before is in assignment.
    Column("geom", Geometry("POINT", metric=False)),
    Index("issue_report", "report_id", unique=True),
    Index("issue_opened", "opened_at"),
)

issue_state = _table(
    "issue_state",
    _id(),
    _ref("issue_id", "issue"),
    Column("state", Text, nullable=False),
    _one_of("state", model.IssueState),
    Column("reply", Text),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    _ref("event_id", "event"),
    Index("issue_state_now", "issue_id", unique=True, **_where("to_at IS NULL")),
    Index("issue_state_by_state", "state", **_where("to_at IS NULL")),
    Index("issue_state_history", "issue_id", "from_at"),
    Index("issue_state_past", "state", "from_at", "to_at"),
    # What is open in the order of its keys. SQLite takes it for a query that says the same in the same words.
    Index("issue_state_open", "issue_id", **_where(f"to_at IS NULL AND state NOT IN ({_listed(model.DONE_STATES)})")),
)

# Issue or rental unit -> grid (落格), with the point that was decided on.
assignment = _table(
    "assignment",
    _id(),
    Column("subject", Text, nullable=False),
    CheckConstraint("subject IN ('issue', 'unit')"),
    Column("subject_id", Id, nullable=False),
    _ref("scheme_id", "scheme"),
    _ref("grid_id", "grid", optional=True),
    Column("queue", Text),
    _one_of("queue", model.Queue, optional=True),
    CheckConstraint("(grid_id IS NULL) = (queue IS NOT NULL)"),
    Column("edition", Integer, nullable=False),
    Column("method", Text),
    _one_of("method", model.Method, optional=True),
    Column("lon", Float),  # WGS84
    Column("lat", Float),
    Column("accuracy_m", Float),
    Column("distance_m", Float),
    Column("edge_m", Float),
    Column("ambiguous", Boolean, nullable=False),  # and nobody has confirmed it
    Column("candidates", Json),  # [{"grid": code, "edge_m": metres, "share": of the disc}], only near an edge
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    _ref("event_id", "event"),
    # Of the disc that a stated accuracy makes: what lies in the grid, and what outside every grid. Null without one.
    Column("share", Float),
    Column("outside_share", Float),
    Column("confirmed_by", Text),  # who settled the doubt, at from_at
    # What decided where something has a place or an address: {"by": "stairwell", "place": code, ...}. Null: its point.
    Column("evidence", Json),
    Index("assignment_now", "subject_id", "subject", "scheme_id", unique=True, **_where("to_at IS NULL")),
    Index("assignment_grid", "grid_id", "subject", **_where("to_at IS NULL")),
    Index("assignment_history", "subject_id", "subject", "from_at"),
    Index("assignment_queue", "queue", **_where("queue IS NOT NULL")),
    # What a boundary may concern from far away, or against what its point says.
    Index(
        "assignment_wide",
        "scheme_id",
        **_where("to_at IS NULL AND (accuracy_m > 50 OR confirmed_by IS NOT NULL)"),
    ),
)

# Place -> grids: what of a lane, a compound or a point lies in which grid, in every scheme.
place_part = _table(
    "place_part",
    _id(),
    _ref("place_id", "place"),
    _ref("scheme_id", "scheme"),
    _ref("grid_id", "grid", optional=True),  # null: what lies outside every grid
    Column("edition", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),  # the longest or largest part; the only one of a point
    Column("length_m", Float),  # of lines
    Column("area_m2", Float),  # of polygons
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    _ref("event_id", "event"),
    Index("place_part_now", "place_id", "scheme_id", **_where("to_at IS NULL")),
    Index("place_part_grid", "grid_id", **_where("to_at IS NULL")),
)

# -- rental units ---------------------------------------------------------------------------------------------------

rental_unit = _table(
    "rental_unit",
    _id(),
    Column("code", Code, nullable=False),
    _ref("place_id", "place", optional=True),  # stairwell, building or compound
    Column("label", Text),  # floor and door, "3-502"
    Column("address", Text),
    Column("registered_on", Text, nullable=False),
    Column("geom", Geometry("POINT", metric=False)),
    _batch(),
    Column("undone_at", Utc),
    Column("point_lon", Float),  # WGS84: the coordinates that came with it, where a place stands for it instead
    Column("point_lat", Float),
    Index("rental_unit_code", "code", unique=True, **_where("undone_at IS NULL")),
    Index("rental_unit_place", "place_id"),
)

unit_term = _table(
    "unit_term",
    _id(),
    _ref("unit_id", "rental_unit"),
    Column("occupancy", Text, nullable=False),
    _one_of("occupancy", model.Occupancy),
    Column("since", Text, nullable=False),
    Column("until", Text),
    Column("months", Float),
    Column("registered", Boolean, nullable=False),
    Column("rooms", Integer, nullable=False),
    Column("rooms_vacant", Integer, nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    _ref("event_id", "event"),
    Index("unit_term_now", "unit_id", unique=True, **_where("to_at IS NULL")),
    Index("unit_term_history", "unit_id", "from_at"),
)

unit_class = _table(
    "unit_class",
    _id(),
    _ref("unit_id", "rental_unit"),
    Column("risk_class", Text),  # null: not let, no inspections
    _one_of("risk_class", model.RiskClass, optional=True),
    Column("rule", Text, nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("cycle_days", Integer),
    Column("next_due", Text),  # local date
    Column("review_on", Text),  # local date when the class may change with nothing happening
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    _ref("event_id", "event"),
    Index("unit_class_now", "unit_id", unique=True, **_where("to_at IS NULL")),
    Index("unit_class_review", "review_on", **_where("to_at IS NULL")),
    Index("unit_class_history", "unit_id", "from_at"),
)

inspection = _table(
    "inspection",
    _id(),
    _ref("unit_id", "rental_unit"),
    Column("result", Text, nullable=False),
    _one_of("result", model.InspectionResult),
    Column("note", Text),
    Column("occurred_at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    _ref("event_id", "event"),
    Index("inspection_unit", "unit_id", "occurred_at"),
)

# -- retries --------------------------------------------------------------------------------------------------------

idempotency = _table(
    "idempotency",
    _id(),
    Column("actor", Code, nullable=False),
    Column("key", Code, nullable=False),
    Column("request_sha256", Text, nullable=False),  # keyed: a plain hash would tell what is sealed elsewhere
    Column("status", Integer, nullable=False),
    Column("response", Json, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    UniqueConstraint("actor", "key"),
)

FEATURE_TABLES: dict[str, Table] = {table.name: table for table in metadata.sorted_tables if "geom" in table.c}


def geometry_type(table: Table) -> Geometry:
    """The type of a feature table's ``geom`` column."""
    kind = table.c.geom.type
    assert isinstance(kind, Geometry)
    return kind
