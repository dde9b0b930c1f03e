"""Accounts, grants, tokens and the audit, for operators and auditors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, Row, select
from starlette.responses import Response

from api.accounts import book, keys, sources
from api.accounts.tables import audit
from api.auth import Needs, Principal
from api.deps import ServiceDep
from api.schemas.accounts import AccountList, AccountOut, AuditPage, LinkOut, NewAccount, NewGrant
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.values import Id
from geo.desk.lists import page
from geo.desk.scope import area_path
from geo.errors import NotAllowed
from geo.rules.access import ROOT, Capability, Grant
from geo.store.types import utc_text

router = APIRouter(prefix="/api", tags=["accounts"])


def whole_manager(who: Annotated[Principal, Needs("accounts.manage")]) -> Principal:
    """accounts.manage everywhere: an account of one area could otherwise make itself a link for any other."""
    if not who.reach.whole(Capability.ACCOUNTS_MANAGE):
        raise NotAllowed("Accounts are managed with accounts.manage for the whole jurisdiction.")
    return who


def whole_auditor(who: Annotated[Principal, Needs("audit.see")]) -> Principal:
    """audit.see everywhere: an entry may be about anybody and anything."""
    if not who.reach.whole(Capability.AUDIT_SEE):
        raise NotAllowed("The audit is read with audit.see for the whole jurisdiction.")
    return who


Manager = Annotated[Principal, Depends(whole_manager)]
Auditor = Annotated[Principal, Depends(whole_auditor)]


@router.get(
    "/accounts",
    responses={200: {"model": AccountList}},
    summary="Accounts with their grants and tokens",
)
def list_accounts(service: ServiceDep, who: Manager) -> dict[str, Any]:
    with service.accounts.read() as conn:
        return {"items": [_account(conn, account) for account in book.accounts(conn)], "next": None}


def _account(conn: Connection, account: book.Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "disabled": account.disabled,
        "grants": [_grant(grant_id, grant) for grant_id, grant in book.grants_of(conn, account.id)],
        "sources": sources.sources_of(conn, account.id),
        "tokens": [
            {
                "id": token["id"],
                "label": token["label"],
                "created_at": utc_text(token["created_at"]),
                "expires_at": utc_text(token["expires_at"]) if token["expires_at"] else None,
            }
            for token in keys.tokens_of(conn, account.id)
        ],
    }


def _grant(grant_id: int, grant: Grant) -> dict[str, Any]:
    return {
        "id": grant_id,
        "role": grant.role,
        "area": None if grant.path == ROOT else grant.path.strip("/").rpartition("/")[2],
        "categories": sorted(grant.categories) if grant.categories else None,
        "from_date": grant.from_date.isoformat(),
        "to_date": grant.to_date.isoformat() if grant.to_date else None,
    }


@router.post(
    "/accounts",
    status_code=201,
    responses={201: {"model": AccountOut}, 409: {}},
    summary="Add an account, without any grant",
)
def add_account(body: NewAccount, service: ServiceDep, who: Manager) -> dict[str, Any]:
    with service.accounts.write() as conn:
        return _account(conn, book.add_account(conn, body.name, now=service.now(), by=who.actor))


@router.post(
    "/accounts/{account_id}/grants",
    status_code=201,
    responses={201: {"model": AccountOut}},
    summary="Grant a role",
)
def add_grant(account_id: Id, body: NewGrant, service: ServiceDep, who: Manager) -> dict[str, Any]:
    path = ROOT
    if body.area is not None:
        with service.store.read() as conn:
            path = area_path(conn, body.area)
    with service.accounts.write() as conn:
        account = book.account_by_id(conn, account_id)
        book.add_grant(
            conn,
            account,
            body.role,
            path=path,
            categories=body.categories,
            from_date=body.from_date or service.today(),
            to_date=body.to_date,
            now=service.now(),
            by=who.actor,
        )
        return _account(conn, account)


@router.delete("/grants/{grant_id}", status_code=204, summary="End a grant at once")
def revoke_grant(grant_id: Id, service: ServiceDep, who: Manager) -> Response:
    with service.accounts.write() as conn:
        book.revoke_grant(conn, grant_id, now=service.now(), by=who.actor)
    return Response(status_code=204)


@router.post(
    "/accounts/{account_id}/link",
    status_code=201,
    responses={201: {"model": LinkOut}},
    summary="A sign-in link, valid once and for minutes",
)
def make_link(account_id: Id, service: ServiceDep, who: Manager) -> dict[str, Any]:
    with service.accounts.write() as conn:
        account = book.account_by_id(conn, account_id)
        secret = keys.new_link(conn, account, now=service.now(), valid_for=service.settings.link_for, by=who.actor)
    return {"path": f"/sign-in#{secret}", "valid_for_s": int(service.settings.link_for.total_seconds())}


@router.delete("/tokens/{token_id}", status_code=204, summary="Revoke a token; screens that used it are signed out")
def revoke_token(token_id: Id, service: ServiceDep, who: Manager) -> Response:
    with service.accounts.write() as conn:
        keys.revoke_token(conn, token_id, now=service.now(), by=who.actor)
    return Response(status_code=204)


@router.get("/audit", responses={200: {"model": AuditPage}}, summary="Who did what, newest first")
def get_audit(service: ServiceDep, who: Auditor, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    with service.accounts.read() as conn:
        return page_json(page(conn, select(audit), audit.c.id, cursor, limit, _audited))


def _audited(entry: Row[Any]) -> dict[str, Any]:
    return dict(entry._mapping) | {"at": utc_text(entry.at)}
