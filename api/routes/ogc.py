"""OGC API - Features, the read side: Parts 1 and 2, and filters of Part 3. QGIS and GDAL are the clients that count.

What changes the features of drafts (Part 4) is in ``ogc_writes.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from api.auth import Needs, Principal
from api.deps import ServiceDep
from api.ogc import wording
from api.ogc.asking import MAX_LIMIT, Asked, ItemAsked, ItemsAsked, conditions, crs_named, moment_of, require_past
from api.ogc.conformance import CONFORMS_TO
from api.ogc.document import document
from api.ogc.links import GEOJSON, JSON, MERGE_PATCH, OPENAPI, OPENAPI_30, SCHEMA, Links
from api.routes import ogc_writes
from api.schemas.ogc import (  # fmt: skip
    ApiDocument,
    CollectionList,
    CollectionOut,
    Conformance,
    FeatureList,
    FeatureOut,
    LandingPage,
    Queryables,
)
from api.service import Service
from geo.desk import collection as reading
from geo.desk import draft_features, draft_work
from geo.desk.asof import When
from geo.desk.collection import Collection, Source
from geo.desk.collection_filter import Filter
from geo.desk.collection_kinds import collection, collections
from geo.desk.exchange_crs import ExchangeCrs, exchange_crss
from geo.errors import NotFound
from geo.store.types import utc_text

router = APIRouter(tags=["ogc"])
router.include_router(ogc_writes.router)

Reader = Annotated[Principal, Needs("map.see", "issues.see", "places.see")]
Name = Annotated[str, Path(max_length=100, description="Id of a collection.")]
MAX_KEY = 2**63 - 1


class GeoJson(Response):
    media_type = GEOJSON


class SchemaJson(JSONResponse):
    media_type = SCHEMA


class OpenApiJson(JSONResponse):
    media_type = OPENAPI


@router.get("/ogc/", include_in_schema=False)  # as many people write it; a redirect would name the wrong scheme
@router.get("/ogc", responses={200: {"model": LandingPage}}, summary="OGC API - Features: landing page")
def get_landing_page(
    service: ServiceDep, request: Request, who: Reader, asked: Annotated[Asked, Query()]
) -> dict[str, Any]:
    moment_of(asked, service.when())
    links = Links(service, request)
    return {
        "title": service.store.jurisdiction.name,
        "description": "Grids, areas, places and open issues, as far as you may see them",
        "links": [
            links.here(),
            links.to("api", rel="service-desc", media_type=OPENAPI_30),
            links.document(),
            links.to("conformance", rel="conformance"),
            links.to("collections", rel="data"),
        ],
    }


@router.get("/ogc/conformance", responses={200: {"model": Conformance}}, summary="OGC API - Features: conformance")
def get_conformance(who: Reader, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    return {"conformsTo": list(CONFORMS_TO)}


@router.get(
    "/ogc/api",
    response_class=OpenApiJson,
    responses={200: {"model": ApiDocument}},
    summary="OGC API - Features: its description in OpenAPI 3.0",
)
def get_api(service: ServiceDep, request: Request, who: Reader, asked: Annotated[Asked, Query()]) -> OpenApiJson:
    crss = list(exchange_crss(service.desk.atlas.metric))
    with service.store.read() as conn:
        seen = collections(conn, who.reach, who.actor.id)
    told = document(service.store.jurisdiction.name, Links(service, request).root, seen, crss)
    return OpenApiJson(told, headers={"Content-Type": OPENAPI_30})


@router.get("/ogc/collections", responses={200: {"model": CollectionList}}, summary="Collections that you may read")
def get_collections(
    service: ServiceDep, request: Request, who: Reader, asked: Annotated[Asked, Query()]
) -> dict[str, Any]:
    when, links = moment_of(asked, service.when()), Links(service, request)
    crss = exchange_crss(service.desk.atlas.metric)
    with service.store.read() as conn:
        seen = collections(conn, who.reach, who.actor.id, with_past=asked.as_of is not None)
        told = [wording.collection_json(service, conn, who, each, crss, when, links) for each in seen]
    return {"links": [links.here()], "collections": told}


@router.get("/ogc/collections/{name}", responses={200: {"model": CollectionOut}}, summary="One collection")
def get_collection(
    service: ServiceDep, request: Request, name: Name, who: Reader, asked: Annotated[Asked, Query()]
) -> dict[str, Any]:
    when = moment_of(asked, service.when())
    with service.store.read() as conn:
        about = _found(conn, who, name, asked)
        crss = exchange_crss(service.desk.atlas.metric)
        return wording.collection_json(service, conn, who, about, crss, when, Links(service, request))


@router.get(
    "/ogc/collections/{name}/queryables",
    response_class=SchemaJson,
    responses={200: {"model": Queryables}},
    summary="What a filter on a collection may name",
)
def get_queryables(
    service: ServiceDep, request: Request, name: Name, who: Reader, asked: Annotated[Asked, Query()]
) -> SchemaJson:
    with service.store.read() as conn:
        about = _found(conn, who, name, asked)
    return SchemaJson(wording.queryables_json(about, Links(service, request)))


@dataclass(frozen=True)
class Opened:
    """A collection that a request is about, opened for its reader."""

    about: Collection
    source: Source
    when: When
    crss: Mapping[str, ExchangeCrs]


@router.get(
    "/ogc/collections/{name}/items",
    response_class=GeoJson,
    responses={200: {"model": FeatureList}},
    summary="A page of features, GeoJSON",
)
def get_items(
    service: ServiceDep, request: Request, name: Name, who: Reader, asked: Annotated[ItemsAsked, Query()]
) -> GeoJson:
    links = Links(service, request)
    with service.store.read() as conn:
        opened = _opened(service, conn, who, name, asked)
        crs = crs_named(opened.crss, asked.crs, "crs")
        told = conditions(asked, opened.about, opened.crss, opened.when)
        wanted = Filter(conn, opened.source, opened.about.kept, told)
        page = reading.page(conn, opened.source, wanted, asked.after, min(asked.limit, MAX_LIMIT))
        matched = reading.count(conn, opened.source, wanted) if asked.cursor is None else None
    about = [links.here(media_type=GEOJSON), links.to("collections", name, rel="collection")]
    if page.after is not None:
        about.append(links.here(rel="next", media_type=GEOJSON, cursor=str(page.after)))
    head: dict[str, Any] = {"timeStamp": utc_text(service.now()), "links": about}
    if matched is not None:
        head["numberMatched"] = matched
    return GeoJson(wording.feature_collection(page.features, opened.about, crs, head), headers=_in(crs))


class Headers(Response):
    """An answer that is all in its headers."""

    media_type = "text/plain"


@router.options("/ogc/collections/{name}/items", response_class=Headers, summary="What may be done with features")
def options_items(service: ServiceDep, name: Name, who: Reader) -> Response:
    """QGIS asks before it lets anybody edit: only open drafts may be changed."""
    return Headers(headers=_allowed(service, who, name, ("POST",), {"Accept-Post": f"{GEOJSON}, {JSON}"}))


@router.get(
    "/ogc/collections/{name}/items/{item}",
    response_class=GeoJson,
    responses={200: {"model": FeatureOut}},
    summary="One feature, GeoJSON",
)
def get_item(
    service: ServiceDep, request: Request, name: Name, item: str, who: Reader, asked: Annotated[ItemAsked, Query()]
) -> GeoJson:
    links = Links(service, request)
    with service.store.read() as conn:
        opened = _opened(service, conn, who, name, asked)
        crs = crs_named(opened.crss, asked.crs, "crs")
        found = reading.one(conn, opened.source, _key(item)) if _is_key(item) else None
        if not found:
            raise NotFound(f"there is no feature {item[:40]!r} in {name} that you may see")
        tag = _tag(service, conn, who, opened.about, _key(item))
    about = [links.here(media_type=GEOJSON), links.to("collections", name, rel="collection")]
    return GeoJson(wording.feature(found, opened.about, crs, about), headers=_in(crs) | tag)


def _tag(service: Service, conn: Connection, who: Principal, about: Collection, number: int) -> dict[str, str]:
    """The header by which a client can say later what it changes; of what may be changed only."""
    if about.draft is None:
        return {}
    work = draft_work.load(conn, service.desk.atlas.shelf, about.draft.id)
    return {"ETag": f'"{draft_features.feature(conn, work, number, who.reach.of(about.capability)).tag}"'}


@router.options(
    "/ogc/collections/{name}/items/{item}", response_class=Headers, summary="What may be done with one feature"
)
def options_item(service: ServiceDep, name: Name, item: str, who: Reader) -> Response:
    """Whether it is there is not told: QGIS asks with an id of none where a collection is empty."""
    changing = ("PUT", "PATCH", "DELETE")
    return Headers(headers=_allowed(service, who, name, changing, {"Accept-Patch": MERGE_PATCH}))


def _allowed(
    service: Service, who: Principal, name: str, changing: Sequence[str], taking: Mapping[str, str]
) -> dict[str, str]:
    with service.store.read() as conn:
        about = collection(conn, who.reach, name, who.actor.id)
    if about.draft is None or not about.draft.is_open:
        return {"Allow": "GET, OPTIONS"}
    return {"Allow": ", ".join(("GET", *changing, "OPTIONS")), **taking}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and _key(text) <= MAX_KEY


def _key(text: str) -> int:
    return int(text)


def _in(crs: ExchangeCrs) -> dict[str, str]:
    """The header that says what the coordinates are."""
    return {"Content-Crs": f"<{crs.uri}>"}


def _found(conn: Connection, who: Principal, name: str, asked: Asked) -> Collection:
    about = collection(conn, who.reach, name, who.actor.id)
    require_past(about, asked)
    return about


def _opened(service: Service, conn: Connection, who: Principal, name: str, asked: Asked) -> Opened:
    about = _found(conn, who, name, asked)
    when = moment_of(asked, service.when())
    source = about.source(conn, who.reach.of(about.capability), when)
    return Opened(about, source, when, exchange_crss(service.desk.atlas.metric))
