"""The body of every refusal, and what each status stands for."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import Field

from api.schemas.base import Told


class Problem(Told):
    """RFC 9457 problem details."""

    type: str = Field(description="What kind of problem: a name for programs.")
    title: str
    status: int
    detail: str = Field(description="What is wrong, where, and what to do about it.")
    details: dict[str, Any] | None = Field(None, description="Places, sizes and names, for programs.")


class Refusal(NamedTuple):
    """One status: when it is answered, with an example."""

    when: str
    slug: str
    detail: str
    details: dict[str, Any] | None = None


REFUSALS: dict[int, Refusal] = {
    400: Refusal(
        "The request cannot be taken as it is; every mistake is listed.",
        "bad-request",
        "body.source: Field required",
        {"mistakes": [{"at": "body.source", "problem": "Field required"}]},
    ),
    401: Refusal(
        "No session or token, or one that has expired or was revoked.",
        "not-signed-in",
        "Sign in, or send a token: Authorization: Bearer TOKEN.",
    ),
    403: Refusal(
        "The capability is missing, or does not hold there.",
        "not-allowed",
        "This needs the capability issues.close.",
        {"capability": "issues.close"},
    ),
    404: Refusal("No such thing that you may see.", "not-found", "there is no issue 17 that you may see"),
    409: Refusal(
        "It contradicts what is stored now.",
        "conflict",
        "This Idempotency-Key came with another request before: use a new one.",
    ),
    412: Refusal(
        "It has changed since the ETag in If-Match.",
        "precondition-failed",
        "this has changed since you read it: look again, then decide",
    ),
    413: Refusal("The body is too large.", "too-large", "The body of this request may have 1000000 bytes at most."),
    422: Refusal(
        "The grids do not tile.",
        "faulty-coverage",
        "grids.geojson is no coverage (1 overlap): FM-01 and FM-02 overlap by 12.4 m2; mend the file",
        {
            "count": 1,
            "faults": [{"kind": "overlap", "severity": "error", "codes": ["FM-01", "FM-02"], "area_m2": 12.4}],
        },
    ),
    503: Refusal(
        "Too much at once, or the store cannot be used at present. Retry-After says when to ask again.",
        "busy",
        "too many writes are waiting; try again in a moment",
        {"retry_after_s": 1},
    ),
    507: Refusal("No room on the disk; nothing was kept.", "store-full", "the disk is full: nothing was stored"),
}
OTHER = "Any other refusal: 405, 421 under an unknown host name, 500 for a fault of ours."


def example_of(status: int) -> dict[str, Any]:
    """A problem as it would be answered with that status."""
    refusal = REFUSALS[status]
    body = {
        "type": f"/problems/{refusal.slug}",
        "title": refusal.slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": refusal.detail,
    }
    return body | ({"details": refusal.details} if refusal.details else {})
