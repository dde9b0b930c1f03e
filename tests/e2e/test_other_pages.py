"""A page that is open in another tab: it may not read, act or watch with the session of who is signed in here.

It is served by another port of the same machine, the worst place: the browser takes it for the same site, and cookies
come along.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from geo.rules.access import Role
from tests.e2e.conftest import DEADLINE_MS
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser


class Nothing(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def person(browser: Browser, service: Service) -> Iterator[BrowserContext]:
    """A commander's browser, signed in. Nobody watches it: most of what happens here fails, and should."""
    context = browser.new_context()
    context.set_default_timeout(DEADLINE_MS)
    secret = service.link(Role.COMMANDER, Role.DISPATCHER).partition("#")[2]
    assert context.request.post(f"{service.url}/api/session", data={"token": secret}).status == 204
    yield context
    context.close()


# Every way in which a page may have a browser ask something, and what of the answer it gets to see.
ASK = """async ({ url, issue, unit }) => {
  const seen = {};
  const fetched = async (name, path, options) => {
    try {
      const answer = await fetch(url + path, { credentials: "include", ...options });
      seen[name] = `${answer.type} ${answer.status}`;
    } catch (error) { seen[name] = "failed"; }
  };
  const loaded = (name, tag, attributes, event = "load") => new Promise((done) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.addEventListener(event, () => { seen[name] = event; done(); });
    element.addEventListener("error", () => { seen[name] = "failed"; done(); });
    document.body.append(element);
  });
  const json = JSON.stringify({ reply: "forged" });
  const close = `/api/issues/${issue}/close`, open = `/api/units/${unit}?purpose=forged`;
  await fetched("read", "/api/issues");
  await fetched("read blindly", open, { mode: "no-cors" });
  await fetched("write", close, { method: "POST", body: json, headers: { "Content-Type": "application/json" } });
  await fetched("write plainly", close, { method: "POST", body: json, mode: "no-cors" });
  await fetched("write as a beacon does", close, { method: "POST", body: json, mode: "no-cors", keepalive: true });
  await fetched("sign out", "/api/session", { method: "DELETE" });
  await loaded("image", "img", { src: url + open });
  await loaded("script", "script", { src: url + "/api/issues" });
  await loaded("snapshot as script", "script", { src: url + "/map/issues" });
  await loaded("style", "link", { rel: "stylesheet", href: url + "/map/grids" });
  await new Promise((done) => {
    const stream = new EventSource(url + "/map/events", { withCredentials: true });
    stream.onmessage = stream.onopen = () => { seen.stream = "open"; done(); };
    stream.onerror = () => { stream.close(); seen.stream = "failed"; done(); };
  });
  return seen;
}"""

# A form whose answer goes into a frame. It ends when the frame has been given something to show, be it an error.
SUBMIT = """([method, action]) => new Promise((done) => {
  const frame = Object.assign(document.createElement("iframe"), { name: method });
  const form = Object.assign(document.createElement("form"), { method, action, target: method });
  form.append(Object.assign(document.createElement("input"), { name: "purpose", value: "forged" }));
  document.body.append(frame, form);
  frame.addEventListener("load", done);
  form.submit();
})"""
OPEN = "(url) => { window.held = window.open(url) }"


def state(service: Service, issue: int) -> tuple[str, list[str]]:
    """How the issue stands, and the purposes in the audit."""
    with service.program(Role.DISPATCHER) as desk, service.program(Role.AUDITOR) as auditor:
        entries = auditor.get("/api/audit").json()["items"]
        purposes = [entry["data"]["purpose"] for entry in entries if entry["action"] == "unit.opened"]
        return desk.get(f"/api/issues/{issue}").json()["state"], purposes


