"""Drafts of boundary changes: by file, reviewed by a second person, published as the next edition."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, JSONResponse

from api import drafts as asked
from api.auth import Needs, Principal
from api.deps import IfMatch, ServiceDep, WriteKey, WriteKeyDep, require_version
from api.idempotency import Answer, once
from api.names import with_actors, with_names
from api.routes.imports import FORM, Upload, on_disk, sent_form
from api.routes.map import GeoJson
from api.schemas.draft_files import DraftFileOptions
from api.schemas.drafts import (
    CommentBody,
    DraftBody,
    DraftItem,
    DraftList,
    DraftMapOut,
    DraftOut,
    DraftPreviewOut,
    FileLookOut,
    PublishBody,
    PublishedOut,
    RevisionOut,
    TakenOut,
)
from api.schemas.values import Id
from api.service import Service
from geo.desk import drafts, publishing
from geo.desk.draft_columns import Reading
from geo.desk.draft_preview import Sights
from geo.desk.draft_work import Work, find
from geo.desk.publishing import Authority
from geo.desk.tx import Tx
from geo.errors import BadInput, NotAllowed
from geo.files import as_one_file
from geo.rules.access import Capability, Extent
from geo.store.types import utc_text

router = APIRouter(prefix="/api/drafts", tags=["boundaries"])

Drafter = Annotated[Principal, Needs("boundaries.draft")]
Publisher = Annotated[Principal, Needs("boundaries.publish")]
Reader = Annotated[Principal, Needs("boundaries.draft", "boundaries.publish")]
Format = Literal["gpkg", "geojson", "shp", "gdb"]
REFUSED: dict[int | str, dict[str, Any]] = {404: {}, 409: {}, 422: {}}


def _seen(who: Principal) -> tuple[Extent, ...]:
    """Where somebody may know of drafts."""
    return who.reach.of(Capability.BOUNDARIES_DRAFT) + who.reach.of(Capability.BOUNDARIES_PUBLISH)


def _own(who: Principal) -> tuple[Extent, ...]:
    return who.reach.of(Capability.BOUNDARIES_DRAFT)


def _told(service: Service, who: Principal, draft_id: int) -> dict[str, Any]:
    with service.store.read() as conn:
        return _named(service, who, asked.plain(drafts.describe(find(conn, draft_id))))


def _named(service: Service, who: Principal, told: dict[str, Any]) -> dict[str, Any]:
    return with_names(service, who, told, "created_by", "submitted_by", "approved_by")


# -- reading ----------------------------------------------------------------------------------------------------------


@router.get("", responses={200: {"model": DraftList}}, summary="Drafts that are not published yet, newest first")
def get_drafts(
    service: ServiceDep,
    who: Reader,
    every: Annotated[bool, Query(description="Those that were published or discarded, too.")] = False,
) -> dict[str, Any]:
    with service.store.read() as conn:
        items = asked.listed(conn, _seen(who), who.actor.id, every=every)
    return {"items": [_named(service, who, each) for each in items]}


@router.get("/{draft_id}", responses={200: {"model": DraftOut}}, summary="A draft: its changes, faults and steps")
def get_draft(draft_id: Id, service: ServiceDep, who: Reader, response: Response) -> dict[str, Any]:
    with service.store.read() as conn:
        told = asked.shown(conn, service.desk.atlas, draft_id, _seen(who), who.actor.id)
    response.headers["ETag"] = f'"{told["revision"]}"'
    return with_actors(service, who, _named(service, who, told))


@router.get(
    "/{draft_id}/map",
    response_class=GeoJson,
    responses={200: {"model": DraftMapOut}},
    summary="The grids that a draft changes, before and after, GeoJSON, and the points that it would move",
)
def get_map(
    draft_id: Id,
    service: ServiceDep,
    who: Reader,
    points: Annotated[bool, Query(description="Tell the issues and units that would move, too.")] = True,
) -> JSONResponse:
    """points: as far as you may see them in all areas that it concerns; null while the draft could not be published."""
    with service.store.read() as conn:
        sights = _sights(who) if points else None
        told = asked.mapped(conn, service.desk.atlas, draft_id, _seen(who), who.actor.id, sights)
    return JSONResponse(told, media_type=GeoJson.media_type)


@router.get(
    "/{draft_id}/preview",
    responses={200: {"model": DraftPreviewOut}, 409: {}, 422: {}},
    summary="What the publication of a draft would move, and who would hear of it",
)
def get_preview(draft_id: Id, service: ServiceDep, who: Reader) -> dict[str, Any]:
    """Figures that you may not know in all areas that it concerns are null. 422 lists faults, 409 has a diff."""
    with service.store.read() as conn:
        return asked.previewed(
            conn, service.desk.atlas, draft_id, _sights(who), service.today(), _seen(who), who.actor.id
        )


def _sights(who: Principal) -> Sights:
    held = (Capability.ISSUES_SEE, Capability.UNITS_COUNT, Capability.LEADS_SEE, Capability.UNITS_SEE_POINTS)
    return Sights(*(who.reach.of(each) for each in held))


class LayerFile(FileResponse):
    media_type = "application/octet-stream"


@router.get(
    "/{draft_id}/file",
    response_class=LayerFile,
    responses={404: {}},
    summary="The grids of a draft as a file to edit: a GeoPackage, GeoJSON, zipped Shapefile or zipped FileGDB",
)
def get_file(
    draft_id: Id,
    service: ServiceDep,
    who: Drafter,
    format: Format = "gpkg",
    crs: Annotated[
        str | None, Query(max_length=4000, description="EPSG:n or WKT; the store's own if not said.")
    ] = None,
) -> FileResponse:
    """The grids of your areas. Keep the column grid_id: it says which grid is which, whatever becomes of its code."""
    folder = Path(tempfile.mkdtemp(prefix="gridwarden-"))
    gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        target = folder / f"draft-{draft_id}.{format}"
        with service.store.read() as conn:
            asked.write(conn, service.desk.atlas, draft_id, target, crs, _own(who), who.actor.id)
        whole = _as_one(target, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return LayerFile(whole, filename=whole.name, background=gone)


def _as_one(target: Path, folder: Path) -> Path:
    if target.suffix in (".gpkg", ".geojson"):
        return target
    with as_one_file(target) as whole:
        return Path(shutil.copy(whole, folder / whole.name))


# -- changing ---------------------------------------------------------------------------------------------------------


@router.post("", status_code=201, responses={201: {"model": DraftItem}, 404: {}, 409: {}}, summary="Start a draft")
async def post_draft(body: DraftBody, service: ServiceDep, who: Drafter, key: WriteKeyDep) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        if body.takes_back is not None:
            if body.title is not None:
                raise BadInput(
                    "A draft that takes an edition back is named after it: leave title out.", reason="title_needless"
                )
            draft_id = drafts.start_taking_back(tx, body.takes_back, body.scheme, extents=_own(who))
        else:
            draft_id = drafts.start(tx, body.title or "", body.scheme, outline=body.outline)
        return Answer(201, asked.plain(drafts.describe(find(tx.conn, draft_id))))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(_named(service, who, answer.body), answer.status)


async def upload(request: Request, who: Drafter) -> AsyncIterator[Upload]:
    """The form, taken only now that its sender is known."""
    async with sent_form(request) as sent:
        yield sent


BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}}
SentFile = Annotated[Upload, Depends(upload)]


def _reading(options: str) -> Reading:
    try:
        return Reading(**DraftFileOptions.model_validate_json(options).model_dump())
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, item['loc'])) or 'options'}: {item['msg']}" for item in error.errors()]
        raise BadInput("Options that cannot be taken: " + "; ".join(mistakes[:5])) from None


@router.post(
    "/{draft_id}/file/preview",
    responses={200: {"model": FileLookOut}, **REFUSED},
    summary="What a file would change in a draft",
    openapi_extra=BODY,
)
def preview_file(draft_id: Id, service: ServiceDep, who: Drafter, sent: SentFile) -> dict[str, Any]:
    """Nodes that lie within 2 mm of where they were, or as far as the file's digits leave open, are put there."""
    reading = _reading(sent.options)
    with on_disk(sent) as path, service.store.read() as conn:
        return asked.look_on_map(conn, service.desk.atlas, draft_id, path, reading, _own(who), who.actor.id)


