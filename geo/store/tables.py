"""Every table of a store, once, for GeoPackage and PostGIS.

Conventions: ``id`` is an integer key (the GeoPackage feature id); times are UTC text; ``from_at``/``to_at`` are
interval rows by recorded time, open while ``to_at`` is null; ``batch_id`` names the import that brought a row;
``undone_at`` marks rows of an import that was undone, and ``geom`` columns say whether they are metric (the store's
CRS) or WGS84 lon/lat.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint

from geo import model
from geo.store.columns import Code, Id, from_batch, key, make_table, metadata, one_of, ref, where
from geo.store.draft_tables import draft, draft_grid, draft_operation, lineage
from geo.store.held_tables import held_import, held_part
from geo.store.issue_tables import assignment, issue, issue_state, place_part, report
from geo.store.types import Geometry, Json, Utc
from geo.store.unit_tables import inspection, rental_unit, unit_class, unit_term

# The tables of other files are imported from here too, so that nobody asks which file has one.
__all__ = [
    "assignment",
    "draft",
    "draft_grid",
    "draft_operation",
    "held_import",
    "held_part",
    "inspection",
    "issue",
    "issue_state",
    "lineage",
    "metadata",
    "place_part",
    "rental_unit",
    "report",
    "unit_class",
    "unit_term",
]

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

batch = make_table(
    "batch",
    key(),
    Column("kind", Text, nullable=False),  # grids, reports, units, places, people
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("state", Text, nullable=False),
    one_of("state", model.BatchState),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("undone_at", Utc),
    Column("actor", Text, nullable=False),
    Column("summary", Json),
)

event = make_table(
    "event",
    key(),  # in the order of commits: writers take turns on both stores
    Column("recorded_at", Utc, nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column(
        "kind", Text, nullable=False
    ),  # report.filed, issue.moved, issue.closed, unit.inspected, edition.published ...
    Column("subject", Text, nullable=False),
    one_of("subject", model.Subject),
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

area = make_table(
    "area",
    key(),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    Column("level", Text, nullable=False),
    one_of("level", model.AreaLevel),
    ref("parent_id", "area", optional=True),
    # "/330802/330802006/330802006004/": a subtree is a prefix.
    Column("path", Code, nullable=False),
    Column("geom", Geometry("MULTIPOLYGON", metric=True)),  # official boundary, where one exists
    Column("valid_from", Text),  # communities split: codes have a time
    Column("valid_to", Text),
    from_batch(),
    Column("undone_at", Utc),
    Index("area_code", "code", unique=True, **where("undone_at IS NULL")),
    Index("area_path", "path"),
)

scheme = make_table(
    "scheme",
    key(),
    Column("name", Code, nullable=False, unique=True),
    Column("is_primary", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
)

edition = make_table(
    "edition",
    key(),
    ref("scheme_id", "scheme"),
    Column("number", Integer, CheckConstraint("number >= 1"), nullable=False),
    Column("published_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("grids", Integer, nullable=False),
    Column("area_mm2", Text, nullable=False),  # exact integer, too long for 64 bits in large places
    from_batch(),
    UniqueConstraint("scheme_id", "number"),
)

grid = make_table(
    "grid",
    key(),
    ref("scheme_id", "scheme"),
    Column("level", Text, nullable=False),
    one_of("level", model.GridLevel),
    Column("created_at", Utc, nullable=False),
)

grid_version = make_table(
    "grid_version",
    key(),
    ref("grid_id", "grid"),
    ref("scheme_id", "scheme"),
    Column("level", Text, nullable=False),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    ref("area_id", "area"),  # the parent it declares; a grid may span several communities
    ref("parent_grid_id", "grid", optional=True),  # micro-grids only
    Column("households", Integer),
    Column("attributes", Json),  # columns of the imported file that Gridwarden does not know
    Column("geom", Geometry("MULTIPOLYGON", metric=True), nullable=False),
    Column("from_edition", Integer, nullable=False),
    Column("to_edition", Integer),  # first edition without it; null while in force
    from_batch(),
    CheckConstraint("to_edition IS NULL OR to_edition > from_edition"),
    Index("grid_version_in_force", "grid_id", unique=True, **where("to_edition IS NULL")),
    Index("grid_version_code", "scheme_id", "code", unique=True, **where("to_edition IS NULL")),
    Index("grid_version_area", "area_id"),
    Index("grid_version_history", "grid_id", "from_edition"),
)

place = make_table(
    "place",
    key(),
    Column("code", Code, nullable=False),
    Column("kind", Text, nullable=False),
    one_of("kind", model.PlaceKind),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    ref("parent_id", "place", optional=True),  # building in a compound, stairwell in a building
    ref("area_id", "area", optional=True),
    Column("address", Text),
    Column("households", Integer),
    Column("attributes", Json),
    Column("geom", Geometry("GEOMETRY", metric=True), nullable=False),
    from_batch(),
    Column("undone_at", Utc),
    Index("place_code", "code", unique=True, **where("undone_at IS NULL")),
    Index("place_parent", "parent_id"),
    # A report without coordinates is placed by what its address says.
    Index("place_address", "address"),
    Index("place_name", "name"),
)

# What people call a place or an area (别名), learnt from who placed something there by hand.
alias = make_table(
    "alias",
    key(),
    Column("text", Text, nullable=False),  # as it was written
    Column("key", Code, nullable=False),  # in the one form in which texts are compared
    ref("place_id", "place", optional=True),
    ref("area_id", "area", optional=True),
    CheckConstraint("(place_id IS NULL) != (area_id IS NULL)"),
    Column("actor", Text, nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),  # when it was taken back
    ref("event_id", "event"),
    Index("alias_key", "key", **where("to_at IS NULL")),
    Index("alias_place", "place_id", **where("to_at IS NULL")),
)

background = make_table(
    "background",
    key(),
    Column("kind", Text, nullable=False),  # water, hill, built_up, road_main, road_minor, rail, building, outline
    Column("name", Text),
    Column("geom", Geometry("GEOMETRY", metric=True), nullable=False),
)

# -- people ---------------------------------------------------------------------------------------------------------

person = make_table(
    "person",
    key(),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    from_batch(),
    Column("undone_at", Utc),
    Index("person_code", "code", unique=True, **where("undone_at IS NULL")),
)

post = make_table(
    "post",
    key(),
    Column("kind", Text, nullable=False),
    one_of("kind", model.PostKind),
    # Exactly one of the three targets.
    ref("grid_id", "grid", optional=True),
    ref("area_id", "area", optional=True),
    ref("place_id", "place", optional=True),
    CheckConstraint(
        "(grid_id IS NOT NULL AND area_id IS NULL AND place_id IS NULL)"
        " OR (grid_id IS NULL AND area_id IS NOT NULL AND place_id IS NULL)"
        " OR (grid_id IS NULL AND area_id IS NULL AND place_id IS NOT NULL)"
    ),
    Index("post_grid", "grid_id"),
    Index("post_area", "area_id"),
    Index("post_place", "place_id"),
)

appointment = make_table(
    "appointment",
    key(),
    ref("post_id", "post"),
    ref("person_id", "person"),
    Column("from_date", Text, nullable=False),
    Column("to_date", Text),  # first day without it
    from_batch(),
    # A change is recorded in the row itself; what it said before stands in a row that ended then and names it.
    ref("became_id", "appointment", optional=True),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    Index("appointment_post", "post_id"),
    Index("appointment_person", "person_id"),
)

leave = make_table(
    "leave",
    key(),
    ref("appointment_id", "appointment"),
    ref("cover_person_id", "person", optional=True),
    Column("from_date", Text, nullable=False),
    Column("to_date", Text, nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    Index("leave_appointment", "appointment_id"),
)

# Encrypted with the key in the accounts file; apart from events, so that it can be erased without rewriting history.
contact = make_table(
    "contact",
    key(),
    Column("subject", Text, nullable=False),  # report or person
    Column("subject_id", Id, nullable=False),
    Column("sealed", Text),  # null once erased
    Column("recorded_at", Utc, nullable=False),
    Column("erased_at", Utc),
    Index("contact_subject", "subject", "subject_id"),
)

# -- rules as data --------------------------------------------------------------------------------------------------

category = make_table(
    "category",
    key(),
    Column("catalogue", Code, nullable=False),  # codes mean something only together with their catalogue
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    Column("main_class", Text),
    Column("limit_value", Integer, nullable=False),
    Column("limit_clock", Text, nullable=False),
    one_of("limit_clock", model.SlaClock),
    UniqueConstraint("catalogue", "code"),
)

class_table = make_table(
    "class_table",
    key(),
    Column("version", Integer, nullable=False, unique=True),
    Column("valid_from", Text, nullable=False),
    Column("data", Json, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
)

owner_table = make_table(
    "owner_table",
    key(),
    Column("version", Integer, nullable=False, unique=True),
    Column("valid_from", Text, nullable=False),
    Column("data", Json, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
)

# -- registers that are imported again ------------------------------------------------------------------------------

# What a register said otherwise than the store: applied by the owner of the field, or waiting for a person.
register_change = make_table(
    "register_change",
    key(),
    ref("batch_id", "batch"),
    Column("register", Text, nullable=False),
    one_of("register", model.Register),
    Column("row_id", Id, nullable=False),  # of rental_unit, place, person or, for the dates of a post, appointment
    Column("code", Code, nullable=False),
    Column("field", Text, nullable=False),
    Column("system", Text, nullable=False),  # that said it
    Column("owner", Text, nullable=False),  # of the field
    Column("stored", Text),
    Column("offered", Text, nullable=False),
    Column("state", Text, nullable=False),
    one_of("state", model.ChangeState),
    Column("recorded_at", Utc, nullable=False),
    Column("decided_at", Utc),
    Column("decided_by", Text),
    Column("reason", Text),
    Index("register_change_batch", "batch_id"),
    Index("register_change_row", "register", "row_id", "field"),
    Index("register_change_waiting", "state", "id"),
)

# -- retries --------------------------------------------------------------------------------------------------------

idempotency = make_table(
    "idempotency",
    key(),
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