def test_a_page_elsewhere_reads_nothing_and_does_nothing(
    person: BrowserContext, service: Service, elsewhere: str
) -> None:
    with service.program(*EVERYTHING) as program:
        issue = program.get("/api/issues", params={"state": "open"}).json()["items"][0]["id"]
        unit = program.get("/api/units").json()["items"][0]["id"]
    target = {"url": service.url, "issue": issue, "unit": unit}
    page = person.new_page()
    page.goto(elsewhere)
    seen = page.evaluate(ASK, target)
    assert {name: what for name, what in seen.items() if what != "failed"} == {}
    close, unit_page = f"{service.url}/api/issues/{issue}/close", f"{service.url}/api/units/{unit}"
    page.evaluate(SUBMIT, ["post", close])
    page.evaluate(SUBMIT, ["get", unit_page])
    with person.expect_page() as opened:
        page.evaluate(OPEN, f"{unit_page}?purpose=forged")
    opened.value.wait_for_load_state()
    assert state(service, issue) == ("open", [])
    assert person.request.get(f"{service.url}/api/issues").status == 200  # and nobody was signed out


def test_no_page_has_the_map_in_a_frame_or_a_hold_on_its_window(
    person: BrowserContext, service: Service, elsewhere: str
) -> None:
    page = person.new_page()
    page.goto(elsewhere)
    for path in ("/", "/sign-in", "/docs"):
        page.evaluate("(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))",
                      service.url + path)  # fmt: skip
    assert len(page.main_frame.child_frames) == 3
    for frame in page.main_frame.child_frames:
        with suppress(Error):  # it may be refused while we wait
            frame.wait_for_url("chrome-error:**")
        frame.wait_for_url("chrome-error:**")
    with person.expect_page() as opened:
        page.evaluate(OPEN, service.url)
    opened.value.wait_for_load_state()
    page.wait_for_function("() => window.held.closed")  # to its opener; the person sees it all the same
    assert not opened.value.is_closed()
    assert opened.value.evaluate("() => window.opener") is None


# What somebody might bring into our own page, should a name ever be taken for markup. It ends when the browser has
# said of each that it was stopped.
INJECT = """(stopped) => {
  const ran = window.ran = [], said = [];
  const inline = document.createElement("script");
  inline.textContent = "window.ran.push('inline')";
  const data = Object.assign(document.createElement("script"), { src: "data:text/javascript,window.ran.push('data')" });
  const box = document.createElement("div");
  box.innerHTML = `<img src=x onerror="window.ran.push('handler')"><svg onload="window.ran.push('svg')"></svg>
    <iframe srcdoc="<img src=x onerror=parent.ran.push('srcdoc')>"></iframe><base href="http://127.0.0.1:9/">
    <a href="javascript:window.ran.push('address')">x</a><object data="/healthz"></object>
    <form action="http://127.0.0.1:9/"></form><div id="styled" style="position:fixed">x</div>`;
  return new Promise((done) => {
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
      said.push(effectiveDirective);
      const styled = getComputedStyle(box.querySelector("#styled")).position;
      const base = new URL("x", document.baseURI).origin;
      if (stopped.every((name) => said.includes(name))) done({ ran, base, styled });
    });
    document.body.append(inline, data, box);
    box.querySelector("a").click();
    box.querySelector("form").submit();
    fetch("http://127.0.0.1:9/").catch(() => null);
    setTimeout("window.ran.push('text')", 0);
  });
}"""
STOPPED = (
    *("script-src-elem", "script-src-attr", "script-src", "style-src-attr"),
    *("base-uri", "object-src", "form-action", "connect-src"),
)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/docs"])
def test_what_is_brought_into_our_page_does_not_run(person: BrowserContext, service: Service, path: str) -> None:
    page = person.new_page()
    asked = elsewhere_of(page, service)
    page.goto(service.url + path)
    found = page.evaluate(INJECT, list(STOPPED))
    assert found == {"ran": [], "base": service.url, "styled": "static"}
    assert page.url.startswith(service.url)
    assert asked == []


def elsewhere_of(page: Page, service: Service) -> list[str]:
    """A list that fills with what the page asks of other hosts."""
    asked: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((service.url, "data:", "blob:")) else asked.append(r.url))
    return asked
