"""Imports whose points lie in another datum than they say: shown, refused, confirmed on a second request, kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api import held as holding
from geo.crs import from_wgs84
from geo.desk import batches
from geo.rules.access import Role
from geo.store.store import Store
from geo.store.tables import batch, held_part, place, rental_unit, report
from tests import district
from tests.api.conftest import Site
from tests.district import lonlat

# Nine compounds of one square each; every row names one and lies in it.
SQUARES = [(column, row) for column in range(3) for row in range(3)]
PLACES = "code,name,kind,lon,lat\n" + "".join(
    "P{0}{1},第{0}{1}小区,compound,{2!r},{3!r}\n".format(c, r, *lonlat(c + 0.5, r + 0.5)) for c, r in SQUARES
)
COLUMNS = {"lon": "lon", "lat": "lat"}
KINDS = {
    "reports": ({"ref": "id", "address": "where"}, "id,lon,lat,where", report, "测试区第{0}{1}小区3幢"),
    "units": ({"code": "id", "place": "where"}, "id,lon,lat,where", rental_unit, "P{0}{1}"),
    "places": ({"code": "id", "name": "id", "parent": "where"}, "id,lon,lat,where,kind", place, "P{0}{1}"),
}  # fmt: skip


@pytest.fixture
def operator(site: Site, store: Store) -> TestClient:
    district.build(store, site.clock.now)
    client = site.program(Role.OPERATOR)
    done = post(client, "places", PLACES, {"datum": "wgs84"})
    assert done.json()["summary"]["imported"] == 9
    return client


def post(client: TestClient, kind: str, table: str, options: dict[str, Any], also: str = "") -> Any:
    files = {"file": ("table.csv", table)}
    return client.post(f"/api/imports/{kind}{also}", files=files, data={"options": json.dumps(options)})


def table(kind: str, true: str) -> str:
    """Nine rows of a kind in a datum."""
    _, header, _, names = KINDS[kind]
    lines = []
    for n, (column, row) in enumerate(SQUARES):
        x, y = from_wgs84(*lonlat(column + 0.3, row + 0.6), true)
        cells = [f"N{n}", repr(float(x)), repr(float(y)), names.format(column, row), "building"]
        lines.append(",".join(cells[: header.count(",") + 1]))
    return "\n".join([header, *lines])


def rows(store: Store, kind: str) -> tuple[int, int]:
    with store.read() as conn:
        return tuple(
            conn.execute(select(func.count()).select_from(each)).scalar_one() for each in (KINDS[kind][2], batch)
        )


@pytest.mark.parametrize("what", KINDS)
def test_a_wrong_datum_is_refused_and_confirmed_on_a_second_request(
    operator: TestClient, store: Store, what: str
) -> None:
    said = COLUMNS | KINDS[what][0] | {"datum": "wgs84"}
    before = rows(store, what)
    shown = post(operator, what, table(what, "gcj02"), said, "/preview")
    assert shown.status_code == 200
    (look,) = shown.json()["datum"]
    assert (look["verdict"], look["better"], look["naming"], len(look["samples"])) == ("held", "gcj02", 9, 9)

    refused = post(operator, what, table(what, "gcj02"), said)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-datum")
    assert refused.json()["details"]["datum"] == [look]
    assert "--confirm-datum wgs84" in refused.json()["detail"]
    assert rows(store, what) == before
    (held,) = operator.get("/api/held-imports").json()["items"]
    assert (held["id"], held["state"], held["datum"]) == (refused.json()["details"]["held"], "waiting", [look])

    other = post(operator, what, table(what, "gcj02"), said | {"confirm_datum": "gcj02"})
    assert other.status_code == 409  # one confirms what one names

    done = post(operator, what, table(what, "gcj02"), said | {"confirm_datum": "WGS-84"})
    assert done.status_code == 200
    assert done.json()["datum"] == [look | {"confirmed": True}]
    operator.post(f"/api/held-imports/{held['id']}/decision", json={"decision": "drop"})
    newest = operator.get("/api/batches").json()["items"][0]
    (kept,) = newest["datum"]
    assert newest["id"] == done.json()["summary"]["batch"]
    assert (kept["confirmed"], kept["by"], kept["fits"]) == (True, newest["actor"], look["fits"])

    assert operator.post(f"/api/batches/{newest['id']}/undo").status_code == 200
    again = post(operator, what, table(what, "gcj02"), said | {"datum": "gcj02"})
    assert again.status_code == 200
    assert [each["verdict"] for each in again.json()["datum"]] == ["fits"]


def test_rows_that_each_name_their_datum_are_looked_at_datum_by_datum(operator: TestClient, store: Store) -> None:
    head = "id,lon,lat,where,d"
    right = [f"{line},bd09" for line in table("units", "bd09").splitlines()[1:5]]
    wrong = [f"x{line},wgs84" for line in table("units", "bd09").splitlines()[5:]]
    said = COLUMNS | KINDS["units"][0] | {"datum_column": "d"}
    refused = post(operator, "units", "\n".join([head, *right, *wrong]), said)
    assert (refused.status_code, [each["datum"] for each in refused.json()["details"]["datum"]]) == (409, ["wgs84"])
    done = post(operator, "units", "\n".join([head, *right]), said)
    assert [(each["datum"], each["verdict"]) for each in done.json()["datum"]] == [("bd09", "fits")]


@pytest.mark.parametrize("made_of", ["gcj02", "bd09"])
def test_metres_that_were_projected_from_a_wrong_datum_are_noticed(operator: TestClient, made_of: str) -> None:
    """Whoever loads GCJ-02 degrees as WGS84 and saves them in metres has a file that names a true CRS."""
    said = COLUMNS | KINDS["units"][0] | {"datum": "EPSG:4549"}
    rows = table("units", f"EPSG:4549+{made_of}")
    refused = post(operator, "units", rows, said)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-datum")
    (look,) = refused.json()["details"]["datum"]
    assert look["better"] == f"EPSG:4549+{made_of}"
    assert {fit["datum"] for fit in look["fits"]} == {"EPSG:4549", "EPSG:4549+gcj02", "EPSG:4549+bd09"}
    again = post(operator, "units", rows, said | {"datum": look["better"]})
    assert [each["verdict"] for each in again.json()["datum"]] == ["fits"]
    right = post(
        operator, "reports", table("reports", "EPSG:4549"), COLUMNS | KINDS["reports"][0] | {"datum": "EPSG:4549"}
    )
    assert [each["verdict"] for each in right.json()["datum"]] == ["fits"]


def test_a_single_report_is_never_held(operator: TestClient, site: Site) -> None:
    """Whoever files it waits at a telephone; what it says is kept, and a pin can be moved."""
    x, y = from_wgs84(*lonlat(0.5, 0.5), "bd09")
    sent = {"source": "hotline", "source_ref": "1", "lon": float(x), "lat": float(y), "datum": "wgs84"}
    answer = site.program(Role.INTAKE).post("/api/reports", json=sent | {"address": "第00小区", "description": "x"})
    assert answer.status_code == 201


# -- what waits -------------------------------------------------------------------------------------------------------


def parts(store: Store) -> int:
    with store.read() as conn:
        return conn.execute(select(func.count()).select_from(held_part)).scalar_one()


def held(client: TestClient, what: str, **more: Any) -> dict[str, Any]:
    """A file in GCJ-02 that says WGS84, sent and held."""
    said = COLUMNS | KINDS[what][0] | {"datum": "wgs84"} | more
    answer = post(client, what, table(what, "gcj02"), said)
    assert answer.status_code == 409, answer.text
    return answer.json()["details"]


def settle(client: TestClient, number: int, decision: str, **datum: str) -> Any:
    return client.post(f"/api/held-imports/{number}/decision", json={"decision": decision} | datum)


@pytest.mark.parametrize("what", ["reports", "places"])
def test_a_held_file_is_taken_under_the_datum_that_somebody_names(
    operator: TestClient, store: Store, what: str
) -> None:
    before = rows(store, what)
    number = held(operator, what)["held"]
    assert held(operator, what)["held"] == number  # once more is the same
    assert (rows(store, what), parts(store)) == (before, 1)

    done = settle(operator, number, "as_datum", datum="GCJ-02")
    assert done.status_code == 200, done.text
    told, outcome = done.json()["held"], done.json()["outcome"]
    assert (told["state"], told["as_datum"], told["batch"]) == ("taken", "gcj02", outcome["summary"]["batch"])
    assert [each["verdict"] for each in outcome["datum"]] == ["fits"]
    assert (rows(store, what), parts(store)) == ((before[0] + 9, before[1] + 1), 0)
    assert told["datum"][0]["samples"] == []  # coordinates go with the file

    again = settle(operator, number, "as_datum", datum="gcj02")
    assert (again.status_code, again.json()) == (200, {"held": told, "outcome": None})
    for decision, datum in (("as_datum", {"datum": "bd09"}), ("as_said", {}), ("drop", {})):
        assert settle(operator, number, decision, **datum).status_code == 409
    assert rows(store, what) == (before[0] + 9, before[1] + 1)
    assert operator.get("/api/held-imports").json()["items"] == []
    assert operator.get("/api/held-imports?settled=true").json()["items"] == [told]
    assert operator.post(f"/api/batches/{told['batch']}/undo").status_code == 200


def test_a_held_file_is_taken_as_it_says_or_dropped(operator: TestClient, store: Store) -> None:
    first, second = held(operator, "units")["held"], held(operator, "reports", source="x")["held"]
    assert first != second
    done = settle(operator, first, "as_said").json()
    assert [(each["datum"], each["confirmed"]) for each in done["outcome"]["datum"]] == [("wgs84", True)]
    assert done["held"]["as_datum"] is None
    assert [settle(operator, second, "drop").json()["held"]["state"] for _ in range(2)] == ["dropped"] * 2
    assert (parts(store), rows(store, "reports")[0]) == (0, 0)
    assert held(operator, "reports", source="x")["held"] > second  # sent anew, it waits anew


def test_a_cut_off_is_finished_by_the_same_decision_and_nothing_else(
    operator: TestClient, site: Site, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = held(operator, "reports")["held"]
    for verb in ("_import", "_act"):  # before any row is in, and when all are and nobody has noted it
        with monkeypatch.context() as patch:
            dies(patch, verb)
            with pytest.raises(Killed):
                settle(operator, number, "as_datum", datum="gcj02")
        (item,) = operator.get("/api/held-imports").json()["items"]
        assert (item["state"], item["as_datum"], parts(store)) == ("taking", "gcj02", 1)
        assert [settle(operator, number, each).status_code for each in ("drop", "as_said")] == [409, 409]
    before = rows(store, "reports")
    told = settle(operator, number, "as_datum", datum="gcj02").json()
    assert (told["held"]["state"], told["outcome"], rows(store, "reports"), parts(store)) == ("taken", None, before, 0)
    assert before[0] == 9


def test_what_was_cut_off_waits_again_when_its_batch_is_undone(
    operator: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = held(operator, "reports")["held"]
    monkeypatch.setattr(batches, "finish", killed)  # all rows are in, and the batch still runs
    with pytest.raises(Killed):
        settle(operator, number, "as_said")
    monkeypatch.undo()
    (newest, *_) = operator.get("/api/batches").json()["items"]
    assert (newest["state"], rows(store, "reports")[0]) == ("running", 9)
    assert operator.post(f"/api/batches/{newest['id']}/undo").status_code == 200
    (item,) = operator.get("/api/held-imports").json()["items"]
    assert (item["state"], item["as_datum"], item["decided_at"]) == ("waiting", None, None)
    done = settle(operator, number, "as_datum", datum="gcj02").json()
    assert (done["held"]["state"], done["outcome"]["summary"]["placed"]) == ("taken", 9)


def test_what_is_being_taken_does_not_wait_again_when_an_older_batch_is_undone(
    operator: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own batch is not there yet, and somebody could drop it under the import."""
    said = COLUMNS | KINDS["reports"][0] | {"datum": "wgs84", "confirm_datum": "wgs84"}
    older = post(operator, "reports", table("reports", "gcj02"), said).json()["summary"]["batch"]
    site.clock.now += timedelta(minutes=1)
    number = held(operator, "reports")["held"]
    dies(monkeypatch, "_import")
    with pytest.raises(Killed):
        settle(operator, number, "as_said")
    assert operator.post(f"/api/batches/{older}/undo").status_code == 200
    (item,) = operator.get("/api/held-imports").json()["items"]
    assert item["state"] == "taking"


