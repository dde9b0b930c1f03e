"""Registers that are imported again: shown before, taken by their owners, disputed by others, undone."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from geo.model import Register, Subject
from geo.rules.access import Role
from geo.rules.owners import DEFAULT_DATA
from geo.store.store import Store
from geo.store.tables import assignment, event, grid_version, place, place_part, register_change, rental_unit, unit_term
from tests import district
from tests.api.conftest import Site
from tests.district import lonlat
from tests.examples import examples

HEADER = "code,lon,lat,address,since,until,rooms,rooms_vacant"
UNITS = {f"U{n}": {"at": (0.5, 0.2 + 0.5 * n), "address": f"坊门街{n}号", "since": "2026-01-05", "until": "2026-07-04",
                   "rooms": "3", "rooms_vacant": "1"} for n in range(4)}  # fmt: skip


def table(units: dict[str, dict[str, Any]]) -> str:
    lines = [HEADER]
    for code, unit in units.items():
        lon, lat = lonlat(*unit["at"])
        rest = [unit[name] for name in ("address", "since", "until", "rooms", "rooms_vacant")]
        lines.append(",".join([code, f"{lon:.7f}", f"{lat:.7f}", *rest]))
    return "\n".join(lines)


def changed(**units: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The register with some units otherwise, new, or gone (None)."""
    merged = {
        code: {**unit, **(units.get(code) or {})} for code, unit in UNITS.items() if units.get(code, {}) is not None
    }
    return merged | {code: {**UNITS["U0"], **unit} for code, unit in units.items() if code not in UNITS and unit}


def post(
    client: TestClient, units: dict[str, dict[str, Any]] | str, also: str = "", kind: str = "units", **options: Any
) -> Any:
    content = units if isinstance(units, str) else table(units)
    said = {"datum": "wgs84"} if kind != "people" else {}
    sent = {"options": json.dumps(said | options)}
    return client.post(f"/api/imports/{kind}{also}", files={"file": ("register.csv", content)}, data=sent)


def told(register: dict[str, Any]) -> dict[str, int]:
    return {name: register[name] for name in ("new", "changed", "disputed", "unchanged", "gone")}


@pytest.fixture
def operator(site: Site, store: Store) -> TestClient:
    district.build(store, site.clock.now)
    client = site.program(Role.OPERATOR)
    first = post(client, UNITS)
    assert told(first.json()["register"]) == {"new": 4, "changed": 0, "disputed": 0, "unchanged": 0, "gone": 0}
    return client


def unit(store: Store, code: str) -> dict[str, Any]:
    """What the store says of a unit now, with its grid."""
    with store.read() as conn:
        row = conn.execute(
            select(rental_unit).where(rental_unit.c.code == code, rental_unit.c.undone_at.is_(None))
        ).one()
        term = conn.execute(select(unit_term).where(unit_term.c.unit_id == row.id, unit_term.c.to_at.is_(None))).one()
        grid = conn.execute(
            select(assignment.c.grid_id).where(
                assignment.c.subject == Subject.UNIT, assignment.c.subject_id == row.id, assignment.c.to_at.is_(None)
            )
        ).scalar_one()
    return {"address": row.address, "rooms": term.rooms, "until": term.until, "grid": grid, "vacant": term.rooms_vacant}


