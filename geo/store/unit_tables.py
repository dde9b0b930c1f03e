"""The tables of rental units: their terms, classes and inspections."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, Text

from geo import model
from geo.store.columns import Code, from_batch, key, make_table, one_of, ref, where
from geo.store.types import Geometry, Json, Utc

rental_unit = make_table(
    "rental_unit",
    key(),
    Column("code", Code, nullable=False),
    ref("place_id", "place", optional=True),  # stairwell, building or compound
    Column("label", Text),  # floor and door, "3-502"
    Column("address", Text),
    Column("registered_on", Text, nullable=False),
    Column("geom", Geometry("POINT", metric=False)),
    from_batch(),
    Column("undone_at", Utc),
    Column("point_lon", Float),  # WGS84: the coordinates that came with it, where a place stands for it instead
    Column("point_lat", Float),
    Index("rental_unit_code", "code", unique=True, **where("undone_at IS NULL")),
    Index("rental_unit_place", "place_id"),
)

unit_term = make_table(
    "unit_term",
    key(),
    ref("unit_id", "rental_unit"),
    Column("occupancy", Text, nullable=False),
    one_of("occupancy", model.Occupancy),
    Column("since", Text, nullable=False),
    Column("until", Text),
    Column("months", Float),
    Column("registered", Boolean, nullable=False),
    Column("rooms", Integer, nullable=False),
    Column("rooms_vacant", Integer, nullable=False),
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    ref("event_id", "event"),
    Index("unit_term_now", "unit_id", unique=True, **where("to_at IS NULL")),
    Index("unit_term_history", "unit_id", "from_at"),
)

unit_class = make_table(
    "unit_class",
    key(),
    ref("unit_id", "rental_unit"),
    Column("risk_class", Text),  # null: not let, no inspections
    one_of("risk_class", model.RiskClass, optional=True),
    Column("rule", Text, nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("cycle_days", Integer),
    Column("next_due", Text),  # local date
    Column("review_on", Text),  # local date when the class may change with nothing happening
    Column("from_at", Utc, nullable=False),
    Column("to_at", Utc),
    ref("event_id", "event"),
    Index("unit_class_now", "unit_id", unique=True, **where("to_at IS NULL")),
    Index("unit_class_review", "review_on", **where("to_at IS NULL")),
    Index("unit_class_history", "unit_id", "from_at"),
)

inspection = make_table(
    "inspection",
    key(),
    ref("unit_id", "rental_unit"),
    Column("result", Text, nullable=False),
    one_of("result", model.InspectionResult),
    Column("note", Text),
    Column("occurred_at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    ref("event_id", "event"),
    Index("inspection_unit", "unit_id", "occurred_at"),
)
