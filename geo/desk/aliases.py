"""What people call places (别名): learnt when somebody places an issue by hand, listed, taken back.

Learnt is what the address calls the place, without its areas and numbers where these say what was chosen:
老厂宿舍3幢 put into building 3 of 锦绣花园 teaches that 老厂宿舍 is 锦绣花园. Otherwise the whole text is learnt. What
the register itself has as a name is never learnt for something else, and what two clerks teach for two places decides
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, false, insert, or_, select, update

from geo.desk.address_books import LEARNT, TAKEN_BACK
from geo.desk.lists import Page, page
from geo.desk.locating import Locator
from geo.desk.reports import move_to
from geo.desk.tx import Tx
from geo.errors import BadInput, NotFound
from geo.model import Assignment, Subject
from geo.rules.access import ROOT
from geo.rules.address import MAX_LETTERS, plain
from geo.rules.address_tree import LONGEST, SHORTEST
from geo.store.tables import alias, area, issue, place, report
from geo.store.types import utc_text


@dataclass(frozen=True)
class Target:
    """A place or an area that is called something. path: of the area it belongs to."""

    subject: Subject
    id: int
    code: str
    path: str


def target_of(conn: Connection, place_code: str | None, area_code: str | None) -> Target:
    """Raises BadInput where not exactly one is named, NotFound where it is not there."""
    if (place_code is None) == (area_code is None):
        raise BadInput("name either a place or an area, by its code")
    if place_code is not None:
        query = select(place.c.id, area.c.path).outerjoin(area, area.c.id == place.c.area_id)
        row = conn.execute(query.where(place.c.code == place_code, place.c.undone_at.is_(None))).first()
        subject, code = Subject.PLACE, place_code
    else:
        row = conn.execute(
            select(area.c.id, area.c.path).where(area.c.code == area_code, area.c.undone_at.is_(None))
        ).first()
        subject, code = Subject.AREA, area_code or ""
    if row is None:
        raise NotFound(f"there is no {subject} {code!r}")
    return Target(subject, row.id, code, row.path or ROOT)


def place_issue(
    tx: Tx, issue_id: int, target: Target, *, learn: bool = True, reason: str | None = None
) -> dict[str, Assignment]:
    """Put an open issue at a place that a person chose, decide again, and learn what the address called it.

    Returns assignments by scheme. Doing the same again learns nothing new. Raises NotFound, Conflict.
    """
    locator = Locator(tx)
    found = locator.chosen(target.id) if target.subject is Subject.PLACE else None
    if found is None:
        raise BadInput("an issue is placed at a place; for an area, set its pin")
    address = tx.conn.execute(
        select(report.c.address).join(issue, issue.c.report_id == report.c.id).where(issue.c.id == issue_id)
    ).scalar_one_or_none()
    learnt = _learn_from(tx, address or "", target) if learn else None
    told: dict[str, Any] = {"place": target.code}
    if learnt is not None:
        told["alias"] = {"id": learnt[0], "text": learnt[1]}
    return move_to(tx, issue_id, locator.at(found), reason, **told)


def _learn_from(tx: Tx, address: str, target: Target) -> tuple[int, str] | None:
    """The alias that the choice teaches, with its text; None where there is nothing to learn."""
    book = tx.addresses.book(tx.conn)
    decided = book.decide(address)
    if decided is not None and decided.node.place is not None and decided.node.place.id == target.id:
        return None  # it is known
    taught = book.taught_by(address, target.id)
    if taught is None:
        return None
    text, place_id = taught
    named = target if place_id == target.id else _place(tx.conn, place_id)
    return _write(tx, text, text, named), text


def _place(conn: Connection, place_id: int) -> Target:
    return target_of(conn, conn.execute(select(place.c.code).where(place.c.id == place_id)).scalar_one(), None)


def learn(tx: Tx, text: str, target: Target) -> int:
    """Say what a place or an area is called. Returns the alias's id; the same again returns the first.

    Raises BadInput for a text that is no name, or the name of something else.
    """
    key = plain(text)
    if len(text) > MAX_LETTERS or not SHORTEST <= len(key) <= LONGEST or not any(c.isalpha() for c in key):
        raise BadInput(f"{text[:40]!r} is no name: {SHORTEST} to {LONGEST} letters that are not only numbers")
    if tx.addresses.book(tx.conn).is_name(key):
        raise BadInput(f"{text!r} is a name in the register already; a learnt name must not change what that means")
    return _write(tx, text.strip(), key, target)


def _write(tx: Tx, text: str, key: str, target: Target) -> int:
    column = alias.c.place_id if target.subject is Subject.PLACE else alias.c.area_id
    known = select(alias.c.id).where(alias.c.key == key, column == target.id, alias.c.to_at.is_(None))
    if (found := tx.conn.execute(known).scalar()) is not None:
        return found
    event_id = tx.record(LEARNT, target.subject, target.id, data={"text": text, "code": target.code})
    row = {"text": text, "key": key, column.name: target.id, "actor": tx.actor.id, "from_at": tx.now, "to_at": None}
    return tx.conn.execute(insert(alias).values(**row, event_id=event_id).returning(alias.c.id)).scalar_one()


def alias_target(conn: Connection, alias_id: int) -> Target:
    """What an alias that holds stands for. Raises NotFound."""
    row = conn.execute(_ALIASES.where(alias.c.id == alias_id, alias.c.to_at.is_(None))).first()
    if row is None:
        raise NotFound(f"there is no learnt name {alias_id} that holds")
    if row.place is not None:
        return Target(Subject.PLACE, row.place_id, row.place, row.path or ROOT)
    return Target(Subject.AREA, row.area_id, row.area, row.path or ROOT)


def take_back(tx: Tx, alias_id: int, reason: str | None = None) -> None:
    """From now on the name means nothing; what was placed by it stays, and says so. Raises NotFound."""
    target = alias_target(tx.conn, alias_id)
    tx.conn.execute(update(alias).where(alias.c.id == alias_id).values(to_at=tx.now))
    tx.record(TAKEN_BACK, target.subject, target.id, reason=reason, data={"alias": alias_id, "code": target.code})


_of_place = area.alias("of_place")
_ALIASES = (
    select(
        alias.c.id, alias.c.text, alias.c.place_id, alias.c.area_id, alias.c.actor, alias.c.from_at, alias.c.to_at,
        place.c.code.label("place"), area.c.code.label("area"), place.c.name.label("place_name"),
        area.c.name.label("area_name"),
        # Of what it stands for, or of the area around that.
        select(_of_place.c.path)
        .where(or_(_of_place.c.id == place.c.area_id, _of_place.c.id == alias.c.area_id))
        .scalar_subquery()
        .label("path"),
    )
    .select_from(
        alias.outerjoin(place, place.c.id == alias.c.place_id).outerjoin(area, area.c.id == alias.c.area_id)
    )
)  # fmt: skip


def list_aliases(
    conn: Connection,
    prefixes: Sequence[str],
    cursor: str | None,
    limit: int,
    *,
    taken_back: bool = False,
    text: str = "",
) -> Page:
    """Learnt names of places and areas under the prefixes, newest first. taken_back: those that no longer hold too.

    text: a part of what was learnt, or of the name in the register; empty leaves it open.
    """
    query = _ALIASES if taken_back else _ALIASES.where(alias.c.to_at.is_(None))
    if text := text.replace("\0", "").strip():  # PostgreSQL knows no such letter
        heard = alias.c.key.contains(plain(text), autoescape=True) if plain(text) else false()
        names = (column.icontains(text, autoescape=True) for column in (alias.c.text, place.c.name, area.c.name))
        query = query.where(or_(heard, *names))
    if ROOT not in prefixes:
        here = select(area.c.id).where(or_(*(area.c.path.startswith(each, autoescape=True) for each in prefixes)))
        query = query.where(or_(place.c.area_id.in_(here), alias.c.area_id.in_(here)))
    return page(conn, query, alias.c.id, cursor, limit, _told)


def _told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "text": row.text,
        "place": row.place,
        "area": row.area,
        "name": row.place_name or row.area_name,
        "actor": row.actor,
        "learnt_at": utc_text(row.from_at),
        "taken_back_at": utc_text(row.to_at) if row.to_at else None,
    }
