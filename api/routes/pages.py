"""The pages that a browser opens, and their assets. Nothing of a user is rendered into any of them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from api.auth import Principal, Public, principal_of
from api.cookies import with_session
from api.deps import ServiceDep
from api.middleware import session_secret
from api.service import Service
from geo.errors import NotSignedIn
from geo.rules.access import Capability
from maps.assets import STATIC, STATIC_URL
from maps.base_map import BaseMap
from maps.page import (
    LANGUAGES,
    PAGE_SCRIPT_URL,
    boundaries_html,
    page_html,
    page_script,
    page_script_url,
    sign_in_html,
    workbench_html,
)

router = APIRouter(include_in_schema=False, dependencies=[Public])

LANGUAGE_COOKIE = "gridwarden_lang"
YEAR_S = 365 * 86_400

# The build writes a hash of the content into the names of its files; what stays under one name is asked for again.
FOR_EVER = f"public, max-age={YEAR_S}, immutable"
ASK_AGAIN = "no-cache"

# Who has none of these finds no tab on the workbench. Its script says which tab needs which.
WORKBENCH_NEEDS = frozenset(
    {Capability.ISSUES_MOVE, Capability.ISSUES_CONFIRM, Capability.IMPORTS_RUN, Capability.REGISTERS_DECIDE}
)

# Those who draw drafts, and those who publish what others drew.
BOUNDARIES_NEEDS = frozenset({Capability.BOUNDARIES_DRAFT, Capability.BOUNDARIES_PUBLISH})

# What the map loads at once, and who may have it, as /map says. Nobody is made to ask for what he may not have.
PARTS = {
    "grids": Capability.MAP_SEE,
    "background": Capability.MAP_SEE,
    "units": Capability.UNITS_SEE_POINTS,
    "issues": Capability.ISSUES_SEE,
}


def language(asked: str | None, kept: str | None, accepted: str | None) -> str:
    """The language asked for in the URL, else the one kept, else the first accepted that we speak, else Chinese."""
    for choice in (asked, kept):
        if choice in LANGUAGES:
            return choice
    for part in (accepted or "").split(","):
        short = part.split(";")[0].strip()[:2].lower()
        if short in LANGUAGES:
            return short
    return "zh"


@dataclass(frozen=True)
class Visit:
    """Somebody at a page. asked: the language that the URL names, if any. who: None for who is not signed in."""

    service: Service
    language: str
    asked: str | None
    secret: str
    who: Principal | None
    if_none_match: str | None

    def page(self, html: str) -> Response:
        """A page, or 304 where the browser has the same. It holds nothing of a user."""
        tag = f'"{hashlib.sha256(html.encode()).hexdigest()[:20]}"'
        headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language", "ETag": tag}
        is_kept = self.if_none_match is not None and tag in self.if_none_match
        answer = Response(status_code=304, headers=headers) if is_kept else HTMLResponse(html, headers=headers)
        if self.asked in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, self.asked, max_age=YEAR_S, samesite="strict", httponly=True)
        return answer

    def sign_in(self) -> Response:
        return self.page(sign_in_html(self.language))

    def signed_in(self, html: str) -> Response:
        """The page, and the session goes on."""
        return with_session(self.page(html), self.secret, self.service.settings)

    def page_for(self, needs: Set[Capability], html_of: Callable[[str, BaseMap], str]) -> Response:
        """A page for who holds one of these, and the same with status 403 for who holds none."""
        if self.who is None:
            return self.sign_in()
        html = html_of(self.language, self.service.base_map)
        if self.who.reach.capabilities.isdisjoint(needs):
            return HTMLResponse(html, status_code=403, headers={"Cache-Control": "no-store"})
        return self.signed_in(html)


async def _visit(
    request: Request,
    service: ServiceDep,
    lang: Annotated[str | None, Query()] = None,
    gridwarden_lang: Annotated[str | None, Cookie(alias=LANGUAGE_COOKIE)] = None,
    accept_language: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Visit:
    secret = session_secret(request.headers) or ""
    who = None
    with contextlib.suppress(NotSignedIn):
        who = await run_in_threadpool(principal_of, service, secret)
    return Visit(service, language(lang, gridwarden_lang, accept_language), lang, secret, who, if_none_match)


Visitor = Annotated[Visit, Depends(_visit)]


@router.get("/")
async def front(visit: Visitor, as_of: str | None = None) -> Response:
    """The battle map for who is signed in, the sign-in page for everybody else.

    as_of: a day of the past, which the script shows: what it asks for then carries the day, but what has no past.
    """
    if visit.who is None:
        return visit.sign_in()
    held = visit.who.reach.capabilities
    parts = ("config", *(name for name, needed in PARTS.items() if needed in held))
    if as_of:
        parts = tuple(name for name in parts if name == "background")
    return visit.signed_in(page_html(visit.language, visit.service.base_map, parts))


@router.get("/workbench")
async def workbench(visit: Visitor) -> Response:
    """Where clerks place and confirm what waits for a person. 403, with a page that says so, for who may do neither."""
    return visit.page_for(WORKBENCH_NEEDS, workbench_html)


@router.get("/boundaries")
async def boundaries(visit: Visitor) -> Response:
    """Where boundaries are drawn, reviewed and published. 403, with a page that says so, for who may do none of it."""
    return visit.page_for(BOUNDARIES_NEEDS, boundaries_html)


@router.get("/sign-in")
async def sign_in(visit: Visitor) -> Response:
    """Takes the token in the link's fragment, which no server and no preview ever sees, and posts it."""
    return visit.sign_in()


@router.get(PAGE_SCRIPT_URL)
async def script(service: ServiceDep, v: str | None = None) -> Response:
    """The script that folium makes of the map, apart from the page so that the policy allows no inline script.

    Asked for as the page does, by its hash, it may be kept for ever.
    """
    is_this = v is not None and page_script_url(service.base_map).endswith(f"?v={v}")
    headers = {"Cache-Control": FOR_EVER if is_this else ASK_AGAIN}
    return Response(page_script(service.base_map), media_type="text/javascript", headers=headers)


_files = StaticFiles(directory=STATIC, check_dir=False)


@router.api_route(STATIC_URL + "/{path:path}", methods=["GET", "HEAD"])
async def static(path: str, request: Request) -> Response:
    """A built asset."""
    answer: Response = await _files.get_response(path, request.scope)
    if answer.status_code >= 400:
        raise HTTPException(answer.status_code)
    hashed = "/" not in path and "-" in path
    answer.headers["Cache-Control"] = FOR_EVER if hashed else ASK_AGAIN
    return answer
