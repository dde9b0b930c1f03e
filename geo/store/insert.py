"""Bulk inserts whose ids are known, in the order of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Table, text
from sqlalchemy.engine import Dialect

Rows = Sequence[Mapping[str, Any]]

_MARKS = {"sqlite": "?", "postgresql": "%s"}


def insert_many(conn: Connection, table: Table, rows: Rows) -> list[int]:
    """Insert rows into a table with an ``id`` and return their ids, in the order of the rows.

    A column that some rows lack is null there. The ids are taken beforehand, so that the rows go in as one batch of
    plain inserts, which is faster on both stores than asking each row for its id. The values are converted a column at
    a time and go straight to the driver: what SQLAlchemy does for every row costs more than the database does.
    """
    if not rows:
        return []
    ids = _next_ids(conn, table, len(rows))
    names = dict.fromkeys(chain.from_iterable(rows))
    columns = [_converted(table.c[name], rows, conn.dialect) for name in names]
    statement = _insert_statement(conn.dialect, table, ["id", *names])
    conn.exec_driver_sql(statement, list(zip(ids, *columns, strict=True)))
    return ids


def _converted(column: Column[Any], rows: Rows, dialect: Dialect) -> Iterable[Any]:
    """The values of one column as the driver takes them."""
    values = [row.get(column.name) for row in rows]
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    return map(convert, values) if convert else values


def _insert_statement(dialect: Dialect, table: Table, names: Sequence[str]) -> str:
    quote = dialect.identifier_preparer.quote
    marks = ", ".join([_MARKS[dialect.name]] * len(names))
    return f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({marks})"  # noqa: S608 - our names


def _next_ids(conn: Connection, table: Table, count: int) -> list[int]:
    if conn.dialect.name == "sqlite":
        # The only writer is this transaction, so nobody takes them meanwhile; AUTOINCREMENT moves on by itself.
        last = conn.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}).scalar()
        return list(range((last or 0) + 1, (last or 0) + 1 + count))
    query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return list(conn.execute(query, {"name": table.name, "count": count}).scalars())
