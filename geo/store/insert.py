"""Bulk inserts whose ids are known, in the order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.engine import Dialect

Rows = Sequence[Mapping[str, Any]]
Converter = Callable[[Any], Any]

_MARKS = {"sqlite": "?", "postgresql": "%s"}
_LAST_ID = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
_NEXT_IDS = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")


def insert_many(conn: Connection, table: Table, rows: Rows) -> list[int]:
    """Insert rows into a table with an ``id`` and return their ids, in the order of the rows.

    A column that some rows lack is null there. The ids are taken beforehand, so that the rows go in as one batch of
    plain inserts, which is faster on both stores than asking each row for its id. The values are converted a column at
    a time and go straight to the driver: what SQLAlchemy does for every row costs more than the database does.
    """
    if not rows:
        return []
    ids = _next_ids(conn, table, len(rows))
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    statement, converters = _insert_statement(conn.dialect, table, names)
    columns = [_column(name, convert, rows) for name, convert in zip(names, converters, strict=True)]
    conn.exec_driver_sql(statement, list(zip(ids, *columns, strict=True)))
    return ids


def _column(name: str, convert: Converter | None, rows: Rows) -> Iterable[Any]:
    """The values of one column as the driver takes them."""
    values = [row.get(name) for row in rows]
    return map(convert, values) if convert else values


@lru_cache(maxsize=64)
def _insert_statement(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[str, Sequence[Converter | None]]:
    """The statement that inserts these columns after the id, and what makes each ready for the driver."""
    quote = dialect.identifier_preparer.quote
    marks = ", ".join([_MARKS[dialect.name]] * (len(names) + 1))
    listed = ", ".join(map(quote, ("id", *names)))
    converters = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    return f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({marks})", converters  # noqa: S608 - our names


def _next_ids(conn: Connection, table: Table, count: int) -> list[int]:
    if conn.dialect.name == "sqlite":
        # The only writer is this transaction, so nobody takes them meanwhile; AUTOINCREMENT moves on by itself.
        last = conn.execute(_LAST_ID, {"name": table.name}).scalar()
        return list(range((last or 0) + 1, (last or 0) + 1 + count))
    return list(conn.execute(_NEXT_IDS, {"name": table.name, "count": count}).scalars())
