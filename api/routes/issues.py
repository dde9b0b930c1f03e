"""Issues: list, open one, move its pin, close it with a reply, open it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import answers, drawn
from api.auth import Needs, Principal
from api.deps import IfMatch, ServiceDep, WhenDep, WriteKey, WriteKeyDep, require_version
from api.idempotency import Answer, once
from api.names import with_actors
from api.routes.map import UNCHANGED, IfNoneMatch
from api.schemas.issues import DoubtPage, IssueOut, IssuePage, QueueCounts
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.reports import CloseBody, ConfirmBody, MoveBody, ReopenBody
from api.schemas.values import Id, Moment
from api.service import Service
from geo.desk import details, issues
from geo.desk.doubts import DoubtFilter, confirm, list_doubts
from geo.desk.lists import IssueFilter, IssueOrder, list_issues, queue_counts
from geo.desk.received import position
from geo.desk.reports import move_pin
from geo.desk.tx import Tx
from geo.errors import BadCoordinates
from geo.model import IssueState, Queue
from geo.rules.access import EVERYWHERE, Capability

router = APIRouter(tags=["issues"])


@router.get(
    "/api/issues",
    responses={200: {"model": IssuePage}, 404: {}},
    summary="List issues",
)
def get_issues(
    service: ServiceDep,
    who: Annotated[Principal, Needs("issues.see")],
    when: WhenDep,
    grid: Annotated[str | None, Query(max_length=100, description="Code of a grid.")] = None,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    category: Annotated[str | None, Query(max_length=100)] = None,
    state: IssueState | None = None,
    queue: Queue | None = None,
    ambiguous: bool | None = None,
    overdue: bool | None = None,
    since: Annotated[Moment | None, Query(description="Opened at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Opened before.")] = None,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Whether it is open, for the first time or again.")
    ] = None,
    order: Annotated[
        IssueOrder, Query(description="Newest first, or the limit that runs out first.")
    ] = IssueOrder.NEWEST,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Those that wait for a place: ``queue=no_location&open=true&order=due``."""
    wanted = IssueFilter(grid, area, category, state, queue, ambiguous, overdue, since, until, is_open)
    seen = who.reach.of(Capability.ISSUES_SEE)
    with service.store.read() as conn:
        return page_json(list_issues(conn, seen, wanted, when, cursor, limit, order))


@router.get(
    "/api/queues",
    responses={200: {"model": QueueCounts}, **UNCHANGED},
    summary="How many open issues wait for a person",
)
def get_queues(
    service: ServiceDep,
    who: Annotated[Principal, Needs("queues.see")],
    if_none_match: IfNoneMatch = None,
) -> Response:
    with service.store.read() as conn:
        text = json.dumps(queue_counts(conn, who.reach.of(Capability.QUEUES_SEE)))
    return drawn.respond(answers.Answer(text.encode()), drawn.tag_of(text), drawn.JSON, if_none_match)


