"""Points of the synthetic district that come in a wrong datum are noticed, and those in the right one are not."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import imports
from geo.crs import from_wgs84, to_wgs84
from geo.desk import datum_check
from geo.desk.pins import Pin
from geo.desk.tx import Desk
from geo.errors import WrongDatum
from geo.model import DatumVerdict
from geo.store.store import Store
from sample_data.load import load
from sample_data.model import District
from tests.district import TESTER
from tests.examples import examples

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4490")
SAME = {"wgs84", "cgcs2000", "EPSG:4490"}
PAIRS = list(product(DATUMS, DATUMS))


@pytest.fixture
def desk(store: Store, made: District, now: datetime) -> Desk:
    """Areas, grids and places of the district; no work and no rental units yet."""
    desk = Desk(store)
    load(desk, replace(made, issues=(), units=(), people=(), posts=()), now)
    return desk


def is_wrong(true: str, said: str) -> bool:
    return true != said and not {true, said} <= SAME


def judged(desk: Desk, pins: list[Pin]) -> DatumVerdict:
    with desk.store.read() as conn:
        (seen,) = datum_check.look(conn, desk.atlas, desk.addresses.book(conn), pins)
    return seen.judgement.verdict


@pytest.mark.hypothesis  # its property is inside
def test_a_batch_is_held_exactly_when_its_datum_is_wrong(desk: Desk, made: District) -> None:
    """Whatever rows name (address, stairwell, community), however many, with names that are wrong among them."""
    homes = made.units[:: max(len(made.units) // 2_000, 1)]
    lon, lat = np.array([(home.lon, home.lat) for home in homes]).T
    community = {place.code: place.area for place in made.places}
    points = {datum: np.stack(from_wgs84(lon, lat, datum), axis=1) for datum in DATUMS}

    @settings(max_examples=examples(12), suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(PAIRS),
        st.lists(st.integers(0, len(homes) - 1), min_size=40, max_size=120, unique=True),
        st.sampled_from(["address", "place", "community"]),
        st.sampled_from([0, 10]),
    )
    def agrees(pair: tuple[str, str], rows: list[int], by: str, lie: int) -> None:
        true, said = pair
        pins = []
        for n, i in enumerate(rows):
            x, y = points[true][i]
            named = homes[rows[n - 1] if lie and n % lie == 0 else i]
            area = community[named.place_code or ""]
            about = {
                "address": {"texts": (named.address or "",)},
                "place": {"places": (named.place_code or "",)},
                "community": {"area": area},
            }[by]
            pins.append(Pin(n, str(n), float(x), float(y), said, **about))
        verdict = judged(desk, pins)
        if is_wrong(true, said):
            assert verdict is DatumVerdict.HELD
        else:
            assert verdict is DatumVerdict.FITS

    agrees()


def test_every_pair_of_datums_through_the_import_of_a_file(
    desk: Desk, made: District, now: datetime, tmp_path: Path
) -> None:
    """Held with nothing written, taken when it fits or somebody confirms, undone, and done again in the true datum."""
    homes = [home for home in made.units if home.place_code][:400:16]
    for n, (true, said) in enumerate(product(DATUMS[:4], DATUMS[:4])):
        path = tmp_path / f"reports{n}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "lon", "lat", "place", "address"])
            for i, home in enumerate(homes):
                x, y = from_wgs84(home.lon, home.lat, true)
                writer.writerow([i, repr(float(x)), repr(float(y)), home.place_code if i % 2 else "", home.address])
        job = imports.Job(desk, path, lambda: now, TESTER)
        given = {"lon": "lon", "lat": "lat", "ref": "id", "place": "place", "address": "address"}

        def run(datum: str, job: imports.Job = job, given: dict[str, str] = given, **more: str) -> imports.Outcome:
            return imports.run("reports", job, imports.parse_options("reports", given | more | {"datum": datum}))

        before = stored(desk)
        if is_wrong(true, said):
            with pytest.raises(WrongDatum, match=f"say {said}, and look like") as refusal:
                run(said)
            assert stored(desk) == before
            (told,) = refusal.value.details["datum"]
            assert (told["verdict"], told["naming"], told["confirmed"]) == ("held", len(homes), False)
            assert told["better"] in (SAME if true in SAME else {true})
            batch = run(said, confirm_datum=said).summary["batch"]
        else:
            batch = run(said).summary["batch"]
        assert stored(desk) == (before[0] + 1, before[1] + len(homes))
        with desk.transaction(lambda: now, TESTER) as tx:
            imports.undo(tx, batch)
        assert run(true).summary["rows"] == len(homes)
        with desk.store.read() as conn:
            kept = datum_check.kept(conn, [batch])[batch]
        assert [(each["confirmed"], each["by"]) for each in kept] == [(is_wrong(true, said), TESTER.id)]
        assert kept[0]["naming"] == len(homes) and "samples" not in kept[0]


def stored(desk: Desk) -> tuple[int, int]:
    """Batches and reports."""
    with desk.store.read() as conn:
        return tuple(conn.exec_driver_sql(f"SELECT count(*) FROM {each}").scalar_one() for each in ("batch", "report"))


def test_points_without_names_are_shown_under_each_datum(desk: Desk, made: District) -> None:
    homes = made.units[:500]
    pins = [Pin(n, f"r{n}", *from_wgs84(home.lon, home.lat, "gcj02"), "wgs84") for n, home in enumerate(homes, 2)]
    with desk.store.read() as conn:
        (seen,) = datum_check.look(conn, desk.atlas, desk.addresses.book(conn), pins)
    datum_check.check([seen])  # nobody is refused for saying nothing
    assert (seen.judgement.verdict, seen.judgement.naming, len(seen.samples)) == (DatumVerdict.UNPROVEN, 0, 20)
    assert (seen.samples[0]["line"], seen.samples[-1]["line"]) == (2, 501)
    falls = [{each["datum"]: each for each in sample["under"]} for sample in seen.samples]
    assert {tuple(each) for each in falls} == {("wgs84", "gcj02", "bd09")}
    grids = {grid.code for grid in made.grids}
    assert all(each["gcj02"]["grid"] in grids and each["gcj02"]["area"] for each in falls)
    for sample, each in zip(seen.samples, falls, strict=True):
        lon, lat = to_wgs84(sample["x"], sample["y"], "gcj02")
        at = each["gcj02"]["lon"], each["gcj02"]["lat"]
        assert at == pytest.approx((float(lon), float(lat)), abs=2e-6)
    assert sum(each["wgs84"]["grid"] != each["gcj02"]["grid"] for each in falls) >= 5  # inside, and in the wrong grid
