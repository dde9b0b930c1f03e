"""The tables of imports that wait for a word on their datum, with their files."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Text

from geo import model
from geo.store.columns import from_batch, key, make_table, one_of, ref
from geo.store.types import Json, Utc

# An import that waits, because its points look like another datum than they say; its file, until it is settled.
held_import = make_table(
    "held_import",
    key(),
    Column("kind", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("looks", Json, nullable=False),  # how its points lie under each datum
    Column("state", Text, nullable=False),
    one_of("state", model.HeldState),
    Column("held_at", Utc, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("decided_at", Utc),
    Column("decided_by", Text),
    Column("datum", Text),  # what its points were said to be in; as the file says where null
    from_batch(),
    Index("held_import_state", "state", "id"),
)

held_part = make_table(
    "held_part",
    key(),  # in the order of the file
    ref("held_id", "held_import"),
    Column("content", LargeBinary, nullable=False),  # compressed
    Index("held_part_held", "held_id"),
)