@router.get(
    "/api/queues/ambiguous",
    responses={200: {"model": DoubtPage}, 404: {}},
    summary="Open issues whose grid is in doubt",
)
def get_doubts(
    service: ServiceDep,
    who: Annotated[Principal, Needs("issues.see")],
    grid: Annotated[str | None, Query(max_length=100, description="Code of a grid.")] = None,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    scheme: Annotated[str | None, Query(max_length=200, description="The primary one if not said.")] = None,
    order: Annotated[
        IssueOrder, Query(description="Newest first, or the limit that runs out first.")
    ] = IssueOrder.NEWEST,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Near an edge, within the accuracy, and confirmed by nobody. A confirmed one leaves until its pin or a boundary
    moves."""
    wanted = DoubtFilter(area, grid, scheme)
    with service.store.read() as conn:
        mine = who.reach.of(Capability.ISSUES_SEE)
        return page_json(list_doubts(conn, mine, wanted, service.when(), cursor, limit, order))


@router.post(
    "/api/issues/{issue_id}/confirm",
    responses={200: {"model": IssueOut}},
    summary="Confirm the grid of an issue near an edge, or name another candidate",
)
async def post_confirm(
    service: ServiceDep,
    issue_id: Id,
    body: ConfirmBody,
    who: Annotated[Principal, Needs("issues.confirm")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    ask = Ask(issue_id, Capability.ISSUES_CONFIRM, key, if_match)
    return await act(service, who, ask, lambda tx: confirm(tx, issue_id, body.grid, body.scheme, body.reason))


@router.get("/api/issues/{issue_id}", responses={200: {"model": IssueOut}}, summary="One issue with its history")
def get_issue(
    service: ServiceDep, issue_id: Id, who: Annotated[Principal, Needs("issues.see")], when: WhenDep
) -> JSONResponse:
    with service.store.read() as conn:
        seen = who.reach.of(Capability.ISSUES_SEE)
        detail = details.issue_detail(conn, seen, issue_id, service.reading(who.reach, when))
    return presented(service, who, detail)


@router.post(
    "/api/issues/{issue_id}/position",
    responses={200: {"model": IssueOut}},
    summary="Move an issue's pin; it is decided again",
)
async def post_position(
    service: ServiceDep,
    issue_id: Id,
    body: MoveBody,
    who: Annotated[Principal, Needs("issues.move")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    at = position(body.lon, body.lat, body.datum, body.accuracy_m)
    if at is None:
        raise BadCoordinates("0, 0 is no place: the device had no fix")
    ask = Ask(issue_id, Capability.ISSUES_MOVE, key, if_match)
    return await act(service, who, ask, lambda tx: move_pin(tx, issue_id, at, body.reason))


@router.post(
    "/api/issues/{issue_id}/close", responses={200: {"model": IssueOut}}, summary="Close an issue with a reply"
)
async def post_close(
    service: ServiceDep,
    issue_id: Id,
    body: CloseBody,
    who: Annotated[Principal, Needs("issues.close")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    ask = Ask(issue_id, Capability.ISSUES_CLOSE, key, if_match)
    return await act(service, who, ask, lambda tx: issues.close(tx, issue_id, body.reply))


@router.post("/api/issues/{issue_id}/reopen", responses={200: {"model": IssueOut}}, summary="Open a closed issue again")
async def post_reopen(
    service: ServiceDep,
    issue_id: Id,
    body: ReopenBody,
    who: Annotated[Principal, Needs("issues.close")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    ask = Ask(issue_id, Capability.ISSUES_CLOSE, key, if_match)
    return await act(service, who, ask, lambda tx: issues.reopen(tx, issue_id, body.reason))


@dataclass(frozen=True)
class Ask:
    """What a write to one issue brings along."""

    issue_id: int
    needed: Capability
    key: WriteKey | None
    if_match: str | None


async def act(service: Service, who: Principal, ask: Ask, does: Callable[[Tx], Any]) -> JSONResponse:
    """Check that it may be done there, do it, answer with the issue as it is then."""

    def verb(tx: Tx) -> Answer:
        details.require_issue(tx.conn, who.reach, ask.needed, ask.issue_id)
        require_version(ask.if_match, details.issue_version(tx.conn, ask.issue_id))
        does(tx)
        # Who just acted sees the outcome, even where the pin went out of his area.
        reading = details.Reading.of(tx, who.reach.of(Capability.PEOPLE_SEE))
        return Answer(200, details.issue_detail(tx.conn, EVERYWHERE, ask.issue_id, reading))

    answer = await service.perform(once(ask.key, verb), who.actor)
    return presented(service, who, answer.body, answer.status)


def presented(service: Service, who: Principal, detail: dict[str, Any], status: int = 200) -> JSONResponse:
    """With names where he may know them and, of what the state allows, what he may do where the issue lies now."""
    needs = {
        "move": Capability.ISSUES_MOVE,
        "confirm": Capability.ISSUES_CONFIRM,
        "close": Capability.ISSUES_CLOSE,
        "reopen": Capability.ISSUES_CLOSE,
    }
    detail = with_actors(service, who, detail)
    with service.store.read() as conn:
        reaches = {verb: who.reach.of(needs[verb]) for verb in detail["may"]}
        detail["may"] = [verb for verb, there in reaches.items() if details.is_within(conn, there, detail["id"])]
    return JSONResponse(detail, status, headers={"ETag": f'"{detail["version"]}"'})
