"""``gridwarden assign`` where rows name where they are: the store's address book decides, as it does for a report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import contents, refused, run
from tests.cli.conftest import EAST, SQUARE, write_geojson
from tests.cli.test_assign import read, summary
from tests.cli.test_datums import places, reports

STAIRWELLS = """code,name,kind,lon,lat,parent
J,锦绣花园,compound,118.805,28.905,
J-3,锦绣花园3幢,building,118.8051,28.905,J
J-3-2,锦绣花园3幢2单元,stairwell,118.8052,28.905,J-3
L,天皇巷,lane,118.815,28.905,
"""
ROWS = """id,where,code,lon,lat,accuracy
1,锦绣花园3幢2单元501室,,,,
2,锦绣花园3幢2单元501室,,118.8152,28.905,20
3,,J-3,118.8152,28.905,
4,,天皇巷,,,
5,天皇巷,,118.801,28.901,500
6,哪里也不是,,,,
7,锦绣花园3幢,,here,28.905,
"""


@pytest.fixture
def known(city: str, tmp_path: Path) -> str:
    (tmp_path / "stairwells.csv").write_text(STAIRWELLS, "utf-8")
    given = ["--datum", "wgs84", "--parent", "parent", "--store", city]
    assert run("import", "places", tmp_path / "stairwells.csv", *given).code == 0
    return city


NAMED = ("--address", "where", "--place", "code")
POINTS = ("--datum", "wgs84", "--lon", "lon", "--lat", "lat", "--accuracy", "accuracy")


def test_names_decide_and_say_so(known: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    before = contents(known)
    for suffix in (".csv", ".parquet"):
        out = tmp_path / f"o{suffix}"
        told = summary(run("assign", tmp_path / "rows.csv", "-o", out, "--store", known, *NAMED, *POINTS, "--json"), 3)
        assert (told["placed"], told["assigned"], told["no_location"], told["rejected"]) == (4, 1, 1, 1)
        rows = read(out)
        assert [(row["grid"], row["method"], row["decided_by"]) for row in rows] == [
            ("G1", "place", "stairwell"),
            ("G1", "place", "stairwell"),
            ("G1", "place", "building"),
            ("G2", "place", "lane"),
            ("G1", "within", "point"),
            (None, None, None),
            (None, None, None),
        ]
        evidence = [row["evidence"] and json.loads(row["evidence"]) for row in rows]
        assert evidence[1]["place"] == "J-3-2" and evidence[1]["source"] == "address" and evidence[1]["point_m"] > 900
        assert evidence[2]["source"] == "place_code" and evidence[3]["source"] == "address"
        [near] = [row["candidates"] for row in rows if row["candidates"]]
        assert 0.0 < json.loads(near)[0]["share"] < 1.0
    assert contents(known) == before


def test_rows_without_coordinates_need_no_datum(known: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,where\n1,锦绣花园3幢\n2,\n", "utf-8")
    out = tmp_path / "o.geoparquet"
    command = ("assign", tmp_path / "rows.csv", "-o", out, "--store", known, "--address", "where", "--json")
    assert summary(run(*command))["placed"] == 1
    assert [row["grid"] for row in read(out)] == ["G1", None]
    assert [row["geometry"] is None for row in read(out)] == [False, True]


def test_names_are_those_of_a_store(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,where\n1,锦绣花园3幢\n", "utf-8")
    grids = write_geojson(tmp_path / "grids.geojson", SQUARE, EAST)
    of_file = ("--grids", grids, "--code", "code", "--metric-crs", "EPSG:4549")
    done = run("assign", tmp_path / "rows.csv", "-o", tmp_path / "o.csv", *of_file, "--address", "where")
    assert done.code == 2 and "--address is of a store" in done.err


def test_a_wrong_datum_stops_it_until_it_is_confirmed(city: str, tmp_path: Path) -> None:
    assert run("import", "places", places(tmp_path), "--datum", "wgs84", "--store", city).code == 0
    file, out = reports(tmp_path, "gcj02"), tmp_path / "o.csv"
    command = ["assign", file, "-o", out, "--store", city, *POINTS[:-2], "--address", "where"]
    refused(*command, says=["say wgs84, and look like gcj02", "100%", "--confirm-datum wgs84"])
    assert not list(tmp_path.glob("o.csv*"))
    assert summary(run(*command, "--confirm-datum", "wgs84", "--json"))["rows"] == 9
    right = run(*command, "--datum", "gcj02", "--replace", "--json")
    assert summary(right)["rows"] == 9 and "9 of 9 points" in right.err


def test_parts_made_by_workers_are_those_of_a_local_run(known: str, tmp_path: Path) -> None:
    from geo import bulk
    from geo.bulk.parts import JobFolder, Parts
    from geo.bulk.work import lay_out, make_part
    from geo.desk.bulk_rows import names_of_store
    from geo.desk.editions import Wanted, grids_of_store
    from geo.store.store import Store

    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    with Store.open(known, write=False) as store, store.read() as conn:
        grids, names = grids_of_store(store, conn, Wanted(discs=True)), names_of_store(conn)
    about = {"lon": "lon", "lat": "lat", "accuracy": "accuracy", "place": "code", "address": "where"}
    made = {}
    for way in ("here", "there"):
        request = bulk.Request(tmp_path / "rows.csv", tmp_path / way, "wgs84", **about)
        job = bulk.prepare(request, grids, names)
        if way == "here":
            bulk.run(job)
        else:
            folder = JobFolder(request.out, job.plan.shape)
            folder.open(job)
            folder.share(grids, names)
            lay_out(Parts(folder.folder, job.plan.shape), 0, job.source.stream())
            make_part(str(folder.folder), 0)
            folder.become(request.out)
        made[way] = read(next((tmp_path / way).glob("*.parquet")))
    assert made["here"] == made["there"] and len(made["here"]) == 7