def waiting(client: TestClient, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/disagreements", params=params).json()["items"]
    return found


AGAIN = changed(
    U0={"address": "天皇巷9号", "rooms": "4"},
    U1={"until": "2027-01-04", "address": "天皇巷1号"},
    U2=None,
    U9={"address": "新"},
)


def test_the_same_file_again_changes_nothing(operator: TestClient, store: Store) -> None:
    again = post(operator, UNITS).json()
    assert told(again["register"]) == {"new": 0, "changed": 0, "disputed": 0, "unchanged": 4, "gone": 0}
    assert (again["summary"]["duplicates"], "changed" in again["summary"]) == (4, False)
    assert waiting(operator) == []
    with store.read() as conn:
        assert conn.execute(select(register_change.c.id)).first() is None


def test_what_would_change_is_shown_first_and_nothing_is_written(operator: TestClient, store: Store) -> None:
    before = [unit(store, code) for code in UNITS]
    shown = post(operator, AGAIN, "/preview").json()["register"]
    assert told(shown) == {"new": 1, "changed": 2, "disputed": 1, "unchanged": 1, "gone": 1}
    assert shown["system"] == "housing"
    first = shown["first"]
    assert [(row["code"], row["line"]) for row in first["new"]] == [("U9", 5)]
    assert [row["code"] for row in first["gone"]] == ["U2"]
    assert first["changed"][0]["fields"] == [
        {"field": "address", "stored": "坊门街0号", "offered": "天皇巷9号"},
        {"field": "rooms", "stored": "3", "offered": "4"},
    ]
    assert first["disputed"] == [
        {"code": "U1", "line": 3, "fields": [{"field": "until", "stored": "2026-07-04", "offered": "2027-01-04"}]}
    ]
    assert [unit(store, code) for code in UNITS] == before
    assert len(operator.get("/api/batches").json()["items"]) == 1


def test_owners_change_their_fields_and_the_rest_waits_for_a_person(
    operator: TestClient, store: Store, site: Site
) -> None:
    done = post(operator, AGAIN).json()
    assert told(done["register"]) == {"new": 1, "changed": 2, "disputed": 1, "unchanged": 1, "gone": 1}
    assert (done["summary"]["duplicates"], done["summary"]["changed"], done["summary"]["disputed"]) == (3, 2, 1)
    assert (unit(store, "U0")["address"], unit(store, "U0")["rooms"]) == ("天皇巷9号", 4)
    assert (unit(store, "U1")["address"], unit(store, "U1")["until"]) == ("天皇巷1号", "2026-07-04")
    assert unit(store, "U2")["address"] == "坊门街2号"  # gone from the register, and there
    (asked,) = waiting(operator)
    assert (asked["code"], asked["field"], asked["owner"], asked["system"]) == ("U1", "until", "grid_worker", "housing")

    post(operator, AGAIN)
    assert [each["id"] for each in waiting(operator)] == [asked["id"]]  # asked once

    worker = site.program(Role.GRID_WORKER, path="/D/C0/")
    taken = worker.post(f"/api/disagreements/{asked['id']}/decision", json={"decision": "take"})
    assert (taken.status_code, taken.json()["state"]) == (200, "taken")
    assert taken.json()["decided_by"] and taken.json()["decided_at"]
    assert unit(store, "U1")["until"] == "2027-01-04"
    again = worker.post(f"/api/disagreements/{asked['id']}/decision", json={"decision": "keep"})
    assert again.status_code == 409
    assert told(post(operator, AGAIN).json()["register"])["disputed"] == 0


def test_what_was_kept_is_not_asked_again_until_either_side_says_something_new(operator: TestClient) -> None:
    post(operator, AGAIN)
    (asked,) = waiting(operator)
    assert operator.post(f"/api/disagreements/{asked['id']}/decision", json={"decision": "keep"}).status_code == 200
    assert told(post(operator, AGAIN).json()["register"])["disputed"] == 0
    assert waiting(operator) == []
    post(operator, changed(U1={"until": "2028-01-04"}))
    post(operator, changed(U1={"until": "2029-01-04"}))
    assert [each["offered"] for each in waiting(operator)] == ["2029-01-04"]  # the older word is withdrawn
    assert [each["offered"] for each in waiting(operator, state="withdrawn")] == ["2028-01-04"]
    assert [each["offered"] for each in waiting(operator, state="kept")] == ["2027-01-04"]


def test_a_disagreement_about_what_has_changed_since_is_refused(operator: TestClient, store: Store) -> None:
    post(operator, AGAIN)
    (asked,) = waiting(operator)
    post(operator, changed(U1={"until": "2026-12-31"}), system="grid_worker")  # the owner speaks
    assert unit(store, "U1")["until"] == "2026-12-31"
    refused = operator.post(f"/api/disagreements/{asked['id']}/decision", json={"decision": "take"})
    assert (refused.status_code, refused.json()["details"]["now"]) == (409, "2026-12-31")


def test_each_sees_and_decides_where_he_may(operator: TestClient, site: Site) -> None:
    post(operator, AGAIN)
    (asked,) = waiting(operator)
    here, there = (site.program(Role.GRID_WORKER, path=f"/D/{code}/") for code in ("C0", "C1"))
    assert [each["id"] for each in waiting(here)] == [asked["id"]]
    assert waiting(here, area="C0", register="units", batch=asked["batch"]) == waiting(here)
    assert waiting(here, register="places") == waiting(there) == []
    answer = there.post(f"/api/disagreements/{asked['id']}/decision", json={"decision": "take"})
    assert answer.status_code == 404
    assert site.program(Role.COMMANDER).get("/api/disagreements").status_code == 403
    assert waiting(operator, area="C1") == []


def test_a_unit_that_moves_is_decided_again(operator: TestClient, store: Store) -> None:
    before = unit(store, "U0")["grid"]
    post(operator, changed(U0={"at": (2.5, 2.5)}))
    assert unit(store, "U0")["grid"] != before
    with store.read() as conn:
        moved = conn.execute(select(event).where(event.c.kind == "unit.moved")).one()
    assert (moved.grid_id_before, moved.grid_id) == (before, unit(store, "U0")["grid"])


def test_undo_puts_back_what_an_import_changed(operator: TestClient, store: Store) -> None:
    before = {code: unit(store, code) for code in UNITS}
    batch = post(operator, AGAIN | {"U0": {**AGAIN["U0"], "at": (1.5, 1.5)}}).json()["summary"]["batch"]
    (asked,) = waiting(operator)
    operator.post(f"/api/disagreements/{asked['id']}/decision", json={"decision": "take"})
    assert unit(store, "U0") != before["U0"]
    undone = operator.post(f"/api/batches/{batch}/undo")
    assert undone.json() == {"batch": batch, "kind": "units", "undone": 1, "put_back": 5}
    assert {code: unit(store, code) for code in UNITS} == before
    assert {each["state"] for each in waiting(operator, state="withdrawn", batch=batch)} == {"withdrawn"}
    redone = post(operator, AGAIN).json()["register"]
    assert told(redone) == {"new": 1, "changed": 2, "disputed": 1, "unchanged": 1, "gone": 1}


def test_undo_does_not_sweep_away_what_came_after(operator: TestClient, store: Store) -> None:
    batch = post(operator, changed(U0={"address": "一号"})).json()["summary"]["batch"]
    post(operator, changed(U0={"address": "二号"}))
    refused = operator.post(f"/api/batches/{batch}/undo")
    assert (refused.status_code, refused.json()["details"]) == (409, {"code": "U0", "field": "address"})
    assert operator.post(f"/api/batches/{batch}/undo", params={"even_worked": True}).json()["put_back"] == 0
    assert unit(store, "U0")["address"] == "二号"


def test_what_the_owner_says_and_cannot_be_waits_with_the_reason(operator: TestClient, store: Store) -> None:
    done = post(operator, changed(U0={"rooms": "1", "rooms_vacant": ""}))
    assert done.status_code == 200
    post(operator, "code,place\nU1,nowhere\n")
    found = {each["code"]: each for each in waiting(operator)}
    assert "there is no place 'nowhere'" in found["U1"]["reason"]
    assert unit(store, "U0")["rooms"] == 1


def test_places_have_owners_too(operator: TestClient, store: Store) -> None:
    lon, lat = lonlat(0.5, 0.5)
    head = "code,name,kind,area,households,lon,lat"
    post(operator, f"{head}\nP1,坊门小区,compound,C0,40,{lon},{lat}\nP2,旧,compound,C0,40,{lon},{lat}", kind="places")
    again = post(operator, f"{head}\nP1,坊门新村,compound,C1,45,{lon + 2e-3},{lat}\n", kind="places").json()
    assert told(again["register"]) == {"new": 0, "changed": 1, "disputed": 1, "unchanged": 0, "gone": 1}
    (asked,) = waiting(operator, register="places")
    assert (asked["field"], asked["stored"], asked["offered"], asked["owner"]) == (
        "households",
        "40",
        "45",
        "grid_worker",
    )
    with store.read() as conn:
        row = conn.execute(select(place).where(place.c.code == "P1")).one()
        parts = conn.execute(
            select(grid_version.c.code)
            .join(place_part, place_part.c.grid_id == grid_version.c.grid_id)
            .where(place_part.c.place_id == row.id, place_part.c.to_at.is_(None))
        ).scalars()
        assert parts.all() == ["G10"]  # it lies in another grid now
    assert (row.name, row.households) == ("坊门新村", 40)
    batch = again["summary"]["batch"]
    assert operator.post(f"/api/batches/{batch}/undo").json()["put_back"] == 3
    with store.read() as conn:
        row = conn.execute(select(place).where(place.c.code == "P1")).one()
    assert row.name == "坊门小区"


def test_appointments_have_owners_too(operator: TestClient, site: Site) -> None:
    head = "code,name,name_en,post,target,from_date,to_date"
    post(operator, f"{head}\nN1,甲,,lead,G00,2026-01-01,\nN2,乙,,lead,G10,2026-01-01,", kind="people")
    again = post(
        operator, f"{head}\nN1,甲,Jia,lead,G00,2026-01-01,2026-12-31\nN3,丙,,lead,G20,2026-01-01,", kind="people"
    )
    assert told(again.json()["register"]) == {"new": 1, "changed": 1, "disputed": 0, "unchanged": 0, "gone": 1}
    assert [row["code"] for row in again.json()["register"]["first"]["gone"]] == ["N2 lead"]
    found = site.program(Role.DISPATCHER).get("/api/people", params={"person": "N1"}).json()["items"]
    assert [(each["to_date"], each["person"]["name_en"]) for each in found] == [("2026-12-31", "Jia")]
    batch = again.json()["summary"]["batch"]
    assert operator.post(f"/api/batches/{batch}/undo").json()["put_back"] == 2
    found = site.program(Role.DISPATCHER).get("/api/people", params={"person": "N1"}).json()["items"]
    assert [(each["to_date"], each["person"]["name_en"]) for each in found] == [(None, None)]


def test_who_owns_what_is_data_with_a_version(operator: TestClient, store: Store, site: Site) -> None:
    assert operator.get("/api/registers/owners").json() == DEFAULT_DATA
    data = copy.deepcopy(DEFAULT_DATA)
    del data["version"]
    data["owners"]["units"]["until"] = "housing"
    data["valid_from"] = "2026-03-01"
    set_to = operator.post("/api/registers/owners", json=data)
    assert (set_to.status_code, set_to.json()["version"]) == (200, 2)
    assert told(post(operator, AGAIN).json()["register"])["disputed"] == 0
    assert unit(store, "U1")["until"] == "2027-01-04"
    data["owners"]["units"].pop("rooms")
    assert operator.post("/api/registers/owners", json=data).status_code == 400
    assert site.program(Role.GRID_WORKER).get("/api/registers/owners").status_code == 403
    refused = post(operator, AGAIN, system="nobody")
    assert (refused.status_code, "housing" in refused.json()["detail"]) == (400, True)


words = st.sampled_from(["1", "2", "3"])


@pytest.mark.hypothesis  # its property is inside
def test_a_preview_and_its_import_say_the_same_whatever_comes(operator: TestClient, store: Store) -> None:
    """Over any course of imports; and once both are done, what owners say is what is stored."""

    @settings(max_examples=examples(12), suppress_health_check=list(HealthCheck))
    @given(
        st.dictionaries(
            st.sampled_from(["U0", "U1", "U2", "N1", "N2"]),
            st.fixed_dictionaries(
                {"address": words, "rooms": words, "rooms_vacant": st.just("0"), "until": st.just("2027-05-01")}
            ),
        ),
        st.sampled_from(["housing", "grid_worker"]),
    )
    def agree(units: dict[str, dict[str, Any]], system: str) -> None:
        rows = {code: {**UNITS["U0"], **fields} for code, fields in units.items()}
        shown = post(operator, rows, "/preview", system=system).json()["register"]
        before = len(waiting(operator))
        done = post(operator, rows, system=system).json()
        assert done["register"] == shown
        summary = done["summary"]
        assert (summary.get("changed", 0), summary.get("disputed", 0)) == (shown["changed"], shown["disputed"])
        assert shown["new"] + summary["duplicates"] == len(rows) == summary["rows"]
        assert len(waiting(operator)) >= before - len(rows)
        after = post(operator, rows, "/preview", system=system).json()["register"]
        assert (after["new"], after["changed"]) == (0, 0)
        for code, fields in rows.items():
            if system == "housing":
                assert unit(store, code)["address"] == fields["address"]

    agree()
    assert set(Register) == {"units", "places", "people"}
