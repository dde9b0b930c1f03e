"""The HTTP surface, one module a subject. A route parses, calls one verb or read, presents."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    accounts,
    addresses,
    balance,
    base_map,
    batches,
    coverage,
    docs,
    draft_edits,
    drafts,
    editions,
    grids,
    health,
    held,
    imports,
    issues,
    map,
    official,
    ogc,
    pages,
    people,
    registers,
    reports,
    search,
    session,
    tiles,
    units,
)

# Each route declares its capability (api/auth.py); tests/api/test_capabilities.py walks them all.
_ROUTERS: tuple[APIRouter, ...] = (
    reports.router,  # first, as they come by the thousand: a request is tried against one route after another
    pages.router,
    session.router,
    issues.router,
    addresses.router,
    units.router,
    grids.router,
    coverage.router,
    official.router,
    balance.router,
    drafts.router,
    draft_edits.router,
    editions.router,
    people.router,
    map.router,
    base_map.router,
    ogc.router,
    tiles.router,
    search.router,
    accounts.router,
    imports.router,
    batches.router,
    held.router,
    registers.router,
    docs.router,
    health.router,
)

# FastAPI reads what each route takes at its first request, in a third of a second. The routes are the same in every
# application of a process, and so they are read once for all.
_every_router = APIRouter()
for _router in _ROUTERS:
    _every_router.include_router(_router)
ROUTES = tuple(_every_router.routes)