@router.post(
    "/{draft_id}/file",
    responses={200: {"model": TakenOut}, **REFUSED},
    summary="Take what a file changes into a draft",
    openapi_extra=BODY,
)
def take_file(
    draft_id: Id, service: ServiceDep, who: Drafter, sent: SentFile, if_match: IfMatch = None
) -> dict[str, Any]:
    reading = _reading(sent.options)
    with service.store.read() as conn:
        work = drafts.visible(conn, service.desk.atlas.shelf, draft_id, _own(who), who.actor.id)
    revision = int(work.row.revision)
    require_version(if_match, revision)
    with on_disk(sent) as path:
        return asked.take(service.desk, draft_id, path, reading, service.clock, who.actor, _own(who), revision)


TAKEN_STEP: dict[int | str, dict[str, Any]] = {200: {"model": RevisionOut}, 409: {}}


async def _stepped(
    service: Service, who: Principal, draft_id: int, key: WriteKey | None, if_match: str | None,
    verb: Callable[[Tx, Work], int],
) -> JSONResponse:  # fmt: skip
    def step(tx: Tx) -> Answer:
        work = drafts.visible(tx.conn, tx.atlas.shelf, draft_id, _own(who), who.actor.id)
        require_version(if_match, work.row.revision)
        return Answer(200, {"draft": draft_id, "revision": verb(tx, work)})

    answer = await service.perform(once(key, step), who.actor)
    return JSONResponse(answer.body, answer.status)


