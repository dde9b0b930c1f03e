"""What a new store is given before anything is imported: the rules that ship, as data that can be replaced."""

from __future__ import annotations

from sqlalchemy import func, select

from geo.desk.tx import Tx
from geo.rules import owners
from geo.rules.catalogue import CATALOGUE, CATEGORIES
from geo.rules.class_table import DEFAULT_DATA
from geo.store.insert import insert_many
from geo.store.tables import category, class_table, owner_table


def install_rules(tx: Tx) -> None:
    """The default issue catalogue, class table and owners of fields. Does nothing in a store that has them."""
    if not tx.conn.execute(select(func.count()).select_from(category)).scalar_one():
        insert_many(tx.conn, category, _categories())
    if not tx.conn.execute(select(func.count()).select_from(class_table)).scalar_one():
        table = {
            "version": DEFAULT_DATA["version"],
            "valid_from": DEFAULT_DATA["valid_from"],
            "data": DEFAULT_DATA,
            "recorded_at": tx.now,
            "actor": tx.actor.id,
        }
        insert_many(tx.conn, class_table, [table])
    if not tx.conn.execute(select(func.count()).select_from(owner_table)).scalar_one():
        data = owners.DEFAULT_DATA
        owned = {"version": data["version"], "valid_from": data["valid_from"], "data": data}
        insert_many(tx.conn, owner_table, [{**owned, "recorded_at": tx.now, "actor": tx.actor.id}])


def _categories() -> list[dict[str, object]]:
    return [
        {
            "catalogue": CATALOGUE,
            "code": kind.code,
            "name": kind.name,
            "name_en": kind.name_en,
            "main_class": kind.main_class,
            "limit_value": kind.limit_value,
            "limit_clock": kind.limit_clock,
        }
        for kind in CATEGORIES
    ]
