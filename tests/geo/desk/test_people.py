"""Who answers for a grid, on both stores: leads, leave, deputies, the chain upwards, imports and undo."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, insert, select

from geo.desk import people, staff
from geo.desk.asof import When
from geo.desk.lists import GridFilter, list_grids
from geo.desk.people_import import PeopleImport, import_people, undo_people
from geo.desk.people_rows import PeopleColumns
from geo.desk.staff import StaffFilter
from geo.desk.tx import Desk
from geo.errors import BadInput, Conflict, NotFound
from geo.rules.access import ROOT, Extent
from geo.store import tables
from geo.store.store import Store
from geo.store.tables import appointment, contact, grid_version, person, post
from tests import district
from tests.district import TESTER, District
from tests.examples import examples

COLUMNS = PeopleColumns(
    code="code", name="name", name_en="name_en", post="post", target_kind="on", target="target", from_date="from",
    to_date="to",
)  # fmt: skip
TODAY = date(2026, 3, 18)
Row = dict[str, str | None]


class Reversed:
    """A sealer that anybody could open, for tests of what is kept."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def open(self, sealed: str) -> str:
        return sealed[::-1]


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


def row(code: str, kind: str | None = None, target: str | None = None, **more: str | None) -> Row:
    return {"code": code, "name": f"示例{code}", "post": kind, "target": target, "from": "2026-01-01"} | more


def take(desk: Desk, now: datetime, *rows: Row, columns: PeopleColumns = COLUMNS) -> tuple[int, Any]:
    job = PeopleImport("people.csv", "c" * 64, columns)
    return import_people(desk, job, enumerate(rows, 2), lambda: now, TESTER)


def answering(here: District, code: str, on: date = TODAY) -> dict[str, Any] | None:
    with here.store.read() as conn:
        return people.answering(conn, None, on).get(here.grid_ids[code])


def leaderless(conn: Connection, on: date) -> list[str]:
    wanted = GridFilter(without_lead=[Extent(ROOT)])
    when = When(datetime.combine(on, time(12), district.ZONE), district.ZONE)
    return [item["code"] for item in list_grids(conn, [Extent(ROOT)], wanted, when, None, 100).items]


# -- imports --------------------------------------------------------------------------------------------------------


def test_every_row_of_an_import_is_accounted_for(here: District, now: datetime) -> None:
    batch_id, tally = take(
        here.desk,
        now,
        row("p1", "lead", "G00", name_en="Sample One"),
        row("p1", "网格长", "G01"),
        row("p2", "lead", "G00"),  # two leads at once
        row("p2", "lead", "G00", **{"from": "2025-01-01", "to": "2026-01-01"}),  # the one before
        row("p3"),
        row("p3"),
        row("p1", "lead", "G00"),
        row("p4", "lead", "G99"),
        row("p4", "emperor", "G00"),
        row("p4", "lead", None),
        row("p4", "lead", "G02", to="2025-12-31"),
        row("p1", "deputy", "G02", name="somebody else"),
        row("p5", "area_lead", "C0"),
        row("p6", "guide", "D", on="area"),
        row(""),
    )
    assert tally.summary(batch_id) == {
        "batch": batch_id, "rows": 15, "appointed": 5, "without_post": 1, "duplicates": 2, "rejected": 7,
    }  # fmt: skip
    reasons = {reject.line: reject.reason for reject in tally.rejects}
    for line, words in [
        (4, "p1 is lead there"), (9, "no grid 'G99'"), (10, "emperor"), (11, "target is empty"),
        (12, "comes later"), (13, "one code is one person"), (16, "code is empty"),
    ]:  # fmt: skip
        assert words in reasons[line], reasons[line]
    with here.store.read() as conn:
        codes = conn.execute(select(person.c.code).order_by(person.c.code)).scalars().all()
        posts = conn.execute(select(post)).all()
        told = conn.execute(select(tables.event.c.grid_id).where(tables.event.c.kind == "person.appointed")).scalars()
        assert here.grid_ids["G00"] in told.all()
    assert codes == ["p1", "p2", "p3", "p5", "p6"]
    assert len(posts) == 4  # the lead of G00 is one post that two people held


