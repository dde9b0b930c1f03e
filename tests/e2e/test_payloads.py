"""Whatever somebody writes is shown as text, to the letter, wherever the page shows it. Nothing of it ever runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import Connection, Table, select, update

from geo.rules.access import Role
from geo.store.store import Store
from geo.store.tables import area, category, grid_version, person
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.district import Original
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

LONG = "长" * 2_500 + "w" * 2_500
HOSTILE = {
    "image": "<img src=x onerror=window.ran=1>",
    "script": "</script><script>window.ran=1</script>",
    "template": "${window.ran=1}{{window.ran=1}}{{constructor.constructor('window.ran=1')()}}",
    "attribute": "\" autofocus onfocus=window.ran=1 x='' y=`<svg onload=window.ran=1>",
    "link": "<a href=javascript:window.ran=1>点</a> javascript:window.ran=1",
    "entity": "&lt;b&gt; &amp;amp; &#60;i&#62; %3Cscript%3E \\u003cscript\\u003e",
    "right to left": "\u202egnp.exe\u202c \u200fשלום\u200e مرحبا",
    "joined": "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \u0000".replace("\u0000", "\ufffd"),
    "long": LONG,
}
SHORT = [text for text in HOSTILE.values() if len(text) < 100]


@pytest.fixture(scope="module")
def service(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over a district in which every name of a grid, an area, a person and a category is hostile."""
    location = original.copy_to(tmp_path_factory.mktemp("hostile"))
    with Store.open(location, now=datetime.now(UTC)) as store, store.write() as conn:
        for table in (grid_version, area, person, category):
            for row, text in zip(conn.execute(select(table.c.id)).scalars().all(), cycle(SHORT), strict=False):
                _rename(conn, table, row, f"{text} {row}")
        _rename(conn, grid_version, conn.execute(select(grid_version.c.id).limit(1)).scalar_one(), LONG)
    running = Service(location)
    running.start()
    yield running
    running.stop()


def _rename(conn: Connection, table: Table, row: int, text: str) -> None:
    conn.execute(update(table).where(table.c.id == row).values(name=text, name_en=text))


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


def nothing_ran(battle: BattlePage) -> None:
    """No script of theirs, no element of theirs, no dialog (those the watch reports)."""
    assert battle.page.evaluate("window.ran") is None
    theirs = "img, svg[onload], [onerror], [onfocus], [autofocus], a[href^=javascript], iframe, body script"
    assert battle.page.locator(theirs).count() == 0
    assert battle.page.locator("script").count() == 2  # the bundle and folium's script


def literally(where: Locator, text: str) -> None:
    expect(where).to_be_visible()
    assert where.text_content() == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_report_is_shown_to_the_letter(
    open_map: OpenMap, service: Service, program: httpx2.Client, text: str
) -> None:
    spot = spots(program)[0]
    battle = open_map()
    with service.program(Role.INTAKE) as hotline:
        source = "".join(letter for letter in text[:100] if letter.isprintable())  # others no source may have
        told = report(spot, description=text, address=text[:500], source=source, source_ref=text[:200])
        filed = hotline.post("/api/reports", json=told).raise_for_status().json()
    battle.toast.click()
    literally(battle.panel.locator(".words"), text)
    facts = battle.panel.locator(".fact-list dd")
    literally(facts.first, text[:500])
    expect(facts.last).to_contain_text(source.strip())
    battle.has_no_flaws()

    battle.panel.get_by_role("button", name="销号", exact=True).click()
    battle.panel.get_by_role("textbox").fill(text[:2_000])
    battle.panel.get_by_role("button", name="答复并销号").click()
    reply = battle.panel.locator(".fact-list > div", has=battle.page.locator("dt", has_text="答复"))
    literally(reply.locator("dd"), text[:2_000])
    battle.has_no_flaws()
    nothing_ran(battle)
    assert program.get(f"/api/issues/{filed['issue_id']}").json()["report"]["description"] == text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_names_are_shown_to_the_letter(open_map: OpenMap, program: httpx2.Client, language: str) -> None:
    battle = open_map(locale={"zh": "zh-CN", "en": "en-GB"}[language])
    page = battle.page
    named = {grid["code"]: grid for grid in grids_of(program)}
    worst = [named[disc["code"]] for disc in battle.discs()]
    for at, grid in enumerate(worst):
        literally(page.locator("#panel .top .name").nth(at), grid["name"])
        literally(page.locator("#panel .top .who b").nth(at), grid["lead"]["name"])
    battle.has_no_flaws()

    disc = battle.discs()[0]
    page.mouse.move(disc["x"], disc["y"] + 1)
    literally(page.locator("#tip .tip-name"), worst[0]["name"])
    page.mouse.click(disc["x"], disc["y"])
    literally(battle.panel.locator("h2"), worst[0]["name"])
    detail = program.get(f"/api/grids/{worst[0]['code']}").json()
    above = [link for link in detail["chain"] if link["code"] != worst[0]["code"]]
    for at, link in enumerate(above):
        literally(battle.panel.locator(".chain > div").nth(at).locator("dd").first, link["name"])
    categories = {item["code"]: item["name"] for item in program.get("/map/config").json()["categories"]}
    literally(battle.panel.locator(".issues .issue-name").first, categories[detail["issues"][0]["category"]])
    battle.has_no_flaws()
    nothing_ran(battle)


def test_a_name_of_5000_characters(open_map: OpenMap, program: httpx2.Client) -> None:
    code = next(grid["code"] for grid in grids_of(program) if grid["name"] == LONG)
    battle = open_map(at=f"#14.5/28.95/118.87?g={code}&lang=zh")
    literally(battle.panel.locator("h2"), LONG)
    battle.has_no_flaws()
    nothing_ran(battle)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_address_of_the_page_that_is_hostile(open_map: OpenMap, text: str) -> None:
    """What stands behind the # is read as values or left out; a grid that does not exist is said calmly."""
    battle = open_map()
    battle.go(f"#14/28.95/118.87?g={quote(text)}&f={quote(text)}&class={quote(text)}&lang={quote(text)}")
    expect(battle.toast).to_have_text("链接里的所选内容不在您的范围内")
    expect(battle.panel.get_by_role("heading", name="先去这三处")).to_be_visible()
    nothing_ran(battle)
