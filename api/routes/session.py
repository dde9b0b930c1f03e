"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.accounts import keys
from api.accounts.secrets import SecretKind
from api.auth import OptionalPrincipal, Public
from api.cookies import with_session
from api.deps import ServiceDep
from api.middleware import SESSION_COOKIE
from api.schemas.session import SignIn
from api.service import Service

router = APIRouter(tags=["session"])


@router.post(
    "/api/session",
    status_code=204,
    dependencies=[Public],
    responses={401: {}},
    summary="Sign in with a link or a screen's token",
)
def sign_in(body: SignIn, service: ServiceDep) -> Response:
    with service.accounts.write() as conn:
        secret = keys.sign_in(conn, body.token, now=service.now(), session_for=service.settings.session_for)
    return with_session(Response(status_code=204), secret, service.settings)


@router.delete("/api/session", status_code=204, dependencies=[Public], responses={401: {}}, summary="Sign out")
async def sign_out(service: ServiceDep, principal: OptionalPrincipal) -> Response:
    if principal is not None and principal.credential.kind is SecretKind.SESSION:
        await run_in_threadpool(_end, service, principal.credential)
        service.hub.drop(principal.credential.key)
    answer = Response(status_code=204)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=service.settings.behind_tls)
    return answer


def _end(service: Service, credential: keys.Credential) -> None:
    with service.accounts.write() as conn:
        keys.end_session(conn, credential, now=service.now())
