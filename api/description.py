"""The OpenAPI description: what FastAPI makes of the routes, with who may ask each and which refusals it can give.

A route declares the models of its answers (``responses={200: {"model": ...}}``) and the refusals that only it knows of
(``responses={409: {}}``). The others follow from what the route takes, and are added here, so that no route repeats
them. Models describe and do not filter: answers leave as they were made, and tests hold them against their models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from api.auth import SECURITY_SCHEMES, optional_principal, public
from api.deps import write_key
from api.problems import MEDIA_TYPE
from api.schemas.problem import OTHER, REFUSALS, Problem, example_of

SCHEMA = {"$ref": "#/components/schemas/Problem"}
VALIDATION = ("HTTPValidationError", "ValidationError")  # FastAPI's own; ours are problems


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description, made when first asked for."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for route in described_routes(app):
        for method in route.methods or ():
            _complete(document["paths"][route.path_format][method.lower()], route)
    components = document["components"]
    for name in VALIDATION:
        components["schemas"].pop(name, None)
    components["schemas"]["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = SECURITY_SCHEMES
    components["responses"] = {_name(status): _refusal(status) for status in REFUSALS}
    components["responses"]["Other"] = {"description": OTHER, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
    return document


def described_routes(app: FastAPI) -> Iterator[RouteContext]:
    """The routes that the description shows."""
    return (route for route in iter_route_contexts(app.routes) if getattr(route, "include_in_schema", False))


def _complete(operation: dict[str, Any], route: RouteContext) -> None:
    """Add the capability that the operation needs, and its refusals."""
    needed = capabilities_of(route)
    who = f"Needs {' or '.join(f'`{capability}`' for capability in needed)}." if needed else "Everybody may ask."
    operation["description"] = "\n\n".join(filter(None, (operation.get("description"), who)))
    operation["x-capabilities"] = list(needed)
    if needed or optional_principal in calls(route.dependant):
        operation["security"] = [{name: []} for name in SECURITY_SCHEMES]
    responses = operation["responses"]
    for told in responses.values():
        for content in told.get("content", {}).values():
            if "$ref" in content["schema"]:  # a declared model says more than the signature's dict
                content["schema"] = {"$ref": content["schema"]["$ref"]}
    if 422 not in route.responses:
        responses.pop("422", None)
    for status in sorted(_refusals(operation, route)):
        responses[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    responses["default"] = {"$ref": "#/components/responses/Other"}


def capabilities_of(route: RouteContext) -> tuple[str, ...]:
    """The capabilities of which the route asks one; none for one that everybody may ask."""
    return next((tuple(map(str, call.any_of)) for call in calls(route.dependant) if hasattr(call, "any_of")), ())


def calls(dependant: Dependant) -> Iterator[Any]:
    """Every dependency of a route, at any depth."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


def _refusals(operation: dict[str, Any], route: RouteContext) -> set[int]:
    """Those the route declares itself, and those that follow from what it takes."""
    found = {int(status) for status, told in route.responses.items() if int(status) >= 400 and "model" not in told}
    asked = list(calls(route.dependant))
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    if public not in asked:
        found |= {401, 403, 503}
    if places or "requestBody" in operation:
        found.add(400)
    if "path" in places:
        found.add(404)
    if "requestBody" in operation:
        found.add(413)
    if not (route.methods or set()) <= {"GET", "HEAD"}:
        found |= {403, 503, 507}  # 403: a page of another site asked
    if write_key in asked:
        found.add(409)
    if any(parameter["name"] == "if-match" for parameter in operation.get("parameters", ())):
        found.add(412)
    return found


def _name(status: int) -> str:
    return "".join(word.capitalize() for word in REFUSALS[status].slug.split("-"))


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": REFUSALS[status].when,
        "content": {MEDIA_TYPE: {"schema": SCHEMA, "example": example_of(status)}},
    }
