"""A client that holds every answer it gets against the description of the API."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Match

from api.app import create_app
from api.description import describe, described_routes
from api.problems import MEDIA_TYPE
from api.schemas.problem import Problem
from api.settings import Settings

# Not told of each operation: another method, another host name, a fault of ours.
ANYWHERE = {405, 421, 500}


class ConformingClient(TestClient):
    """Fails a test whose request was answered otherwise than /openapi.json says, whatever else the test looks at."""

    def request(self, method: str, url: Any, **given: Any) -> Any:
        answer = super().request(method, url, **given)
        assert isinstance(self.app, FastAPI)
        check(self.app, answer)
        return answer


@cache
def _described() -> dict[str, Any]:
    """The description, which all applications share: making it takes longer than most tests."""
    return describe(create_app(Settings(store="none.gpkg")))


def check(app: FastAPI, answer: httpx2.Response) -> None:
    """The status is described, and a JSON body is of the model that it is described with."""
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if media_type == MEDIA_TYPE:
        Problem.model_validate_json(answer.content, extra="forbid")
    asked = {"type": "http", "method": answer.request.method, "path": answer.request.url.path, "headers": []}
    route = next((r for r in described_routes(app) if r.original_route.matches(asked)[0] is Match.FULL), None)
    if route is None or answer.status_code in ANYWHERE:
        return
    told = _described()["paths"][route.path_format][answer.request.method.lower()]["responses"]
    assert str(answer.status_code) in told, f"{route.path} does not say that it answers {answer.status_code}"
    model = route.responses.get(answer.status_code, {}).get("model")
    if model is not None:
        assert media_type in told[str(answer.status_code)]["content"]
        model.model_validate_json(answer.content, extra="forbid", strict=True)
