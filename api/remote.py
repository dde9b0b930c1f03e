"""Writes of the command line while a service holds the store: they go through its API, with a token of minutes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from sqlalchemy import Connection

from api.accounts import Accounts, book, keys
from api.clock import utc_now
from api.schemas.imports import Options
from geo import errors
from geo.errors import GridwardenError, NotFound, StoreHeld
from geo.files import as_one_file
from geo.model import SYSTEM
from geo.rules.access import Role

ACCOUNT = "command line"
# An upload is checked when it begins; what is imported after that may take longer.
TOKEN_FOR = timedelta(minutes=10)


class Remote:
    """A running service, spoken to by somebody who may read its accounts file, and so may do anything with it."""

    def __init__(self, store: str, url: str) -> None:
        self._store = store
        self._url = url

    def __enter__(self) -> Self:
        now = utc_now()
        self._accounts = Accounts.open(self._store)
        with self._accounts.write() as conn:
            who = _account(conn)
            self._token_id, secret = keys.new_token(conn, who, "command line", now=now, valid_for=TOKEN_FOR, by=SYSTEM)
        self._client = httpx2.Client(
            base_url=self._url,
            headers={"authorization": f"Bearer {secret}"},
            timeout=httpx2.Timeout(30, read=None, write=None),
            trust_env=False,  # a proxy of the environment is not asked for a service on this machine
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        with self._accounts.write() as conn:
            keys.revoke_token(conn, self._token_id, now=utc_now(), by=SYSTEM)
        self._accounts.close()

    def run_import(self, kind: str, file: Path, options: Options) -> dict[str, Any]:
        """Import a file there. Raises what the service answers."""
        return self._upload(f"/api/imports/{kind}", file, options)

    def preview_import(self, kind: str, file: Path, options: Options) -> dict[str, Any]:
        """What the import of a file would do there."""
        return self._upload(f"/api/imports/{kind}/preview", file, options)

    def send(self, path: str, file: Path, options: Options) -> dict[str, Any]:
        """Send a file to a route that takes one. Raises what the service answers."""
        return self._upload(path, file, options)

    def _upload(self, path: str, file: Path, options: Options) -> dict[str, Any]:
        sent = {"options": json.dumps(options.model_dump(exclude_none=True))}
        with as_one_file(file) as whole, whole.open("rb") as content:
            return self._answer("POST", path, data=sent, files={"file": (whole.name, content)})

    def undo(self, batch_id: int, even_worked: bool) -> dict[str, Any]:
        """Undo an import there."""
        return self._answer("POST", f"/api/batches/{batch_id}/undo", params={"even_worked": even_worked})

    def post(self, path: str, sent: dict[str, Any]) -> dict[str, Any]:
        """Do there what a route does. Raises what the service answers."""
        return self._answer("POST", path, json=sent)

    def _answer(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **given)
            body: dict[str, Any] = answer.json()
        except (httpx2.HTTPError, ValueError) as failure:
            raise StoreHeld(f"The service at {self._url} holds the store and does not answer: {failure}") from None
        if answer.is_success:
            return body
        raise _error(body)


def _account(conn: Connection) -> book.Account:
    """The account that commands use: made when first needed, everywhere an operator, and an editor, who may count."""
    now = utc_now()
    try:
        who = book.account_named(conn, ACCOUNT)
    except NotFound:
        who = book.add_account(conn, ACCOUNT, now=now, by=SYSTEM)
    held = {grant.role for _, grant in book.grants_of(conn, who.id)}
    for role in (Role.OPERATOR, Role.GIS_EDITOR):
        if role not in held:
            book.add_grant(conn, who, role, from_date=(now - timedelta(days=1)).date(), now=now, by=SYSTEM)
    return who


def _error(problem: dict[str, Any]) -> GridwardenError:
    """The error that a problem details answer stands for, so that a refusal reads the same either way."""
    details = problem.get("details", {})
    wanted = str(problem.get("type", "")).removeprefix("/problems/").replace("-", "")
    message = str(problem.get("detail", "refused"))
    known = {name.lower(): cls for name, cls in vars(errors).items() if isinstance(cls, type)}
    found = known.get(wanted, GridwardenError)
    return found(message, **details) if issubclass(found, GridwardenError) else GridwardenError(message)
