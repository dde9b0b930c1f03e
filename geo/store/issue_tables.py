"""The tables of reports and issues, and of what lies in which grid."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Float, ForeignKey, Index, Integer, Text

from geo import model
from geo.store.columns import Code, Id, from_batch, key, listed, make_table, one_of, ref, where
from geo.store.types import Geometry, Json, Utc

report = make_table(
    "report",
    key(),
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
    from_batch(),
    Column("undone_at", Utc),
    # A retry finds the first answer; an undone import may come again.
    Index("report_source", "source", "source_ref", unique=True, **where("undone_at IS NULL")),
    Index("report_batch", "batch_id"),
)

issue = make_table(
    "issue",
    key(),
    ref("report_id", "report"),
    Column("category_id", Id, ForeignKey("category.id")),
    Column("opened_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    # The pin as it stands now; where it stood before is in assignment.
    Column("geom", Geometry("POINT", metric=False)),
    Index("issue_report", "report_id", unique=True),
    Index("issue_opened", "opened_at"),
)

issue_state = make_table(
    "issue_state",
    key(),
    ref("issue_id", "issue"),
    Column("state", Text, nullable=False),
    one_of("state", model.IssueState),
    Column("reply", Text),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    ref("event_id", "event"),
    Index("issue_state_now", "issue_id", unique=True, **where("to_at IS NULL")),
    Index("issue_state_by_state", "state", **where("to_at IS NULL")),
    Index("issue_state_history", "issue_id", "from_at"),
    Index("issue_state_past", "state", "from_at", "to_at"),
    # What is open in the order of its keys. SQLite takes it for a query that says the same in the same words.
    Index("issue_state_open", "issue_id", **where(f"to_at IS NULL AND state NOT IN ({listed(model.DONE_STATES)})")),
)

# Issue or rental unit -> grid (落格), with the point that was decided on.
assignment = make_table(
    "assignment",
    key(),
    Column("subject", Text, nullable=False),
    CheckConstraint("subject IN ('issue', 'unit')"),
    Column("subject_id", Id, nullable=False),
    ref("scheme_id", "scheme"),
    ref("grid_id", "grid", optional=True),
    Column("queue", Text),
    one_of("queue", model.Queue, optional=True),
    CheckConstraint("(grid_id IS NULL) = (queue IS NOT NULL)"),
    Column("edition", Integer, nullable=False),
    Column("method", Text),
    one_of("method", model.Method, optional=True),
    Column("lon", Float),  # WGS84
    Column("lat", Float),
    Column("accuracy_m", Float),
    Column("distance_m", Float),
    Column("edge_m", Float),
    Column("ambiguous", Boolean, nullable=False),  # and nobody has confirmed it
    Column("candidates", Json),  # [{"grid": code, "edge_m": metres, "share": of the disc}], only near an edge
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    ref("event_id", "event"),
    # Of the disc that a stated accuracy makes: what lies in the grid, and what outside every grid. Null without one.
    Column("share", Float),
    Column("outside_share", Float),
    Column("confirmed_by", Text),  # who settled the doubt, at from_at
    # What decided where something has a place or an address: {"by": "stairwell", "place": code, ...}. Null: its point.
    Column("evidence", Json),
    Index("assignment_now", "subject_id", "subject", "scheme_id", unique=True, **where("to_at IS NULL")),
    Index("assignment_grid", "grid_id", "subject", **where("to_at IS NULL")),
    Index("assignment_history", "subject_id", "subject", "from_at"),
    Index("assignment_queue", "queue", **where("queue IS NOT NULL")),
    # What a boundary may concern from far away, or against what its point says.
    Index(
        "assignment_wide",
        "scheme_id",
        **where("to_at IS NULL AND (accuracy_m > 50 OR confirmed_by IS NOT NULL)"),
    ),
)

# Place -> grids: what of a lane, a compound or a point lies in which grid, in every scheme.
place_part = make_table(
    "place_part",
    key(),
    ref("place_id", "place"),
    ref("scheme_id", "scheme"),
    ref("grid_id", "grid", optional=True),  # null: what lies outside every grid
    Column("edition", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),  # the longest or largest part; the only one of a point
    Column("length_m", Float),  # of lines
    Column("area_m2", Float),  # of polygons
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    ref("event_id", "event"),
    Index("place_part_now", "place_id", "scheme_id", **where("to_at IS NULL")),
    Index("place_part_grid", "grid_id", **where("to_at IS NULL")),
)
