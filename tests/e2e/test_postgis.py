"""The same page over PostGIS: it opens with true numbers, and a report appears by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from geo.rules.access import Role
from tests.e2e.conftest import OpenMap
from tests.e2e.district import GRIDS, Original, make
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service
from tests.postgis_server import PostgisServer

pytestmark = [pytest.mark.browser, pytest.mark.postgis]


@pytest.fixture(scope="module")
def service(original: Original, postgis_server: PostgisServer) -> Iterator[Service]:
    """A service over a PostGIS database with the district's grids and people, and a part of its units and issues."""
    whole = original.district()
    location = postgis_server.new_database()
    make(location, replace(whole, units=whole.units[::10], issues=whole.issues[-500:]))
    running = Service(location)
    running.start()
    yield running
    running.stop()
    postgis_server.drop(location)


def test_the_page_over_postgis(open_map: OpenMap, service: Service) -> None:
    battle = open_map()
    with service.program(*EVERYTHING) as program, service.program(Role.INTAKE) as hotline:
        grids = grids_of(program)
        assert len(grids) == GRIDS
        before = sum(grid["open"] for grid in grids)
        expect(battle.kpi(0)).to_have_text(f"{before:,}")
        expect(battle.class_count("red")).to_have_text(str(sum(grid["units"]["red"] for grid in grids)))
        spot = spots(program)[0]
        filed = hotline.post("/api/reports", json=report(spot)).raise_for_status().json()
    expect(battle.kpi(0)).to_have_text(f"{before + 1:,}")
    expect(battle.toast).to_contain_text(spot.name)
    battle.shows("issues", filed["issue_id"], 0)
    battle.toast.click()
    expect(battle.panel.locator(".card-title")).to_contain_text(filed["number"])
