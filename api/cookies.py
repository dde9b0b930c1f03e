"""The cookie that carries a session."""

from __future__ import annotations

from typing import TypeVar

from starlette.responses import Response

from api.middleware import SESSION_COOKIE
from api.settings import Settings

# The server decides when a session ends. Browsers keep no cookie longer than this, so each visit of the page sets it
# anew: a wall screen that restarts should find it, be it years later.
COOKIE_DAYS = 400


Answer = TypeVar("Answer", bound=Response)


def with_session(answer: Answer, secret: str, settings: Settings) -> Answer:
    """The answer, which has the browser keep the session."""
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="strict",
        secure=settings.behind_tls,
    )
    return answer
