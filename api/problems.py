"""Errors as RFC 9457 problem details: one table from error class to HTTP status, one body for all of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from api import status_line
from geo import errors
from maps.page import missing_html

log = logging.getLogger("gridwarden.problems")

MEDIA_TYPE = "application/problem+json"

# The nearest class in the error's ancestry decides; the order of the lines does not matter.
STATUS: Mapping[type[errors.GridwardenError], int] = {
    errors.GridwardenError: 400,
    errors.BadInput: 400,
    errors.FaultyCoverage: 422,
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.NotSignedIn: 401,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.Busy: 503,
    errors.StoreError: 503,
    errors.StoreFull: 507,
}

MAX_INPUT_ECHO = 80
MAX_VALIDATION_ERRORS = 20


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """A problem details response. ``slug`` names the kind of problem: type ``/problems/<slug>``."""
    body: dict[str, Any] = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    if details:
        body["details"] = dict(details)
    return ProblemResponse(body, status, headers=status_line.headers_for(detail) | dict(headers or {}))


def status_of(error: errors.GridwardenError) -> int:
    """The HTTP status of an error: that of the nearest listed class in its ancestry."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def slug_of(error: errors.GridwardenError) -> str:
    """StoreTooNew -> store-too-new."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def of_error(error: errors.GridwardenError) -> ProblemResponse:
    """The answer to an error of our own tree; its message is meant for the reader."""
    status = status_of(error)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in error.details:
        headers["Retry-After"] = str(error.details["retry_after_s"])
    # An error may be more particular than its class, e.g. NotAllowed(problem="purpose-needed").
    details = {key: value for key, value in error.details.items() if key != "problem"}
    slug = str(error.details.get("problem", slug_of(error)))
    return problem(status, slug, slug.replace("-", " ").capitalize(), str(error), details=details, headers=headers)


def _place(loc: Sequence[int | str]) -> str:
    return ".".join(str(part)[:MAX_INPUT_ECHO] for part in loc)


def of_validation(error: RequestValidationError) -> ProblemResponse:
    """400 with the place and the reason of each mistake, never with what was sent: it may be 10 MB, or a name."""
    listed = error.errors()
    mistakes = [
        {"at": _place(item["loc"]), "problem": str(item["msg"])[:200]} for item in listed[:MAX_VALIDATION_ERRORS]
    ]
    more = len(listed) - len(mistakes)
    detail = "; ".join(f"{item['at']}: {item['problem']}" for item in mistakes[:3])
    if len(listed) > 3:
        detail += f"; and {len(listed) - 3} more"
    details: dict[str, Any] = {"mistakes": mistakes}
    if more:
        details["not_listed"] = more
    return problem(400, "bad-request", "The request cannot be taken as it is", detail, details=details)


def of_http(error: HTTPException) -> Response:
    """Errors of the framework itself: no such path, method not allowed, a body that is too large."""
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    phrase = HTTPStatus(error.status_code).phrase
    slug = re.sub(r"[^a-z]+", "-", phrase.lower())
    return problem(error.status_code, slug, phrase, str(error.detail), headers=error.headers)


def internal_error() -> ProblemResponse:
    """What a fault of ours looks like from outside. The log says the rest."""
    return problem(500, "internal-error", "Internal error", "internal error")


def _is_for_a_person(request: Request) -> bool:
    """Whether a browser opens an address as a page: programs and our own scripts never name HTML first."""
    return request.method in ("GET", "HEAD") and request.headers.get("accept", "").startswith("text/html")


def install(app: FastAPI) -> None:
    """Make every error that leaves a route a problem details response."""

    async def own(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.GridwardenError)
        return of_error(error)

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return of_validation(error)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.NOT_FOUND and _is_for_a_person(request):
            return HTMLResponse(missing_html(), error.status_code, headers={"Cache-Control": "no-store"})
        return of_http(error)

    app.add_exception_handler(errors.GridwardenError, own)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
