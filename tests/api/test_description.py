"""The description of the API says of every operation who may ask it, what it answers, and how it refuses."""

from __future__ import annotations

import http
from typing import Any

import pytest
from fastapi.routing import RouteContext
from pydantic import BaseModel

from api.app import create_app
from api.description import capabilities_of, describe, described_routes
from api.problems import MEDIA_TYPE
from api.schemas.base import Body
from api.schemas.problem import REFUSALS, Problem, example_of
from api.settings import Settings

APP = create_app(Settings())
DOCUMENT = describe(APP)


def operations() -> list[Any]:
    found = []
    for route in described_routes(APP):
        for method in sorted(route.methods or ()):
            operation = DOCUMENT["paths"][route.path_format][method.lower()]
            found.append(pytest.param(route, operation, id=f"{method} {route.path}"))
    return found


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    while "$ref" in part:
        at: Any = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            at = at[name]
        part = at
    return part


def test_what_routes_take_is_read_once_for_all_applications_of_a_process() -> None:
    another = described_routes(create_app(Settings()))
    assert all(one.dependant is other.dependant for one, other in zip(described_routes(APP), another, strict=True))


@pytest.mark.parametrize(("route", "operation"), operations())
def test_an_operation_says_what_it_does_and_who_may_ask(route: RouteContext, operation: dict[str, Any]) -> None:
    assert operation["summary"] and operation["tags"]
    needed = capabilities_of(route)
    assert operation["x-capabilities"] == list(needed)
    assert all(f"`{capability}`" in operation["description"] for capability in needed)


@pytest.mark.parametrize(("route", "operation"), operations())
def test_an_answer_has_a_type_and_an_example(route: RouteContext, operation: dict[str, Any]) -> None:
    done = {status: told for status, told in operation["responses"].items() if status.startswith("2")}
    assert done
    for status, told in done.items():
        if int(status) == http.HTTPStatus.NO_CONTENT:
            assert "content" not in told
            continue
        for media_type, content in told["content"].items():
            if "json" in media_type:
                assert content["schema"].keys() == {"$ref"}
                assert resolved(content["schema"])["examples"]
            else:
                assert content["schema"]["type"] == "string"


def models() -> list[type[BaseModel]]:
    """Every model of an answer, and every body."""
    answers = {told["model"] for route in described_routes(APP) for told in route.responses.values() if "model" in told}
    return sorted(answers | set(Body.__subclasses__()), key=lambda model: model.__name__)


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_examples_are_what_they_stand_for(model: type[BaseModel]) -> None:
    examples = model.model_json_schema().get("examples")
    assert examples or model.__subclasses__()
    for example in examples or ():
        model.model_validate(example, extra="forbid")


@pytest.mark.parametrize(("route", "operation"), operations())
def test_a_refusal_is_a_problem(route: RouteContext, operation: dict[str, Any]) -> None:
    refused = {status: told for status, told in operation["responses"].items() if status[0] in "45d"}
    assert "default" in refused
    assert bool(capabilities_of(route)) <= ({"401", "403"} <= refused.keys())
    for status, told in refused.items():
        problem = resolved(told)
        assert problem["description"]
        if "model" not in route.responses.get(int(status) if status.isdigit() else 0, {}):
            assert resolved(problem["content"][MEDIA_TYPE]["schema"])["title"] == "Problem"


@pytest.mark.parametrize("status", REFUSALS)
def test_examples_of_refusals_are_problems(status: int) -> None:
    assert Problem.model_validate(example_of(status), extra="forbid").status == status
