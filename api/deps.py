"""What routes ask for by type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from api.service import Service
from geo.desk.asof import When
from geo.errors import PreconditionFailed


async def service(request: Request) -> Service:
    """The running service of this application."""
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


ServiceDep = Annotated[Service, Depends(service)]


async def when(
    service: ServiceDep,
    as_of: Annotated[
        str | None,
        Query(
            max_length=40,
            description="As it was recorded at that moment: a time with its zone, or a date, which means its local "
            "end. What somebody may see goes by today's grants.",
            examples=["2026-03-01", "2026-03-01T01:30:00Z"],
        ),
    ] = None,
) -> When:
    """The moment that a read is about: the present, or what ``as_of`` names."""
    present = service.when()
    return present if as_of is None else present.back_to(as_of)


WhenDep = Annotated[When, Depends(when)]


@dataclass(frozen=True, slots=True)
class WriteKey:
    """An Idempotency-Key with the fingerprint of the request that it came with."""

    key: str
    request_sha256: str


async def write_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            description="Any text of your own. A retry with the same key and body gets the first answer again.",
        ),
    ] = None,
) -> WriteKey | None:
    """The Idempotency-Key of a write, None without one."""
    if idempotency_key is None:
        return None
    named = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    sealer = (await service(request)).accounts.sealer
    return WriteKey(idempotency_key, sealer.fingerprint(named + await request.body()))


WriteKeyDep = Annotated[WriteKey | None, Depends(write_key)]

IfMatch = Annotated[str | None, Header(description="The ETag you read: 412 if it has changed since.")]


def require_version(if_match: str | None, version: int | str) -> None:
    """Raises PreconditionFailed where the reader decided on something that has changed since."""
    if if_match is not None and if_match.removeprefix("W/").strip('"') not in (str(version), "*"):
        raise PreconditionFailed("this has changed since you read it: look again, then decide")
