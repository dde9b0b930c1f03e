"""Whoever loses what he was granted, and not his sign-in, is told so in words; nothing of the map stays."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import expect

from api.accounts import Accounts, book, keys
from geo.model import SYSTEM
from geo.rules.access import Role
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import Visitors
from tests.e2e.service import Service

pytestmark = pytest.mark.browser

WALL = {"width": 3840, "height": 2160}


def take_away(service: Service, secret: str) -> None:
    """End every grant of the token's account."""
    now = datetime.now(UTC)
    with closing(Accounts.open(service.location)) as accounts, accounts.write() as conn:
        who = keys.authenticate(conn, secret, now=now).account
        for grant, _ in book.grants_of(conn, who.id):
            book.revoke_grant(conn, grant, now=now, by=SYSTEM)


def give(service: Service, secret: str, role: Role) -> None:
    now = datetime.now(UTC)
    with closing(Accounts.open(service.location)) as accounts, accounts.write() as conn:
        who = keys.authenticate(conn, secret, now=now).account
        book.add_grant(conn, who, role, from_date=date(2020, 1, 1), now=now, by=SYSTEM)


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "此屏不再有权显示作战图"), ("en", "This screen may not show the map any more")]
)
def test_a_wall_screen_says_so_and_goes_on_when_it_may_again(
    service: Service, visitors: Visitors, lang: str, words: str
) -> None:
    secret = service.token(Role.KIOSK)
    page, watch = visitors.page(viewport=WALL)
    page.clock.install()
    page.goto(f"{service.url}/sign-in?wall=1&lang={lang}#{secret}")
    wall = BattlePage(page, watch)
    wall.is_ready()
    watch.allow(r"answer 403: .*", r"console error: .*403")
    take_away(service, secret)
    end = page.locator(".wall-end")
    expect(end).to_contain_text(words)
    expect(page.locator(".app")).to_be_hidden()
    expect(wall.banner).to_be_hidden()
    assert re.sub(r"\s", "", page.locator("body").inner_text()) == re.sub(r"\s", "", end.inner_text())
    give(service, secret, Role.KIOSK)
    page.clock.run_for(61_000)
    expect(end).to_be_empty()
    wall.is_ready()
    wall.has_no_flaws()


def test_a_person_is_told_what_to_ask_for(service: Service, visitors: Visitors) -> None:
    secret = service.token(Role.COMMANDER)
    page, watch = visitors.page()
    page.goto(f"{service.url}/sign-in#{secret}")
    battle = BattlePage(page, watch)
    battle.is_ready()
    battle.panel.locator(".as-table button").click()
    watch.allow(r"answer 403: .*", r"console error: .*403")
    take_away(service, secret)
    expect(page.get_by_role("alert")).to_contain_text("您没有权限查看作战图")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for part in (".kpi", "#battle_map", "#search", "#where"):
        expect(page.locator(part)).to_be_hidden()
    expect(battle.banner).to_be_hidden()
    page.reload()  # and whoever comes without any grant
    expect(page.get_by_role("alert")).to_contain_text("请管理员授权")