@router.post("/{draft_id}/undo", responses=TAKEN_STEP, summary="Take the last step of a draft back")
async def post_undo(
    draft_id: Id, service: ServiceDep, who: Drafter, key: WriteKeyDep, if_match: IfMatch = None
) -> JSONResponse:
    return await _stepped(service, who, draft_id, key, if_match, drafts.undo)


@router.post("/{draft_id}/redo", responses=TAKEN_STEP, summary="Do again what was taken back last")
async def post_redo(
    draft_id: Id, service: ServiceDep, who: Drafter, key: WriteKeyDep, if_match: IfMatch = None
) -> JSONResponse:
    return await _stepped(service, who, draft_id, key, if_match, drafts.redo)


# -- its way ----------------------------------------------------------------------------------------------------------


def _require_visible(service: Service, who: Principal, draft_id: int) -> None:
    """Raises NotFound before anything is told of grids in areas of others."""
    with service.store.read() as conn:
        drafts.visible(conn, service.desk.atlas.shelf, draft_id, _seen(who), who.actor.id)


@router.post(
    "/{draft_id}/submit",
    responses={200: {"model": DraftItem}, **REFUSED},
    summary="Hand a draft to a second person; refused while it has faults",
)
def post_submit(draft_id: Id, body: CommentBody, service: ServiceDep, who: Drafter) -> dict[str, Any]:
    _require_visible(service, who, draft_id)
    publishing.submit(service.desk, draft_id, service.clock, who.actor, body.comment, _own(who))
    return _told(service, who, draft_id)


@router.post(
    "/{draft_id}/return",
    responses={200: {"model": DraftItem}, 409: {}},
    summary="Give a submitted draft back, with a comment",
)
async def post_return(
    draft_id: Id, body: CommentBody, service: ServiceDep, who: Publisher, key: WriteKeyDep
) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        drafts.visible(tx.conn, tx.atlas.shelf, draft_id, _seen(who), who.actor.id)
        drafts.send_back(tx, draft_id, body.comment or "", who.reach.of(Capability.BOUNDARIES_PUBLISH))
        return Answer(200, asked.plain(drafts.describe(find(tx.conn, draft_id))))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(_named(service, who, answer.body), answer.status)


@router.post("/{draft_id}/discard", responses={200: {"model": DraftItem}, 409: {}}, summary="Give a draft up")
async def post_discard(draft_id: Id, service: ServiceDep, who: Drafter, key: WriteKeyDep) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        drafts.visible(tx.conn, tx.atlas.shelf, draft_id, _seen(who), who.actor.id)
        drafts.discard(tx, draft_id, _own(who))
        return Answer(200, asked.plain(drafts.describe(find(tx.conn, draft_id))))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(_named(service, who, answer.body), answer.status)


@router.post(
    "/{draft_id}/publish",
    responses={200: {"model": PublishedOut}, **REFUSED},
    summary="Make a submitted draft the edition in force, now or at a set time",
)
def post_publish(draft_id: Id, body: PublishBody, service: ServiceDep, who: Publisher) -> dict[str, Any]:
    """Not by who submitted it. 409 where others changed the same grids since has the three states of each."""
    if body.alone and not who.may(Capability.BOUNDARIES_ALONE):
        raise NotAllowed(
            "Publishing what you submitted yourself needs the capability boundaries.alone.",
            reason="second_person_needed",
        )
    _require_visible(service, who, draft_id)
    may = Authority(
        who.reach.of(Capability.BOUNDARIES_PUBLISH), who.reach.of(Capability.BOUNDARIES_OUTLINE), body.alone
    )
    told: dict[str, Any] = dict.fromkeys(PublishedOut.model_fields) | {"draft": draft_id}
    try:
        if body.at is not None:
            publishing.schedule(service.desk, draft_id, body.at, service.clock, who.actor, may)
            return told | {"publish_at": utc_text(body.at)}
        return told | publishing.publish(service.desk, draft_id, service.clock, who.actor, may).as_json()
    finally:
        service.hub.poke()
