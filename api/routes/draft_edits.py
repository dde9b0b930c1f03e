"""Drafts in an editor: the vertices of a view, and one operation after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api.auth import Needs, Principal
from api.deps import IfMatch, ServiceDep, WriteKeyDep, require_version
from api.idempotency import Answer, once
from api.schemas.draft_edits import Describe, OperationBody, StepOut, VerticesOut
from api.schemas.values import Id
from geo.coverage.edit import from_json
from geo.coverage.faults import drawn_record
from geo.crs import Metric, to_mm
from geo.desk import draft_editing, drafts
from geo.desk.draft_editing import Step
from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.rules.access import Capability

router = APIRouter(prefix="/api/drafts", tags=["boundaries"])

Drafter = Annotated[Principal, Needs("boundaries.draft")]
Reader = Annotated[Principal, Needs("boundaries.draft", "boundaries.publish")]


@router.get(
    "/{draft_id}/vertices",
    responses={200: {"model": VerticesOut}, 404: {}},
    summary="The vertices of the grids in a view of a draft, shared ones once",
)
def get_vertices(
    draft_id: Id,
    service: ServiceDep,
    who: Reader,
    bbox: Annotated[str, Query(max_length=200, description="west,south,east,north, WGS84 degrees.")],
) -> dict[str, Any]:
    """Of your areas. 404 where more grids lie there than an editor takes at once: look from nearer by."""
    seen = who.reach.of(Capability.BOUNDARIES_DRAFT) + who.reach.of(Capability.BOUNDARIES_PUBLISH)
    atlas = service.desk.atlas
    with service.store.read() as conn:
        work = drafts.visible(conn, atlas.shelf, draft_id, seen, who.actor.id)
        return draft_editing.vertices_near(conn, atlas, work, _box(bbox), seen)


@router.post(
    "/{draft_id}/operations",
    responses={200: {"model": StepOut}, 404: {}, 409: {}, 412: {}},
    summary="Change a draft by one operation: move a node, split, merge, hand over, rename",
)
async def post_operation(
    draft_id: Id,
    body: OperationBody,
    service: ServiceDep,
    who: Drafter,
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    """What it leaves broken is told as faults, to be mended before it is submitted. 400 for what makes no sense."""
    own = who.reach.of(Capability.BOUNDARIES_DRAFT)

    def verb(tx: Tx) -> Answer:
        work = drafts.visible(tx.conn, tx.atlas.shelf, draft_id, own, who.actor.id)
        require_version(if_match, work.row.revision)
        asked = body.operation
        if isinstance(asked, Describe):
            step = draft_editing.describe(tx, work, asked.code, asked.said(), extents=own)
        else:
            operation = from_json(_on_lattice(asked.model_dump(exclude_none=True), tx.atlas.metric))
            step = draft_editing.edit(tx, work, operation, extents=own)
        return Answer(200, _told(step, tx.atlas.metric))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)


def _told(step: Step, metric: Metric) -> dict[str, Any]:
    """Faults without suggestions: these are tried one by one, and in the writer's turn every other write would wait."""
    return {
        "revision": step.revision,
        "touched": list(step.touched),
        "faults": [drawn_record(fault, metric) for fault in step.faults],
        **draft_editing.vertices(step.work, metric, step.touched),
    }


def _on_lattice(value: Any, metric: Metric) -> Any:
    """The same values, with every place that was pointed at as [east, north] in whole millimetres."""
    if isinstance(value, Mapping):
        if value.keys() == {"lon", "lat"}:
            position = to_mm([float(at) for at in metric.project(value["lon"], value["lat"])])
            if not np.isfinite(position).all():
                raise BadInput(
                    f"lon {value['lon']}, lat {value['lat']} lies where the store's CRS does not reach",
                    reason="out_of_reach",
                )
            return [int(at) for at in position]
        return {name: _on_lattice(member, metric) for name, member in value.items()}
    return [_on_lattice(member, metric) for member in value] if isinstance(value, list | tuple) else value


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput("bbox is west,south,east,north in degrees") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput("bbox is west,south,east,north in degrees, west before east and south before north")
    return west, south, east, north
