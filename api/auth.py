"""Who is asking, and what they may do. Every route declares one of ``Needs(capability)`` or ``Public``.

    @router.post("/api/issues/{issue_id}/close")
    async def close(issue_id: int, who: Annotated[Principal, Needs("issues.close")]) -> ...

A capability is checked here for "anywhere at all"; where exactly it holds is ``who.reach``, handed to reads and verbs.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.accounts import book, keys
from api.accounts.keys import Credential
from api.accounts.secrets import SecretKind, digest, kind_of
from api.deps import ServiceDep
from api.metrics import STREAM_ROUTE
from api.middleware import GIS_PATHS, SESSION_COOKIE
from api.service import Service
from geo.errors import NotAllowed, NotSignedIn
from geo.model import Actor
from geo.rules.access import Capability, Reach, reach

_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="Session of a browser.")
_bearer = HTTPBearer(auto_error=False, description="Token of a program: intake, wall screen, operator.")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: an account, the session or token it came with, and where its capabilities hold today."""

    credential: Credential
    reach: Reach

    @property
    def name(self) -> str:
        return self.credential.account.name

    @property
    def actor(self) -> Actor:
        """As events and the audit name it."""
        return self.credential.account.actor

    def may(self, capability: str) -> bool:
        """Whether the capability holds anywhere at all."""
        return Capability(capability) in self.reach.capabilities


def principal_of(service: Service, secret: str, *, is_stream: bool = False) -> Principal:
    """The principal of a session or token secret. Raises NotSignedIn.

    A request moves the end of its session on; an open stream does not, or an unattended desk never signs out.
    """
    now, session_for = service.now(), service.settings.session_for
    version = service.accounts.memory.version()
    with service.accounts.read() as conn:
        credential = keys.authenticate(conn, secret, now=now)
        held = reach_now(conn, credential, service.today())
        moves_on = not is_stream and keys.slides(conn, credential, now=now, session_for=session_for)
    if moves_on:
        with service.accounts.write() as conn:
            keys.slide(conn, credential, now=now, session_for=session_for)
    principal = Principal(credential, held)
    service.accounts.memory.keep(_key(service, secret), principal, version, now)
    return principal


def remembered(service: Service, secret: str) -> Principal | None:
    """The principal of a secret that came a moment ago, if nothing of the accounts has changed since. Never waits."""
    found: Principal | None = service.accounts.memory.recall(_key(service, secret), service.now())
    return found


def _key(service: Service, secret: str) -> tuple[str, str, date]:
    return "principal", digest(secret), service.today()


def reach_now(conn: Connection, credential: Credential, today: date) -> Reach:
    """Where the grants of the credential's account hold on that local day."""
    return reach((grant for _, grant in book.grants_of(conn, credential.account.id)), today)


async def optional_principal(
    request: Request,
    service: ServiceDep,
    cookie: Annotated[str | None, Depends(_cookie)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal | None:
    """The principal of the request, None when it carries no secret. Raises NotSignedIn for one that is not valid.

    A bearer token goes before a cookie, so that a program's write never runs with a browser's rights.
    """
    if "authorization" in request.headers:
        found = bearer.credentials if bearer is not None else _password(request)
        if found is None:
            raise NotSignedIn("The Authorization header needs the form: Bearer TOKEN.")
        secret = found
        wrong_kind = kind_of(secret) is not SecretKind.TOKEN
    else:
        secret = cookie or ""
        wrong_kind = kind_of(secret) is not SecretKind.SESSION
        if not secret:
            return None
    if wrong_kind:
        raise NotSignedIn(keys.EXPIRED)
    is_stream = request.url.path == STREAM_ROUTE
    return remembered(service, secret) or await run_in_threadpool(principal_of, service, secret, is_stream=is_stream)


def _password(request: Request) -> str | None:
    """The password of HTTP Basic, which is a token: GIS programs have a field for it. Elsewhere nobody needs it."""
    scheme, _, encoded = request.headers["authorization"].partition(" ")
    if scheme.lower() != "basic" or not request.url.path.startswith(GIS_PATHS):
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


OptionalPrincipal = Annotated[Principal | None, Depends(optional_principal)]


class CapabilityCheck:
    """The dependency behind ``Needs``; tests find it on every route that is not public."""

    def __init__(self, *any_of: Capability) -> None:
        self.any_of = any_of
        self.capability = " or ".join(any_of)

    async def __call__(self, principal: OptionalPrincipal) -> Principal:
        if principal is None:
            raise NotSignedIn("Sign in, or send a token: Authorization: Bearer TOKEN.")
        if principal.reach.capabilities.isdisjoint(self.any_of):
            raise NotAllowed(f"This needs the capability {self.capability}.", capability=self.capability)
        return principal


def Needs(*any_of: str) -> Any:
    """A dependency that lets in who holds one of the capabilities anywhere, and returns the Principal."""
    return Depends(CapabilityCheck(*map(Capability, any_of)))


async def public() -> None:
    """Marks a route that everybody may ask."""


Public = Depends(public)
