"""A row of a table of people: who it names, and the appointment that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geo.desk.cells import Columns, Row, cell, choice, day
from geo.desk.features import needed
from geo.desk.people_fields import ENDLESS
from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.model import PostKind

LONGEST_CONTACT = 100

POST_WORDS = {kind.value: kind for kind in PostKind} | {
    "网格长": PostKind.LEAD, "副网格长": PostKind.DEPUTY, "网格员": PostKind.GRID_WORKER, "网格指导员": PostKind.GUIDE,
    "片区长": PostKind.AREA_LEAD, "红管家": PostKind.STEWARD, "楼栋长": PostKind.BUILDING_HEAD,
    "微网格长": PostKind.MICRO_GRID_HEAD,
}  # fmt: skip
TARGET_WORDS = {"grid": "grid", "area": "area", "place": "place", "网格": "grid", "区域": "area", "场所": "place"}

Target = tuple[str, int]  # grid, area or place, and its id


@dataclass(frozen=True)
class PeopleColumns(Columns):
    """Which column holds what. A row without a post names a person only; one without a date holds from today."""

    code: str
    name: str
    name_en: str | None = None
    phone: str | None = None
    post: str | None = None
    target_kind: str | None = None
    target: str | None = None
    from_date: str | None = None
    to_date: str | None = None  # first day without it


@dataclass(frozen=True)
class Held:
    """An appointment that a row asks for. from_date, to_date: local dates as text."""

    kind: PostKind
    target: Target
    from_date: str
    to_date: str | None

    def overlaps(self, from_date: str, to_date: str | None) -> bool:
        return self.from_date < (to_date or ENDLESS) and from_date < (self.to_date or ENDLESS)


@dataclass(frozen=True)
class NewPerson:
    """A person as a row has it, and the appointment that it asks for."""

    code: str
    name: str
    name_en: str | None
    phone: str | None
    held: Held | None


def read_person(columns: PeopleColumns, row: Row, tx: Tx, targets: Mapping[str, Mapping[str, int]]) -> NewPerson:
    """Raises BadInput with the column and the value that cannot be taken. targets: ids by kind and code."""
    phone = cell(row, columns.phone)
    if phone and len(phone) > LONGEST_CONTACT:
        raise BadInput(f"{columns.phone} has {len(phone)} characters; at most {LONGEST_CONTACT} are kept")
    return NewPerson(
        code=needed(row, columns.code),
        name=needed(row, columns.name),
        name_en=cell(row, columns.name_en),
        phone=phone,
        held=_read_post(columns, row, tx, targets),
    )


def _read_post(columns: PeopleColumns, row: Row, tx: Tx, targets: Mapping[str, Mapping[str, int]]) -> Held | None:
    kind = choice(columns.post or "", cell(row, columns.post), POST_WORDS)
    if kind is None:
        return None
    default = "area" if kind is PostKind.AREA_LEAD else "grid"
    on = choice(columns.target_kind or "", cell(row, columns.target_kind), TARGET_WORDS) or default
    code = cell(row, columns.target)
    if code is None:
        empty = columns.target or "the target"
        raise BadInput(f"{empty} is empty: a post is on a grid, an area or a place", why="empty")
    target_id = targets[on].get(code)
    if target_id is None:
        raise BadInput(f"there is no {on} {code!r}", why="unknown")
    from_date = day(columns.from_date or "", cell(row, columns.from_date), tx.zone) or tx.today
    to_date = day(columns.to_date or "", cell(row, columns.to_date), tx.zone)
    if to_date is not None and to_date <= from_date:
        raise BadInput(f"from {from_date} to {to_date}: to is the first day without the post, so it comes later")
    return Held(kind, (on, target_id), from_date.isoformat(), to_date.isoformat() if to_date else None)
