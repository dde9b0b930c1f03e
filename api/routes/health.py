"""Is it alive, is it ready, how is it doing."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.auth import OptionalPrincipal, Public
from api.deps import ServiceDep
from api.middleware import host_name
from api.schemas.health import Alive, Ready
from api.service import Service
from api.settings import LOOPBACK_NAMES
from geo.errors import GridwardenError, NotAllowed, NotSignedIn
from geo.rules.access import Capability
from geo.store.tables import jurisdiction

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    dependencies=[Public],
    responses={200: {"model": Alive}},
    summary="The process answers",
)
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get(
    "/readyz",
    dependencies=[Public],
    summary="The store can be read and the writer works",
    responses={
        200: {"model": Ready},
        503: {"model": Ready, "description": "Not ready; the body says what is not"},
    },
)
def readyz(service: ServiceDep) -> JSONResponse:
    checks = {"store": _store_answers(service), "writer": service.writer.alive}
    ready = all(checks.values())
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


def _store_answers(service: Service) -> bool:
    try:
        with service.store.read() as conn:
            return conn.execute(select(jurisdiction.c.id)).first() is not None
    except (GridwardenError, SQLAlchemyError):
        return False


class MetricsCheck:
    """metrics.see, or a request from this very machine where the setting allows it: a Prometheus beside us."""

    any_of = (Capability.METRICS_SEE,)

    async def __call__(self, request: Request, service: ServiceDep, principal: OptionalPrincipal) -> None:
        if principal is not None:
            if principal.reach.capabilities.isdisjoint(self.any_of):
                raise NotAllowed("This needs the capability metrics.see.")
            return
        # Behind a proxy everybody seems to come from this machine: a forwarded request needs a token. Not every proxy
        # says that it is one, but it asks under the name that is known outside.
        forwarded = "forwarded" in request.headers or "x-forwarded-for" in request.headers
        forwarded = forwarded or host_name(request.headers.get("host", "")) not in LOOPBACK_NAMES
        address = request.client.host if request.client else ""
        if not service.settings.metrics_open_to_loopback or forwarded or not _is_loopback(address):
            raise NotSignedIn("Metrics are for this machine, or for a token with metrics.see.")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@router.get(
    "/metrics",
    dependencies=[Depends(MetricsCheck())],
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses={401: {}, 403: {}},
)
def metrics(service: ServiceDep) -> Response:
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
