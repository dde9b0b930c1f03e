"""What is served under /ogc, in OpenAPI 3.0: the release that the standard names and its clients read.

The description of everything else (/openapi.json) is of OpenAPI 3.1. QGIS and GDAL look in this one for the largest
page: it must stand as ``limit`` among the shared parameters, or they ask for 100 features at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api import VERSION
from api.ogc.asking import DEFAULT_LIMIT, MAX_LIMIT, ItemsAsked
from api.ogc.links import GEOJSON, JSON, MERGE_PATCH, OPENAPI_30, SCHEMA
from api.problems import MEDIA_TYPE
from geo.desk.collection import Collection
from geo.desk.exchange_crs import CRS84

_PAGE = ("limit", "cursor", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs")


def document(title: str, root: str, seen: Sequence[Collection], crss: Sequence[str]) -> dict[str, Any]:
    """The document for somebody who sees these collections. root: address of the landing page."""
    paths = {
        "/": _get("Landing page", JSON),
        "/conformance": _get("Conformance classes", JSON),
        "/api": _get("This document", OPENAPI_30),
        "/collections": _get("Collections", JSON, "as_of"),
    }
    for each in seen:
        past = ("as_of",) if each.has_past else ()
        path = f"/collections/{each.id}"
        paths[path] = _get(each.title, JSON, *past)
        paths[f"{path}/queryables"] = _get(f"{each.title}: what a filter may name", SCHEMA)
        paths[f"{path}/items"] = _get(f"{each.title}: a page of features", GEOJSON, *_PAGE, *past)
        paths[f"{path}/items/{{featureId}}"] = _get(
            f"{each.title}: one feature", GEOJSON, "featureId", "crs", *past, missing=True
        )
        if each.draft is not None and each.draft.is_open:
            _add_writes(paths[f"{path}/items"], paths[f"{path}/items/{{featureId}}"], each.title)
    for path, told in paths.items():
        for method, operation in told.items():
            operation["operationId"] = method + path.replace("/", ".").replace("{", "").replace("}", "")
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": VERSION},
        "servers": [{"url": root}],
        "security": [{"token": []}, {"password": []}],
        "paths": paths,
        "components": {
            "parameters": _parameters(crss),
            "responses": {"problem": {"description": "Refused, with the reason", "content": {MEDIA_TYPE: _OBJECT}}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic", "description": "Any name; the password is a token."},
            },
        },
    }


_OBJECT = {"schema": {"type": "object"}}


def _get(summary: str, media_type: str, *parameters: str, missing: bool = False) -> dict[str, Any]:
    refusals = ("400", "401", "403", *(("404",) if missing else ()))
    return {
        "get": {
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
            "responses": {
                "200": {"description": summary, "content": {media_type: _OBJECT}},
                **{status: {"$ref": "#/components/responses/problem"} for status in refusals},
            },
        }
    }


def _add_writes(items: dict[str, Any], item: dict[str, Any], title: str) -> None:
    """What may be changed (Part 4)."""
    items["post"] = _write(f"{title}: create a feature", "201", GEOJSON, "content-crs")
    item["put"] = _write(f"{title}: replace it", "204", GEOJSON, "featureId", "content-crs", "if-match")
    item["patch"] = _write(f"{title}: update it", "204", MERGE_PATCH, "featureId", "content-crs", "if-match")
    item["delete"] = _write(f"{title}: delete it", "204", None, "featureId", "if-match")


def _write(summary: str, done: str, takes: str | None, *parameters: str) -> dict[str, Any]:
    operation = _get(summary, JSON, *parameters, missing=True)["get"]
    refusals = {status: told for status, told in operation["responses"].items() if status != "200"}
    conflicts = {status: {"$ref": "#/components/responses/problem"} for status in ("409", "412")}
    body = {"requestBody": {"required": True, "content": {takes: _OBJECT}}} if takes else {}
    return {**operation, **body, "responses": {done: {"description": summary}, **refusals, **conflicts}}


def _parameters(crss: Sequence[str]) -> dict[str, Any]:
    """Every parameter, with the words that the model of the request has for it."""
    crs = {"type": "string", "format": "uri", "enum": list(crss), "default": CRS84}
    text = {"type": "string"}
    schemas: dict[str, dict[str, Any]] = {
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "cursor": text,
        "bbox": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        "bbox-crs": crs,
        "datetime": text,
        "crs": crs,
        "filter": text,
        "filter-lang": {"type": "string", "enum": ["cql2-text"], "default": "cql2-text"},
        "filter-crs": crs,
        "as_of": text,
    }
    words = {field.alias or name: field.description for name, field in ItemsAsked.model_fields.items()}
    found: dict[str, Any] = {}
    for name, schema in schemas.items():
        found[name] = {"name": name, "in": "query", "required": False, "schema": schema}
        if words[name]:
            found[name]["description"] = words[name]
        if schema["type"] == "array":
            found[name] |= {"style": "form", "explode": False}
    found["content-crs"] = {"name": "Content-Crs", "in": "header", "required": False, "schema": crs}
    found["if-match"] = {"name": "If-Match", "in": "header", "required": False, "schema": text}
    found["featureId"] = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "integer"}}
    return found
