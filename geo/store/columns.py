"""What the tables of a store are made of: keys, references, and conditions that both dialects read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, MetaData, Table, Text, text
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData()

# Codes sort by byte on both stores: the lowest code wins, and must be the same one everywhere.
Code = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite makes only INTEGER PRIMARY KEY an alias of the row id.
Id = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """The id of a row."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def ref(name: str, target: str, *, optional: bool = False) -> Column[int]:
    """The id of a row of another table."""
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=optional)


def from_batch() -> Column[int]:
    """The import that brought a row, if one did."""
    return ref("batch_id", "batch", optional=True)


def listed(values: Iterable[StrEnum]) -> str:
    """Values as SQL lists them."""
    return ", ".join(f"'{value}'" for value in values)


def one_of(column: str, values: type[StrEnum], *, optional: bool = False) -> CheckConstraint:
    """A column holds one of these, or nothing where it is optional."""
    return CheckConstraint(f"{column} IN ({listed(values)})" + (f" OR {column} IS NULL" if optional else ""))


def where(condition: str) -> dict[str, Any]:
    """Keyword arguments that make an Index partial on both stores."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def make_table(name: str, *items: SchemaItem) -> Table:
    """A table in which no id is ever given again."""
    return Table(name, metadata, *items, sqlite_autoincrement=any(getattr(i, "name", "") == "id" for i in items))
