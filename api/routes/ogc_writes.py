"""OGC API - Features, Part 4: the grids of drafts are created, replaced, updated and deleted, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.auth import Needs, Principal
from api.deps import IfMatch, ServiceDep, WriteKey, WriteKeyDep, require_version
from api.idempotency import Answer, once
from api.ogc.asking import MAX_DIGITS, NothingAsked
from api.ogc.links import Links
from api.ogc.receiving import sent
from api.schemas.ogc import FeatureBody, FeaturePatch
from api.service import Service
from geo.desk import draft_features, drafts
from geo.desk.collection_kinds import collection
from geo.desk.draft_features import Feature
from geo.desk.draft_work import Work
from geo.desk.exchange_crs import exchange_crss
from geo.desk.tx import Tx
from geo.rules.access import Capability, Extent

router = APIRouter()

Drafter = Annotated[Principal, Needs("boundaries.draft")]
Name = Annotated[str, Path(max_length=100, description="Id of a collection: draft-3 is that of the draft 3.")]
Item = Annotated[str, Path(max_length=MAX_DIGITS, pattern=r"^[0-9]+$", description="Id of a feature.")]
Crs = Annotated[str | None, Header(max_length=200, description="URI of the CRS of the coordinates; CRS84 if not said.")]
NoParameters = Annotated[NothingAsked, Query()]
REFUSED: dict[int | str, dict[str, Any]] = {404: {}, 409: {}, 412: {}}
_OF_DRAFT = re.compile(r"draft-([0-9]{1,18})")

Verb = Callable[[Tx, Work, Sequence[Extent]], Answer]


class Created(Response):
    """QGIS 3.40 looks for a header that is spelt like this."""

    media_type = "text/plain"  # of which there is none

    def __init__(self, location: str, tag: str) -> None:
        super().__init__(status_code=201, headers={"ETag": tag})
        self.raw_headers.append((b"Location", location.encode("latin-1")))


@router.post(
    "/ogc/collections/{name}/items",
    status_code=201,
    response_class=Created,
    responses={201: {"description": "Created; its address is in the header Location."}, **REFUSED},
    summary="Create a feature of a draft",
)
async def post_item(
    service: ServiceDep, request: Request, name: Name, body: FeatureBody, who: Drafter, asked: NoParameters,
    key: WriteKeyDep, content_crs: Crs = None,
) -> Response:  # fmt: skip
    """A grid that comes with the draft. It needs a code that no other has; without an area it is in its neighbour's."""
    told = sent(body, content_crs, exchange_crss(service.desk.atlas.metric))

    def verb(tx: Tx, work: Work, own: Sequence[Extent]) -> Answer:
        return _told(draft_features.create(tx, work, told, own))

    answer = await _written(service, who, name, key, verb)
    item = str(answer.body["number"])
    return Created(Links(service, request).to("collections", name, "items", item, rel="self")["href"], _tag(answer))


@router.put(
    "/ogc/collections/{name}/items/{item}",
    status_code=204,
    response_class=Response,
    responses=REFUSED,
    summary="Replace a feature of a draft",
)
async def put_item(
    service: ServiceDep, name: Name, item: Item, body: FeatureBody, who: Drafter, asked: NoParameters,
    key: WriteKeyDep, content_crs: Crs = None, if_match: IfMatch = None,
) -> Response:  # fmt: skip
    """Nodes within 2 mm of where they were, or as far as the digits leave open, are put there."""
    return await _changed(service, who, name, item, body, content_crs, if_match, key)


@router.patch(
    "/ogc/collections/{name}/items/{item}",
    status_code=204,
    response_class=Response,
    responses=REFUSED,
    summary="Update a feature of a draft",
)
async def patch_item(
    service: ServiceDep, name: Name, item: Item, body: FeaturePatch, who: Drafter, asked: NoParameters,
    key: WriteKeyDep, content_crs: Crs = None, if_match: IfMatch = None,
) -> Response:  # fmt: skip
    """A JSON merge patch. Without a geometry no node moves."""
    return await _changed(service, who, name, item, body, content_crs, if_match, key)


@router.delete(
    "/ogc/collections/{name}/items/{item}",
    status_code=204,
    response_class=Response,
    responses=REFUSED,
    summary="Delete a feature of a draft",
)
async def delete_item(
    service: ServiceDep, name: Name, item: Item, who: Drafter, asked: NoParameters, key: WriteKeyDep,
    if_match: IfMatch = None,
) -> Response:  # fmt: skip
    """The grid goes from the draft, and leaves its ground to none until another takes it."""

    def verb(tx: Tx, work: Work, own: Sequence[Extent]) -> Answer:
        was = _found(tx, work, item, own, if_match)
        draft_features.delete(tx, work, was, own)
        return Answer(204, None)

    await _written(service, who, name, key, verb)
    return Response(status_code=204)


async def _changed(
    service: Service, who: Principal, name: str, item: str, body: FeatureBody | FeaturePatch, content_crs: str | None,
    if_match: str | None, key: WriteKey | None,
) -> Response:  # fmt: skip
    told = sent(body, content_crs, exchange_crss(service.desk.atlas.metric))

    def verb(tx: Tx, work: Work, own: Sequence[Extent]) -> Answer:
        was = _found(tx, work, item, own, if_match)
        return _told(draft_features.change(tx, work, was, told, own))

    return Response(status_code=204, headers={"ETag": _tag(await _written(service, who, name, key, verb))})


def _found(tx: Tx, work: Work, item: str, own: Sequence[Extent], if_match: str | None) -> Feature:
    was = draft_features.feature(tx.conn, work, int(item), own)
    require_version(if_match, was.tag)
    return was


def _told(feature: Feature) -> Answer:
    return Answer(200, {"number": feature.number, "tag": feature.tag})


def _tag(answer: Answer) -> str:
    return f'"{answer.body["tag"]}"'


async def _written(service: Service, who: Principal, name: str, key: WriteKey | None, verb: Verb) -> Answer:
    own = who.reach.of(Capability.BOUNDARIES_DRAFT)

    def write(tx: Tx) -> Answer:
        return verb(tx, _draft(tx, who, name, own), own)

    return await service.perform(once(key, write), who.actor)


def _draft(tx: Tx, who: Principal, name: str, own: Sequence[Extent]) -> Work:
    """The draft of a collection, open to be changed. Raises NotFound, Conflict, and 405 for a collection of none."""
    of_draft = _OF_DRAFT.fullmatch(name)
    if of_draft is None:
        collection(tx.conn, who.reach, name, who.actor.id)
        detail = f"{name} is read only: grids are changed in drafts, whose collections are draft-1 and so on"
        raise HTTPException(405, detail, headers={"Allow": "GET, OPTIONS"})
    return drafts.editable(tx, drafts.visible(tx.conn, tx.atlas.shelf, int(of_draft[1]), own, who.actor.id))
