"""An issue near an edge in its drawer: one click says whose it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from geo.rules.access import Role
from tests.e2e.conftest import OpenMap
from tests.e2e.places import report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser


def test_one_click_confirms_whose_an_issue_is(open_map: OpenMap, service: Service) -> None:
    with service.program(*EVERYTHING) as program:
        spot = spots(program)[0]
        told = program.post("/api/reports", json=report(spot, accuracy_m=400)).raise_for_status().json()
        issue, candidates = told["issue_id"], told["assignment"]["candidates"]
        assert len(candidates) > 1
        battle = open_map(Role.DISPATCHER, at=f"#17/{spot.lat}/{spot.lon}?i={issue}&lang=zh")
        choices = battle.panel.get_by_role("button", name="归 ")
        expect(choices).to_have_count(len(candidates))
        choices.first.click()
        expect(battle.panel).to_contain_text("已确认")
        expect(battle.panel).to_contain_text("确认归属")  # in its history
        expect(choices).to_have_count(0)
        assert program.get(f"/api/issues/{issue}").json()["assignment"]["grid"] == spot.code
        assert issue not in [item["id"] for item in program.get("/api/queues/ambiguous").json()["items"]]
    battle.has_no_flaws()
