"""Signing in: a link works once, a preview of it burns nothing, a second use is refused calmly."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import expect

from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap, Visitors
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

REFUSED = (r"answer 401: .*/api/session", r"console error: .*401")


def test_a_link_signs_in_and_stays_out_of_the_history(service: Service, visitors: Visitors) -> None:
    page, watch = visitors.page()
    link = service.link(*EVERYTHING)
    page.goto(link)
    BattlePage(page, watch).is_ready()
    secret = link.partition("#")[2]
    assert secret not in page.url
    page.reload()
    BattlePage(page, watch).is_ready()
    page.go_back()
    assert secret not in page.url


def test_a_preview_does_not_burn_it(service: Service, visitors: Visitors) -> None:
    """Messengers fetch the links that are sent through them. The secret is in the fragment, which they cannot send."""
    link = service.link(*EVERYTHING)
    preview = httpx2.get(link, trust_env=False)
    assert preview.status_code == 200
    assert "Set-Cookie" not in preview.headers
    page, watch = visitors.page()
    page.goto(link)
    BattlePage(page, watch).is_ready()


def test_a_second_use_is_refused_calmly(service: Service, visitors: Visitors) -> None:
    link = service.link(*EVERYTHING)
    first, watch = visitors.page()
    first.goto(link)
    BattlePage(first, watch).is_ready()

    second, watch = visitors.page()
    watch.allow(*REFUSED)
    second.goto(link)
    expect(second.get_by_role("heading")).to_have_text("登录")
    expect(second.locator("#sign-in p:not(.sign-in-brand)")).to_have_text("链接已用过或已过期，请管理员重发一个。")
    assert "#" not in second.url

    english, watch = visitors.page(locale="en-GB")
    watch.allow(*REFUSED)
    english.goto(link)
    expect(english.locator("#sign-in p:not(.sign-in-brand)")).to_contain_text("used")

    first.reload()  # who has the session keeps it
    BattlePage(first, watch).is_ready()


@pytest.mark.parametrize(
    "secret", ["", "#", "#gwl_nonsense", "#14.6/28.9686/118.8715?f=over", "#<img src=x onerror=alert(1)>"]
)
def test_what_is_no_link_is_told_what_to_do(service: Service, visitors: Visitors, secret: str) -> None:
    page, watch = visitors.page()
    watch.allow(*REFUSED)
    page.goto(f"{service.url}/sign-in{secret}")
    expect(page.get_by_role("heading")).to_have_text("登录")
    expect(page.locator("#sign-in p:not(.sign-in-brand)")).to_contain_text("链接")


def test_signing_out_ends_the_page_and_every_request(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    battle.watch.allow(r"401", r"answer 401: .*")
    assert page.evaluate("fetch('/api/session', { method: 'DELETE' }).then((answer) => answer.status)") == 204
    expect(page.get_by_role("alert")).to_contain_text("登录已过期")
    refused = page.request.get(f"{battle.watch.origin}/map/grids")  # with the cookies of the page
    assert refused.status == 401
    page.reload()
    expect(page.locator("#sign-in")).to_be_visible()
