"""Bulk inserts whose ids are known, in the order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, TextClause, bindparam, text
from sqlalchemy.engine import Dialect

Rows = Sequence[Mapping[str, Any]]
Converter = Callable[[Any], Any]

_MARKS = {"sqlite": "?", "postgresql": "%s"}
_LAST_IDS = text("SELECT name, seq FROM sqlite_sequence WHERE name IN :names").bindparams(
    bindparam("names", expanding=True)
)
_NEXT_IDS = "SELECT '{0}', nextval((SELECT pg_get_serial_sequence('{0}', 'id'))) FROM generate_series(1, :{0})"


def insert_many(conn: Connection, table: Table, rows: Rows, ids: list[int] | None = None) -> list[int]:
    """Insert rows into a table with an ``id`` and return their ids, in the order of the rows.

    ids: from ``take_ids``, where they were taken together with those of other tables. A column that some rows lack is
    null there. The ids are taken beforehand, so that the rows go in as one batch of plain inserts, which is faster on
    both stores than asking each row for its id. The values are converted a column at a time and go straight to the
    driver: what SQLAlchemy does for every row costs more than the database does.
    """
    if not rows:
        return []
    ids = ids or take_ids(conn, {table: len(rows)})[table]
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


def take_ids(conn: Connection, counts: Mapping[Table, int]) -> dict[Table, list[int]]:
    """So many ids of each table, for rows that this transaction inserts next, before any others."""
    if conn.dialect.name == "sqlite":
        # The only writer is this transaction, so nobody takes them meanwhile; AUTOINCREMENT moves on by itself.
        last = {name: n for name, n in conn.execute(_LAST_IDS, {"names": [table.name for table in counts]})}
        return {table: list(range(n := last.get(table.name, 0) + 1, n + count)) for table, count in counts.items()}
    taken: dict[str, list[int]] = {table.name: [] for table in counts}
    for name, taken_id in conn.execute(_next_ids(tuple(taken)), {table.name: n for table, n in counts.items()}):
        taken[name].append(taken_id)
    return {table: taken[table.name] for table in counts}


@lru_cache(maxsize=64)
def _next_ids(names: tuple[str, ...]) -> TextClause:
    return text(" UNION ALL ".join(_NEXT_IDS.format(name) for name in names))
