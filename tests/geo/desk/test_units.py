"""Rental units on both stores: imported to the last row, inspected, let anew, reclassified with time, undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from geo.desk import board, units
from geo.desk.lists import UnitFilter, list_units
from geo.desk.unit_detail import unit_detail
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.desk.unit_state import load_states
from geo.errors import BadInput, Conflict, NotFound, UnknownDatum
from geo.model import DueState, InspectionResult, Occupancy, RiskClass, Term
from geo.rules.access import Extent
from geo.rules.class_table import DEFAULT_DATA
from geo.rules.risk import DEFAULT
from geo.store.store import Store
from geo.store.tables import assignment, class_table, event, place, rental_unit, unit_class, unit_term
from tests import district
from tests.afresh import replay
from tests.district import EAST, NORTH, SIDE, TESTER, District, lonlat
from tests.examples import examples

PASS, MINOR, NOT_HOME = InspectionResult.PASS, InspectionResult.MINOR, InspectionResult.NOT_HOME
NOT_ADMITTED = InspectionResult.NOT_ADMITTED
TODAY = date(2026, 3, 18)
COLUMNS = UnitColumns(
    code="code", lon="lon", lat="lat", place="place", label="label", registered_on="registered_on",
    occupancy="occupancy", since="since", until="until", months="months", registered="registered", rooms="rooms",
    rooms_vacant="rooms_vacant",
)  # fmt: skip
JOB = UnitImport("units.csv", "0" * 64, COLUMNS, "wgs84")
Row = dict[str, str | None]


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    built = district.build(store, now)
    box = shapely.box(EAST + SIDE, NORTH, EAST + 1.5 * SIDE, NORTH + SIDE / 2)  # in G10
    with store.write() as conn:
        conn.execute(insert(place).values(code="P1", kind="building", name="1 幢", geom=box))
    return built


def row(code: str, column: float | None = 0.5, north: float = 0.5, **more: str | None) -> Row:
    lon, lat = (None, None) if column is None else map(str, lonlat(column, north))
    return {"code": code, "lon": lon, "lat": lat, "registered_on": "2026-01-05", "months": "12"} | more


def take(here: District, now: datetime, *rows: Row, job: UnitImport = JOB) -> tuple[int, dict[str, int], list[str]]:
    batch_id, tally = import_units(here.desk, job, enumerate(rows, 2), lambda: now, TESTER)
    return batch_id, tally.summary(batch_id), [f"{reject.line}: {reject.reason}" for reject in tally.rejects]


def one(here: District, now: datetime, **more: str | None) -> int:
    """A single unit, due on its registration day as a later import would have it. Returns its id."""
    take(here, now, row("U") | more, job=replace(JOB, spread=False))
    with here.store.read() as conn:
        return conn.execute(select(rental_unit.c.id)).scalar_one()


def detail(here: District, unit_id: int, today: date = TODAY) -> dict[str, object]:
    with here.store.read() as conn:
        return unit_detail(conn, unit_id, here.reading(today))


# -- imports --------------------------------------------------------------------------------------------------------


ROWS = [
    row("a"),
    row("b", 1.0),  # on an edge
    row("c", 0.5, 9.0),
    row("d", None),
    row("e", None, place="P1"),
    row("f", 0.5, place="P1"),  # its building goes before its own coordinates
    row("a"),
    row("g", place="nowhere"),
    row("h", None, occupancy="rented"),
    row("i", None, months="-3"),
    row("j", None, since="2026-01-01", until="2025-01-01"),
    row("k", None, registered_on="some day"),
    row("", None),
    row("l", None, rooms="2", rooms_vacant="3"),
    row("m") | {"lon": "east"},
    row("n", 0.5, 3.01),
]
EXPECTED = {
    "rows": 16, "assigned": 2, "nearest": 1, "placed": 2, "outside": 1, "no_location": 1, "rejected": 8,
    "duplicates": 1, "ambiguous": 1,
}  # fmt: skip


def test_every_row_of_an_import_is_accounted_for(here: District, now: datetime) -> None:
    batch_id, summary, reasons = take(here, now, *ROWS)
    assert summary == {"batch": batch_id} | EXPECTED
    for line, words in [
        (9, "no place 'nowhere'"), (10, "occupancy is 'rented'"), (11, "-3"), (12, "before it begins"),
        (13, "registered_on is 'some day'"), (14, "code is empty"), (15, "3 of 2 rooms"), (16, "lon is 'east'"),
    ]:  # fmt: skip
        assert any(reason.startswith(f"{line}: ") and words in reason for reason in reasons), (line, reasons)


def test_each_unit_finds_its_grid(here: District, now: datetime) -> None:
    take(here, now, *ROWS)
    codes = {grid_id: code for code, grid_id in here.grid_ids.items()}
    with here.store.read() as conn:
        rows = conn.execute(
            select(rental_unit.c.code, assignment.c.grid_id, assignment.c.queue, assignment.c.method)
            .join(assignment, (assignment.c.subject == "unit") & (assignment.c.subject_id == rental_unit.c.id))
        ).all()  # fmt: skip
    found = {r.code: (codes.get(r.grid_id), r.queue, r.method) for r in rows}
    assert found == {
        "a": ("G00", None, "within"),
        "b": ("G00", None, "within"),
        "c": (None, "outside", None),
        "d": (None, "no_location", None),
        "e": ("G10", None, "place"),
        "f": ("G10", None, "place"),
        "n": ("G02", None, "nearest"),
    }


def test_a_second_import_adds_none_and_an_undone_one_may_come_again(here: District, now: datetime) -> None:
    batch_id, _, _ = take(here, now, *ROWS)
    _, summary, _ = take(here, now, *ROWS)
    assert (summary["duplicates"], summary["rejected"]) == (8, 8)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert units.undo_units(tx, batch_id) == 7
    with here.store.read() as conn:
        assert len(board.unit_layer(conn, TODAY)) == 0
        open_rows = [select(t).where(t.c.to_at.is_(None)) for t in (assignment, unit_class, unit_term)]
        assert [len(conn.execute(query).all()) for query in open_rows] == [0, 0, 0]
    _, summary, _ = take(here, now, *ROWS, job=replace(JOB, datum="gcj02"))
    assert (summary["assigned"], summary["outside"], summary["placed"]) == (0, 4, 2)  # 580 m to the side


@pytest.mark.usefixtures("two_rows_a_chunk")
def test_an_import_that_was_cut_off_goes_on_where_it_was(here: District, now: datetime) -> None:
    def cut() -> Iterator[tuple[int, Row]]:
        yield from enumerate(ROWS[:5], 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_units(here.desk, JOB, cut(), lambda: now, TESTER)
    batch_id, summary, _ = take(here, now, *ROWS)
    assert summary == {"batch": batch_id} | EXPECTED
    with here.store.read() as conn:
        assert len(conn.execute(select(rental_unit)).all()) == 7


def test_coordinates_need_a_datum(here: District, now: datetime) -> None:
    with pytest.raises(UnknownDatum):
        take(here, now, row("a"), job=replace(JOB, datum=None))
    by_row = replace(JOB, datum=None, columns=replace(COLUMNS, datum="datum"))
    _, summary, reasons = take(here, now, row("a", datum="WGS84"), row("b"), row("c", datum="gps"), job=by_row)
    assert (summary["assigned"], summary["rejected"]) == (1, 2)
    assert "names no datum" in reasons[0] and "gps" in reasons[1]


def test_a_first_import_spreads_first_visits_and_a_later_one_does_not(here: District, now: datetime) -> None:
    take(here, now, *(row(f"u{n}", months="2") for n in range(200)))
    take(here, now, row("late", months="2"), row("tomorrow", months="2", registered_on="2026-03-20"))
    with here.store.read() as conn:
        rows = conn.execute(select(rental_unit.c.code, unit_class.c.next_due).join(unit_class)).all()
    due = {r.code: r.next_due for r in rows}
    spread = {date.fromisoformat(d) for code, d in due.items() if code.startswith("u")}
    assert spread == {TODAY + timedelta(days=n) for n in range(14)}
    assert (due["late"], due["tomorrow"]) == ("2026-01-05", "2026-03-20")


# -- inspections and terms ------------------------------------------------------------------------------------------


def test_red_to_green_cycles(here: District, now: datetime) -> None:
    unit_id = one(here, now, months="0.5")
    assert detail(here, unit_id)["class"] == "red"
    green = Term(Occupancy.LET, TODAY, date(2027, 3, 17), 12)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        decision = units.record_inspection(tx, unit_id, PASS, "new tenant", term=green)
    assert (decision.risk_class, decision.next_due) == (RiskClass.GREEN, TODAY + timedelta(days=90))
    with here.store.read() as conn:
        layer = board.unit_layer(conn, TODAY)
        assert (layer.klass.tolist(), layer.flags.tolist()) == ([4], [0])
        last = conn.execute(select(event).order_by(event.c.id.desc())).first()
    assert last is not None
    assert (last.kind, last.grid_id) == ("unit.inspected", here.grid_ids["G00"])
    assert (last.data["class_before"], last.data["class"], last.data["term"]["months"]) == ("red", "green", 12)
    for n in (1, 2):  # the next tenant stays for days only; passing takes it one step
        with here.desk.transaction(lambda n=n: now + timedelta(days=n), TESTER) as tx:
            short = Term(Occupancy.LET, tx.today, None, 0.1)
            decision = units.record_inspection(tx, unit_id, PASS, term=short)
    assert decision.risk_class is RiskClass.ORANGE


def test_lists_and_the_map_agree_on_what_is_due(here: District, now: datetime) -> None:
    due = {
        f"{months}-{n}": TODAY + timedelta(days=n) for months in ("0.5", "2", "12") for n in (-9, -1, 0, 1, 2, 3, 19)
    }
    rows = [row(code, registered_on=on.isoformat(), months=code.split("-")[0]) for code, on in due.items()]
    take(here, now, *rows, job=replace(JOB, spread=False))
    when = here.reading(TODAY).when
    with here.store.read() as conn:
        layer = board.unit_layer(conn, TODAY)
        flag_of = dict(zip(layer.ids.tolist(), layer.flags.tolist(), strict=True))
        seen: dict[str, DueState] = {}
        for state in DueState:
            for item in list_units(conn, [Extent("/")], UnitFilter(due=state), when, None, 500).items:
                assert item["due_state"] is state
                assert flag_of[item["id"]] == (1 if state is DueState.OVERDUE else 0 if state is DueState.OK else 4)
                seen[item["code"]] = state
        counted = sum(sum(each.units_overdue.values()) for each in board.figures(conn, now, TODAY).values())
    assert set(seen) == set(due) and set(seen.values()) == set(DueState)
    assert counted == sum(on < TODAY for on in due.values())


def test_the_drawer_says_it_all(here: District, now: datetime) -> None:
    unit_id = one(here, now, months="2", place="P1", label="3-502", rooms="4", rooms_vacant="2")
    with here.desk.transaction(lambda: now, TESTER) as tx:
        units.record_inspection(tx, unit_id, MINOR, "门口堆放杂物")
    shown = detail(here, unit_id, TODAY + timedelta(days=9))
    assert (shown["class"], shown["letter"], shown["cycle_days"]) == ("red", "R", 7)
    assert (shown["next_due"], shown["due_state"], shown["days_overdue"]) == ("2026-03-25", "overdue", 2)
    assert shown["place"] == {"code": "P1", "kind": "building", "name": "1 幢", "name_en": None}
    assert shown["grid"] == "G10" and [link["code"] for link in shown["chain"]] == ["G10", "C1", "D"]  # type: ignore[attr-defined]
    assert shown["evidence"]["decided_by"] == "building"  # type: ignore[index]
    reasons = shown["reasons"]
    assert [r["code"] for r in reasons] == ["term_months", "room_vacancy", "last_minor"]  # type: ignore[attr-defined]
    assert reasons[0] == {"code": "term_months", "zh": "租期 2 个月", "en": "lease term 2 months"}  # type: ignore[index]
    assert [i["note"] for i in shown["inspections"]] == ["门口堆放杂物"]  # type: ignore[attr-defined]
    assert [h["kind"] for h in shown["history"]] == ["unit.inspected", "unit.registered"]  # type: ignore[attr-defined]


def test_a_unit_is_shown_within_reach_only(here: District, now: datetime) -> None:
    unit_id = one(here, now)
    with here.store.read() as conn:
        assert unit_detail(conn, unit_id, here.reading(TODAY), [Extent("/D/C0/")])["code"] == "U"
        for extents in ([], [Extent("/D/C1/")]):
            with pytest.raises(NotFound):
                unit_detail(conn, unit_id, here.reading(TODAY), extents)


def test_not_home_leaves_the_cycle_alone(here: District, now: datetime) -> None:
    unit_id = one(here, now)
    before = detail(here, unit_id)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        units.record_inspection(tx, unit_id, NOT_HOME)
    after = detail(here, unit_id)
    assert {k: after[k] for k in ("class", "next_due", "reasons")} == {
        k: before[k] for k in ("class", "next_due", "reasons")
    }
    assert [i["result"] for i in after["inspections"]] == ["not_home"]  # type: ignore[attr-defined]


def waiting(here: District) -> list[str]:
    with here.store.read() as conn:
        return [item["reason"] for item in units.escalations(conn, [Extent("/D/")])]


def test_not_admitted_goes_to_a_person_until_a_visit_passes(here: District, now: datetime) -> None:
    unit_id = one(here, now)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert units.record_inspection(tx, unit_id, NOT_ADMITTED).risk_class is RiskClass.RED
    assert waiting(here) == ["not_admitted"]
    with here.store.read() as conn:
        assert units.escalations(conn, [Extent("/D/C1/")]) == []
    with here.desk.transaction(lambda: now, TESTER) as tx:
        units.record_inspection(tx, unit_id, PASS)
    assert waiting(here) == []


def test_three_inspections_that_leave_it_red_go_to_a_person_once(here: District, now: datetime) -> None:
    unit_id = one(here, now, months="0.5")
    for n in range(4):
        with here.desk.transaction(lambda n=n: now + timedelta(days=n), TESTER) as tx:
            units.record_inspection(tx, unit_id, MINOR)
        assert waiting(here) == ([] if n < 2 else ["red_in_a_row"])
    with here.store.read() as conn:
        assert len(conn.execute(select(event).where(event.c.kind == "unit.escalated")).all()) == 1
    with here.desk.transaction(lambda: now + timedelta(days=5), TESTER) as tx:
        units.set_term(tx, unit_id, Term(Occupancy.NOT_LET, tx.today))
    assert waiting(here) == []


def test_nothing_changed_renews_a_lease_that_ended(here: District, now: datetime) -> None:
    unit_id = one(here, now, since="2025-03-01", until="2026-02-28", registered_on="2025-03-01")
    shown = detail(here, unit_id)
    assert (shown["class"], shown["to_confirm"]) == ("red", True)  # 18 days after its end
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert units.confirm_term(tx, unit_id).risk_class is RiskClass.GREEN
    shown = detail(here, unit_id)
    assert (shown["to_confirm"], shown["term"]["until"], shown["term"]["since"]) == (False, "2027-02-28", "2025-03-01")  # type: ignore[index]


def test_no_longer_let_and_let_again(here: District, now: datetime) -> None:
    unit_id = one(here, now)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        units.set_term(tx, unit_id, Term(Occupancy.NOT_LET, TODAY))
    shown = detail(here, unit_id)
    assert (shown["class"], shown["next_due"], shown["due_state"]) == (None, None, None)
    with here.store.read() as conn:
        assert len(board.unit_layer(conn, TODAY)) == 0
    later = now + timedelta(days=30)
    with here.desk.transaction(lambda: later, TESTER) as tx:
        decision = units.set_term(tx, unit_id, Term(Occupancy.LET, tx.today, None, 12))
    assert decision.next_due == TODAY + timedelta(days=30)


def test_history_is_kept_as_intervals(here: District, now: datetime) -> None:
    unit_id = one(here, now)
    with here.desk.transaction(lambda: now + timedelta(days=1), TESTER) as tx:
        units.set_term(tx, unit_id, Term(Occupancy.VACANT, tx.today))
    with here.store.read() as conn:
        for table in (unit_term, unit_class):
            rows = conn.execute(select(table).order_by(table.c.id)).all()
            assert [(r.from_at, r.to_at) for r in rows] == [
                (now, now + timedelta(days=1)),
                (now + timedelta(days=1), None),
            ]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda tx, u: units.record_inspection(tx, u, PASS, None, tx.now + timedelta(hours=1)), BadInput, "future"),
        (lambda tx, u: units.record_inspection(tx, u, PASS, "x" * 2001), BadInput, "2,001"),
        (lambda tx, u: units.set_term(tx, u, Term(Occupancy.LET, TODAY, None, -1)), BadInput, "-1"),
        (lambda tx, u: units.set_term(tx, u + 99, Term(Occupancy.LET, TODAY)), NotFound, "no rental unit"),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(here: District, now: datetime, call, error, words) -> None:  # type: ignore[no-untyped-def]
    unit_id = one(here, now)
    with pytest.raises(error, match=words), here.desk.transaction(lambda: now, TESTER) as tx:
        call(tx, unit_id)
    with here.store.read() as conn:
        kinds = conn.execute(select(event.c.kind).order_by(event.c.id)).scalars().all()
    assert kinds == ["unit.registered", "batch.finished"]


def test_undo_asks_before_it_takes_back_what_was_worked_on(here: District, now: datetime) -> None:
    unit_id = one(here, now)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        units.record_inspection(tx, unit_id, PASS)
    with pytest.raises(Conflict, match="1 rental units"), here.desk.transaction(lambda: now, TESTER) as tx:
        units.undo_units(tx, 1)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert units.undo_units(tx, 1, even_worked=True) == 1
    with pytest.raises(NotFound):
        detail(here, unit_id)


# -- time -----------------------------------------------------------------------------------------------------------


def test_the_daily_refresh_follows_the_calendar(here: District, now: datetime) -> None:
    take(here, now, row("v", occupancy="vacant", since="2026-03-01", months=None), row("g"), row("h"))
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert units.refresh(tx) == 0
    april = now + timedelta(days=13)  # 30 days after 1 March
    with here.desk.transaction(lambda: april, TESTER) as tx:
        assert units.refresh(tx) == 1
        assert units.refresh(tx) == 0
    with here.store.read() as conn:
        last = conn.execute(select(event).order_by(event.c.id.desc())).first()
    assert last is not None and (last.kind, last.data["class_before"], last.data["class"]) == (
        "unit.reclassified", "yellow", "blue",
    )  # fmt: skip


def test_a_new_table_decides_every_unit_again_in_parts(here: District, now: datetime) -> None:
    take(here, now, row("a"), row("b"), row("c"))
    data = {**DEFAULT_DATA, "version": 2, "valid_from": "2026-03-18", "unknown_term": "orange"}
    data["lease_months"] = [{"rule": "all", "below": None, "class": "blue"}]
    with here.desk.transaction(lambda: now, TESTER) as tx:
        values = {"version": 2, "valid_from": "2026-03-18", "data": data, "recorded_at": now, "actor": "tester"}
        tx.conn.execute(insert(class_table).values(values))
        assert [units.refresh(tx, limit=2) for _ in range(3)] == [2, 1, 0]
    with here.store.read() as conn:
        assert board.unit_layer(conn, TODAY).klass.tolist() == [3, 3, 3]


STEP = st.tuples(
    st.integers(0, 40),
    st.sampled_from([*InspectionResult, "refresh", "confirm", Occupancy.LET, Occupancy.VACANT, Occupancy.NOT_LET]),
    st.sampled_from([None, 0.5, 2.0, 6.0, 12.0]),
)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=8))
def test_the_store_holds_what_the_rules_say_of_its_history(here: District, now: datetime, steps: list) -> None:  # type: ignore[type-arg]
    """Whatever is done on whatever days, the class in force is the one that the facts give when folded afresh."""
    code = f"U{len(_codes(here))}"
    take(
        here, now, row(code, months="3", until="2026-04-05", registered_on="2026-03-18"), job=replace(JOB, spread=False)
    )
    with here.store.read() as conn:
        unit_id = conn.execute(select(rental_unit.c.id).where(rental_unit.c.code == code)).scalar_one()
    at = now
    for days, what, months in steps:
        at += timedelta(days=days, minutes=1)
        with here.desk.transaction(lambda at=at: at, TESTER) as tx:
            if isinstance(what, InspectionResult):
                units.record_inspection(tx, unit_id, what)
            elif isinstance(what, Occupancy):
                units.set_term(tx, unit_id, Term(what, tx.today, None, months))
            elif what == "confirm":
                units.confirm_term(tx, unit_id)
            while units.refresh(tx):
                pass
            today = tx.today
            state = load_states(tx.conn, [unit_id], tx.zone)[unit_id]
    if steps:
        afresh = replay(state.facts, DEFAULT, today, start=TODAY)
        assert (state.decision.risk_class, state.decision.rule) == (afresh.risk_class, afresh.rule)
        assert state.decision.reasons == afresh.reasons
        assert state.decision.review_on == afresh.review_on


def _codes(here: District) -> list[str]:
    with here.store.read() as conn:
        return list(conn.execute(select(rental_unit.c.code)).scalars())