def test_phones_are_kept_sealed_or_refused(here: District, now: datetime) -> None:
    columns = PeopleColumns(**(COLUMNS.__dict__ | {"phone": "phone"}))
    with pytest.raises(BadInput, match="phone"):
        take(here.desk, now, row("p1", phone="13800001234"), columns=columns)
    sealed = Desk(here.store, Reversed())
    batch_id, _ = take(sealed, now, row("p1", "lead", "G00", phone="13800001234"), row("p2"), columns=columns)
    take(sealed, now, row("p1", "lead", "G01", phone="13899990000"), columns=columns)
    with here.store.read() as conn:
        assert conn.execute(select(contact.c.subject, contact.c.sealed)).all() == [("person", "43210000831")]
        assert not any("1380000" in str(e) for e in conn.execute(select(tables.event)).all())
    with sealed.transaction(lambda: now, TESTER) as tx:
        undo_people(tx, batch_id)
    with here.store.read() as conn:
        # p1 still leads G01 by the second import; only who is nowhere employed is forgotten.
        assert conn.execute(select(person.c.code).where(person.c.undone_at.is_(None))).scalars().all() == ["p1"]


def test_an_undone_import_leaves_no_appointment_and_no_phone(here: District, now: datetime) -> None:
    columns = PeopleColumns(**(COLUMNS.__dict__ | {"phone": "phone"}))
    desk = Desk(here.store, Reversed())
    rows = [row("p1", "lead", "G00", phone="1"), row("p2", "lead", "G01")]
    batch_id, _ = take(desk, now, *rows, columns=columns)
    with desk.transaction(lambda: now, TESTER) as tx:
        assert undo_people(tx, batch_id) == 2
    assert answering(here, "G00") is None
    with here.store.read() as conn:
        assert conn.execute(select(contact.c.sealed, contact.c.erased_at)).all() == [(None, now)]
    _, tally = take(desk, now, *rows, columns=columns)
    assert tally.counts["appointed"] == 2


# -- who answers ----------------------------------------------------------------------------------------------------


def test_the_lead_answers_then_the_cover_then_a_deputy(here: District, now: datetime) -> None:
    take(
        here.desk,
        now,
        row("p1", "lead", "G00", name_en="One"),
        row("p2", "deputy", "G00"),
        row("p3"),
        row("p4", "deputy", "G01"),
        row("p5", "grid_worker", "G02"),
    )
    assert answering(here, "G00") == {"id": 1, "name": "示例p1", "name_en": "One", "post": "lead"}
    assert (answering(here, "G01") or {})["post"] == "deputy"
    assert answering(here, "G02") is None
    with here.store.read() as conn:
        lead_of = conn.execute(select(appointment.c.id).where(appointment.c.person_id == 1)).scalar_one()
    with here.desk.transaction(lambda: now, TESTER) as tx:
        staff.take_leave(tx, lead_of, date(2026, 3, 18), date(2026, 3, 20))
        staff.take_leave(tx, lead_of, date(2026, 4, 1), date(2026, 4, 2), "p3")
    assert (answering(here, "G00") or {})["name"] == "示例p2"
    assert (answering(here, "G00", date(2026, 3, 20)) or {})["name"] == "示例p1"  # the first day back
    found = answering(here, "G00", date(2026, 4, 1)) or {}
    assert (found["name"], found["post"], found["stands_in_for"]) == ("示例p3", "cover", "示例p1")


def test_a_cover_who_was_taken_back_is_not_named(here: District, now: datetime) -> None:
    take(here.desk, now, row("p1", "lead", "G00"))
    batch_id, _ = take(here.desk, now, row("p2"))
    with here.desk.transaction(lambda: now, TESTER) as tx:
        staff.take_leave(tx, 1, TODAY, date(2026, 4, 1), "p2")
    with here.desk.transaction(lambda: now, TESTER) as tx:
        undo_people(tx, batch_id)
    assert (answering(here, "G00") or {})["on_leave"] is True
    with here.store.read() as conn:
        (told,) = staff.list_staff(conn, [Extent(ROOT)], StaffFilter(), When(now, district.ZONE), None, 9).items
    assert [away["cover"] for away in told["leave"]] == [None]


def test_a_lead_who_is_away_with_nobody_to_stand_in_is_named_and_marked(here: District, now: datetime) -> None:
    take(here.desk, now, row("p1", "lead", "G00"))
    with here.desk.transaction(lambda: now, TESTER) as tx:
        staff.take_leave(tx, 1, date(2026, 3, 1), date(2026, 4, 1))
    assert (answering(here, "G00") or {})["on_leave"] is True
    with here.desk.transaction(lambda: now, TESTER) as tx, pytest.raises(Conflict):
        staff.take_leave(tx, 1, date(2026, 3, 31), date(2026, 4, 2))
    with here.desk.transaction(lambda: now, TESTER) as tx, pytest.raises(BadInput):
        staff.take_leave(tx, 1, date(2026, 5, 2), date(2026, 5, 2))
    with here.desk.transaction(lambda: now, TESTER) as tx, pytest.raises(NotFound):
        staff.take_leave(tx, 99, date(2026, 5, 2), date(2026, 5, 3))


