"""The tables of boundary changes: drafts, what was done to them, and what ground came from where with an edition."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Index, Integer, Text, UniqueConstraint

from geo import model
from geo.store.columns import Code, key, make_table, one_of, ref
from geo.store.types import Json, Utc

draft = make_table(
    "draft",
    key(),
    ref("scheme_id", "scheme"),
    Column("title", Text, nullable=False),
    Column("base_edition", Integer, nullable=False),  # that its changes are to; moves on where others changed elsewhere
    Column("state", Text, nullable=False),
    one_of("state", model.DraftState),
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
draft_operation = make_table(
    "draft_operation",
    key(),
    ref("draft_id", "draft"),
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
draft_grid = make_table(
    "draft_grid",
    key(),
    ref("draft_id", "draft"),
    ref("grid_id", "grid", optional=True),  # null: it comes with the draft
    Column("gone", Boolean, nullable=False),
    Column("code", Code, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    ref("area_id", "area"),
    Column("households", Integer),
    Column("attributes", Json),
    Column("shape", Text),  # metric polygon, WKB as hexadecimal digits
    Index("draft_grid_of", "draft_id", "grid_id"),
)

# What ground came to which grid from which other one, with an edition.
lineage = make_table(
    "lineage",
    key(),
    ref("scheme_id", "scheme"),
    Column("edition", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    one_of("kind", model.LineageKind),
    ref("grid_id", "grid", optional=True),
    ref("from_grid_id", "grid", optional=True),
    CheckConstraint("grid_id IS NOT NULL OR from_grid_id IS NOT NULL"),
    Column("area_m2", Float, nullable=False),
    ref("draft_id", "draft", optional=True),
    Index("lineage_edition", "scheme_id", "edition"),
    Index("lineage_grid", "grid_id"),
    Index("lineage_from", "from_grid_id"),
)
