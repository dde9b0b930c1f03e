"""Addresses: what they may mean, ranked; an issue placed by choosing; what people call places, taught and taken back.

An address may name a home. It is asked for by GET, because neither our log nor our metrics hold query strings.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api.auth import Needs, Principal
from api.deps import IfMatch, ServiceDep, WriteKeyDep, require_version
from api.idempotency import Answer, once
from api.names import with_actors
from api.routes.issues import Ask, act, presented
from api.schemas.addresses import AddressOut, AliasBody, AliasMade, AliasPage, PlaceBody
from api.schemas.issues import IssueOut
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.values import Id
from api.service import Service
from geo.desk import aliases, details, taking_back
from geo.desk.candidates import MOST, candidates, issue_text
from geo.desk.tx import Tx
from geo.errors import Conflict, NotAllowed, NotFound
from geo.rules.access import EVERYWHERE, Capability, Reach
from geo.rules.address import MAX_LETTERS

router = APIRouter(tags=["addresses"])

CandidateLimit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/api/addresses", responses={200: {"model": AddressOut}}, summary="What an address may mean, ranked")
def get_address(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    q: Annotated[str, Query(max_length=2_000, examples=["府山街道锦绣花园3幢2单元"])],
    limit: CandidateLimit = 10,
) -> dict[str, Any]:
    return _candidates(service, who, q, limit)


@router.get(
    "/api/issues/{issue_id}/candidates",
    responses={200: {"model": AddressOut}},
    summary="Where an issue may be, by what its report says",
)
def get_candidates(
    service: ServiceDep, issue_id: Id, who: Annotated[Principal, Needs("issues.see")], limit: CandidateLimit = 10
) -> dict[str, Any]:
    with service.store.read() as conn:
        details.require_issue(conn, who.reach, Capability.ISSUES_SEE, issue_id)
        text = issue_text(conn, issue_id)
    return _candidates(service, who, text, limit)


def _candidates(service: Service, who: Principal, text: str, limit: int) -> dict[str, Any]:
    desk = service.desk
    with service.store.read() as conn:
        prefixes = who.reach.prefixes(Capability.PLACES_SEE)
        return candidates(conn, desk.addresses, desk.atlas, prefixes, text, limit)


@router.post(
    "/api/issues/{issue_id}/place",
    responses={200: {"model": IssueOut}},
    summary="Put an issue at a place; what its address calls the place is learnt",
)
async def post_place(
    service: ServiceDep,
    issue_id: Id,
    body: PlaceBody,
    who: Annotated[Principal, Needs("issues.move")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Decided again, with the choice as its evidence. The newest item of the history says what was learnt, if anything.

    A name is learnt only where you may also move issues in the place's own area.
    """

    def place(tx: Tx) -> None:
        target = aliases.target_of(tx.conn, body.place, None)
        _require_seen(who.reach, target)
        learn = body.learn and who.reach.allows(Capability.ISSUES_MOVE, target.path)
        aliases.place_issue(tx, issue_id, target, learn=learn, reason=body.reason)

    return await act(service, who, Ask(issue_id, Capability.ISSUES_MOVE, key, if_match), place)


@router.post(
    "/api/issues/{issue_id}/take-back",
    responses={200: {"model": IssueOut}},
    summary="Take back your own last move or confirmation of an issue, with what it taught",
)
async def post_take_back(
    service: ServiceDep,
    issue_id: Id,
    who: Annotated[Principal, Needs("issues.move", "issues.confirm")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Only while nothing else has happened to the issue since, and where you may move or confirm it."""

    def verb(tx: Tx) -> Answer:
        require_version(if_match, details.issue_version(tx.conn, issue_id))
        try:
            done = taking_back.last_act(tx, issue_id)
        except Conflict:
            details.require_issue(tx.conn, who.reach, Capability.ISSUES_SEE, issue_id)
            raise
        taking_back.take_back(tx, issue_id)
        needed = Capability.ISSUES_MOVE if done.kind == taking_back.MOVED else Capability.ISSUES_CONFIRM
        details.require_issue(tx.conn, who.reach, needed, issue_id)  # where it lies again
        reading = details.Reading.of(tx, who.reach.of(Capability.PEOPLE_SEE))
        return Answer(200, details.issue_detail(tx.conn, EVERYWHERE, issue_id, reading))

    answer = await service.perform(once(key, verb), who.actor)
    return presented(service, who, answer.body, answer.status)


@router.get("/api/aliases", responses={200: {"model": AliasPage}}, summary="What people call places, newest first")
def get_aliases(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    taken_back: Annotated[bool, Query(description="Those that no longer hold too.")] = False,
    q: Annotated[str, Query(max_length=MAX_LETTERS, description="Part of the name, or of what it stands for.")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    with service.store.read() as conn:
        prefixes = who.reach.prefixes(Capability.PLACES_SEE)
        found = page_json(aliases.list_aliases(conn, prefixes, cursor, limit, taken_back=taken_back, text=q))
    return found | {"items": with_actors(service, who, {"events": found["items"]})["events"]}


@router.post(
    "/api/aliases",
    status_code=201,
    responses={201: {"model": AliasMade}, 404: {}},
    summary="Say what a place or an area is called",
)
async def post_alias(
    service: ServiceDep, body: AliasBody, who: Annotated[Principal, Needs("issues.move")], key: WriteKeyDep
) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        target = aliases.target_of(tx.conn, body.place, body.area)
        _require_here(who.reach, target)
        return Answer(201, {"id": aliases.learn(tx, body.text, target)})

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)


@router.delete("/api/aliases/{alias_id}", status_code=204, responses={404: {}}, summary="Take a learnt name back")
async def delete_alias(
    service: ServiceDep, alias_id: Id, who: Annotated[Principal, Needs("issues.move")], key: WriteKeyDep
) -> Response:
    """From now on it means nothing. What was placed by it stays where it is, and its evidence names it."""

    def verb(tx: Tx) -> Answer:
        _require_here(who.reach, aliases.alias_target(tx.conn, alias_id))
        aliases.take_back(tx, alias_id)
        return Answer(204, {})  # an answer that is kept has a body

    await service.perform(once(key, verb), who.actor)
    return Response(status_code=204)


def _require_seen(reach: Reach, target: aliases.Target) -> None:
    if not any(target.path.startswith(prefix) for prefix in reach.prefixes(Capability.PLACES_SEE)):
        raise NotFound(f"there is no {target.subject} {target.code!r} that you may see")


def _require_here(reach: Reach, target: aliases.Target) -> None:
    """Raises NotFound for what the person does not see, NotAllowed for what is not his to name."""
    _require_seen(reach, target)
    if not reach.allows(Capability.ISSUES_MOVE, target.path):
        raise NotAllowed(f"this needs issues.move where {target.code} lies", capability="issues.move")