def test_an_english_name_is_that_of_all_namesakes_or_none(here: District, now: datetime) -> None:
    """A namesake without one may be who is meant; one whose import was undone is nobody."""

    def known(name: str) -> str | None:
        with here.store.read() as conn:
            return people.english_names(conn, [name]).get(name)

    take(here.desk, now, row("p1", name="张三", name_en="Zhang San"), row("p2", name="李四", name_en="Li Si"))
    assert (known("张三"), known("李四")) == ("Zhang San", "Li Si")
    batch_id, _ = take(here.desk, now, row("p3", name="张三"), row("p4", name="李四", name_en="Lee Sze"))
    assert (known("张三"), known("李四")) == (None, None)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        undo_people(tx, batch_id)
    assert (known("张三"), known("李四")) == ("Zhang San", "Li Si")


def test_an_appointment_ends_and_the_grid_has_no_lead(here: District, now: datetime) -> None:
    take(here.desk, now, *(row(f"p{c}", "lead", c) for c in here.grid_ids))
    with here.store.read() as conn:
        assert leaderless(conn, TODAY) == []
        assert len(leaderless(conn, date(2025, 12, 31))) == 9
    with here.desk.transaction(lambda: now, TESTER) as tx:
        staff.end_appointment(tx, 1, date(2026, 3, 19))
    with here.store.read() as conn:
        assert leaderless(conn, TODAY) == []
        assert leaderless(conn, date(2026, 3, 19)) == ["G00"]
    assert answering(here, "G00", date(2026, 3, 19)) is None


def test_the_chain_goes_up_from_the_micro_grid_to_the_district(here: District, now: datetime) -> None:
    with here.store.write() as conn:
        above = conn.execute(select(grid_version).where(grid_version.c.code == "G00")).one()
        micro = conn.execute(
            insert(tables.grid)
            .values(scheme_id=above.scheme_id, level="micro_grid", created_at=now)
            .returning(tables.grid.c.id)
        ).scalar_one()
        conn.execute(
            insert(grid_version).values(
                grid_id=micro, scheme_id=above.scheme_id, level="micro_grid", code="G00-1", name="微网格",
                area_id=above.area_id, parent_grid_id=above.grid_id, geom=above.geom, from_edition=1,
            )
        )  # fmt: skip
    take(
        here.desk, now, row("m", "micro_grid_head", "G00-1"), row("p", "lead", "G00"), row("d", "area_lead", "D")
    )  # fmt: skip
    with here.store.read() as conn:
        chain = people.chain(conn, micro, TODAY)
        plain = people.chain(conn, here.grid_ids["G00"], TODAY)
        assert people.chain(conn, 999, TODAY) == []
    told = [(link["level"], link["code"], (link["lead"] or {}).get("name")) for link in chain]
    assert told == [
        ("micro_grid", "G00-1", "示例m"),
        ("grid", "G00", "示例p"),
        ("community", "C0", None),
        ("district", "D", "示例d"),
    ]
    assert plain == chain[1:]


def test_so_many_grids_cost_no_more_queries(here: District, now: datetime) -> None:
    take(here.desk, now, *(row(f"p{c}", "lead", c) for c in here.grid_ids))
    ids = list(here.grid_ids.values())
    with here.store.read() as conn:
        asked: list[str] = []
        event.listen(conn, "before_cursor_execute", lambda *a: asked.append(a[2]))
        assert len(people.chains(conn, ids[:1], TODAY)) == 1
        few = len(asked)
        assert len(people.chains(conn, ids, TODAY)) == 9
        assert len(asked) == 2 * few
        # A list longer than one query should hold is read as a scan, with the same answer.
        every = people.answering(conn, [*ids, *range(10_000, 20_000)], TODAY)
        assert every == people.answering(conn, ids, TODAY) == people.answering(conn, None, TODAY)


PERIODS = st.lists(
    st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 28), st.none() | st.integers(1, 12)), max_size=8
)


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PERIODS)
def test_at_no_time_has_a_grid_two_leads(
    here: District, now: datetime, periods: list[tuple[str, int, int | None]]
) -> None:
    with here.store.write() as conn:
        conn.execute(delete(appointment))
    rows = []
    for who, first, length in periods:
        to = None if length is None else date.fromordinal(date(2026, 3, first).toordinal() + length).isoformat()
        rows.append(row(who, "lead", "G00", **{"from": f"2026-03-{first:02}", "to": to}))
    _, tally = take(here.desk, now, *rows)
    with here.store.read() as conn:
        held = conn.execute(select(appointment.c.from_date, appointment.c.to_date)).all()
    assert len(held) == tally.counts["appointed"]
    for day in range(1, 29):
        on = f"2026-03-{day:02}"
        assert sum(h.from_date <= on and (h.to_date is None or h.to_date > on) for h in held) <= 1
