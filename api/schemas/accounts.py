"""Accounts, grants, tokens and the audit: what is sent and what is told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import Body, Day, Told, UtcText, example
from geo.rules.access import Role

GRANT = {
    "id": 3,
    "role": "dispatcher",
    "area": "330802006",
    "categories": None,
    "from_date": "2026-11-22",
    "to_date": None,
}
TOKEN = {"id": 7, "label": "hotline", "created_at": "2026-11-22T01:30:00.000Z", "expires_at": None}
ACCOUNT = {
    "id": 12,
    "name": "Duty desk",
    "disabled": False,
    "grants": [GRANT],
    "sources": ["hotline"],
    "tokens": [TOKEN],
}


class NewAccount(Body):
    model_config = example({"name": "Duty desk"})

    name: Annotated[str, Field(min_length=1, max_length=100)]


class NewGrant(Body):
    """A role in an area (null: everywhere), for some categories (null: all), between local dates (``to`` exclusive)."""

    model_config = example({"role": "dispatcher", "area": "330802006", "to_date": "2027-01-01"})

    role: Role
    area: Annotated[str | None, Field(max_length=40)] = None
    categories: Annotated[list[str] | None, Field(min_length=1, max_length=200)] = None
    from_date: Annotated[date | None, Field(description="Today if not said.")] = None
    to_date: Annotated[date | None, Field(description="First day without it; never if not said.")] = None


class GrantOut(Told):
    """A role, where it holds (null: everywhere), for what (null: all categories) and when (``to_date`` exclusive)."""

    id: int
    role: Role
    area: str | None
    categories: list[str] | None
    from_date: Day
    to_date: Day | None


class TokenOut(Told):
    """A token without its secret, which was shown once."""

    id: int
    label: str
    created_at: UtcText
    expires_at: UtcText | None


class AccountOut(Told):
    model_config = example(ACCOUNT)

    id: int
    name: str
    disabled: bool
    grants: list[GrantOut]
    sources: list[str]
    tokens: list[TokenOut]


class AccountList(Told):
    model_config = example({"items": [ACCOUNT], "next": None})

    items: list[AccountOut]
    next: None


class LinkOut(Told):
    """A path to open in a browser. What follows # never reaches a server by itself."""

    model_config = example({"path": "/sign-in#gwl_made-up-secret", "valid_for_s": 600})

    path: str
    valid_for_s: int


class AuditEntry(Told):
    id: int
    at: UtcText
    actor: str
    action: str
    subject: str | None
    data: dict[str, Any]


class AuditPage(Told):
    model_config = example(
        {
            "items": [
                {
                    "id": 4711,
                    "at": "2026-11-22T01:30:00.000Z",
                    "actor": "account:12",
                    "action": "unit.opened",
                    "subject": "unit 345",
                    "data": {"purpose": "complaint 2026-0815"},
                }
            ],
            "next": None,
        }
    )

    items: list[AuditEntry]
    next: str | None = Field(description="Ask with it as ``cursor`` for the entries before; null on the last page.")
