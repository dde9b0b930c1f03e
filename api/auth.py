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
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from api import deps
from api.accounts import book, keys
from api.accounts.keys import Credential
from api.accounts.secrets import SecretKind, digest, kind_of
from api.metrics import STREAM_ROUTE
from api.middleware import GIS_PATHS, SESSION_COOKIE
from api.service import Service
from geo.errors import NotAllowed, NotSignedIn
from geo.model import Actor
from geo.rules.access import Capability, Reach, reach

# Where a secret is looked for, as the description tells it.
SECURITY_SCHEMES = {
    "APIKeyCookie": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "Session of a browser."},
    "HTTPBearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "Token of a program: intake, wall screen, operator.",
    },
}


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


def _key(service: Service, secret: str) -> tuple[str, str, date]:
    return "principal", digest(secret), service.today()


def reach_now(conn: Connection, credential: Credential, today: date) -> Reach:
    """Where the grants of the credential's account hold on that local day."""
    return reach((grant for _, grant in book.grants_of(conn, credential.account.id)), today)


async def optional_principal(request: Request) -> Principal | None:
    """The principal of the request, None when it carries no secret. Raises NotSignedIn for one that is not valid.

    A bearer token goes before a cookie, so that a program's write never runs with a browser's rights. What it needs it
    takes from the request: asked for as dependencies of its own, the same takes several times as long.
    """
    if "authorization" in request.headers:
        secret = _authorization(request)
        if secret is None:
            raise NotSignedIn("The Authorization header needs the form: Bearer TOKEN.")
        wrong_kind = kind_of(secret) is not SecretKind.TOKEN
    else:
        secret = request.cookies.get(SESSION_COOKIE, "")
        if not secret:
            return None
        wrong_kind = kind_of(secret) is not SecretKind.SESSION
    if wrong_kind:
        raise NotSignedIn(keys.EXPIRED)
    service = await deps.service(request)
    read = partial(principal_of, service, secret, is_stream=request.url.path == STREAM_ROUTE)
    return await service.accounts.memory.ask(_key(service, secret), service.now(), read)


def _authorization(request: Request) -> str | None:
    """The token in the Authorization header, None where it has another form.

    The password of HTTP Basic is one where GIS programs ask, which have a field for it. Elsewhere nobody needs it.
    """
    scheme, _, given = request.headers["authorization"].partition(" ")
    if scheme.lower() == "bearer":
        return given.strip() or None
    if scheme.lower() != "basic" or not request.url.path.startswith(GIS_PATHS):
        return None
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


OptionalPrincipal = Annotated[Principal | None, Depends(optional_principal)]


class CapabilityCheck:
    """The dependency behind ``Needs``; tests find it on every route that is not public."""

    def __init__(self, *any_of: Capability) -> None:
        self.any_of = any_of
        self.capability = " or ".join(any_of)

    async def __call__(self, request: Request) -> Principal:
        principal = await optional_principal(request)
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