def test_what_fails_after_the_rows_are_in_leaves_the_decision_as_it_was(
    operator: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must not wait again: under another datum every row would be a duplicate, where it is."""
    number = held(operator, "reports")["held"]
    does = holding._import

    def fails(*given: Any) -> Any:
        does(*given)
        raise OSError("the folder of the file cannot be removed")

    with monkeypatch.context() as patch:
        patch.setattr(holding, "_import", fails)
        assert settle(operator, number, "as_datum", datum="gcj02").status_code == 500
    (item,) = operator.get("/api/held-imports").json()["items"]
    assert (item["state"], item["as_datum"]) == ("taking", "gcj02")
    assert settle(operator, number, "as_datum", datum="gcj02").json()["held"]["state"] == "taken"
    assert rows(store, "reports")[0] == 9


class Killed(BaseException):
    """A process that ends: nothing more is done in it."""


def killed(*_: Any) -> None:
    raise Killed


def dies(patch: pytest.MonkeyPatch, verb: str) -> None:
    """End the process at the import of a held file; or when its rows are in, before that is noted."""
    done = {"_import": 0, "_act": 1}[verb]
    does, left = getattr(holding, verb), [done]

    def dying(*given: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return does(*given)

    patch.setattr(holding, verb, dying)


def test_a_decision_that_does_not_fit_leaves_it_waiting(operator: TestClient, site: Site, store: Store) -> None:
    number = held(operator, "units")["held"]
    before = rows(store, "units")
    refused = [
        (settle(operator, number, "as_datum", datum="bd09"), 409),  # fits worse
        (settle(operator, number, "as_datum", datum="mars"), 400),
        (settle(operator, number, "as_datum"), 400),
        (settle(operator, number, "drop", datum="gcj02"), 400),
        (settle(operator, number + 1, "drop"), 404),
        (settle(site.program(Role.INTAKE), number, "drop"), 403),
    ]
    assert [answer.status_code for answer, _ in refused] == [status for _, status in refused]
    (item,) = operator.get("/api/held-imports").json()["items"]
    assert (item["state"], item["as_datum"], rows(store, "units"), parts(store)) == ("waiting", None, before, 1)
    assert settle(operator, number, "as_datum", datum="gcj02").status_code == 200


def test_rows_that_name_their_own_datum_are_taken_as_they_say_only(operator: TestClient) -> None:
    head, *lines = table("units", "bd09").splitlines()
    said = COLUMNS | KINDS["units"][0] | {"datum_column": "d"}
    sent = "\n".join([f"{head},d", *(f"{line},wgs84" for line in lines)])
    number = post(operator, "units", sent, said).json()["details"]["held"]
    assert operator.get("/api/held-imports").json()["items"][0]["can_rename"] is False
    assert settle(operator, number, "as_datum", datum="bd09").status_code == 400
    assert settle(operator, number, "as_said").json()["outcome"]["summary"]["rows"] == 9


def test_a_preview_needs_what_the_import_needs_and_says_what_is_wrong_with_a_file(
    operator: TestClient, site: Site
) -> None:
    said = COLUMNS | KINDS["reports"][0] | {"datum": "wgs84"}
    assert post(site.program(Role.INTAKE), "reports", table("reports", "wgs84"), said, "/preview").status_code == 403
    assert post(operator, "reports", "id\n1", said, "/preview").status_code == 400
    assert post(operator, "nothing", "id\n1", said, "/preview").status_code == 404
    assert post(operator, "people", "code,name\n1,A", {}, "/preview").json()["datum"] == []
