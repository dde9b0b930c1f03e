"""Who did it, by name: the store keeps account ids, the names stand with the accounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from api.accounts import book
from api.auth import Principal
from api.service import Service
from geo.desk.people import english_names
from geo.errors import NotFound
from geo.rules.access import Capability

ACCOUNT = re.compile(r"account:(\d{1,18})")
LISTS = ("history", "inspections", "events", "steps")  # members of a detail whose items have an actor


def with_actors(service: Service, who: Principal, detail: dict[str, Any]) -> dict[str, Any]:
    """A detail as its reader may see it: display names instead of account ids, or nobody's name at all.

    Beside each the English name, where it is known: people act under the name that they have in the registers.
    """
    listed = {name: detail[name] for name in LISTS if name in detail}
    if not who.may(Capability.PEOPLE_SEE):
        named: dict[str, str | None] = {}
    else:
        told = {item["actor"] for items in listed.values() for item in items}
        named = _names(service, told | {each["confirmed_by"] for each in _decisions(detail) if each["confirmed_by"]})
    english = _in_english(service, {name for name in named.values() if name})

    def told_of(told: dict[str, Any], member: str) -> dict[str, Any]:
        name = named.get(told[member])
        return told | {member: name, f"{member}_en": english.get(name or "")}

    shown = detail | {name: [told_of(item, "actor") for item in items] for name, items in listed.items()}

    if "assignment" in detail:
        shown["assignment"] = told_of(detail["assignment"], "confirmed_by")
        shown["schemes"] = {name: told_of(each, "confirmed_by") for name, each in detail["schemes"].items()}
    return shown


def with_names(service: Service, who: Principal, told: dict[str, Any], *members: str) -> dict[str, Any]:
    """The same for members that name somebody themselves."""
    actors = {told[member] for member in members if told.get(member)}
    named = _names(service, actors) if who.may(Capability.PEOPLE_SEE) else {}
    return told | {member: named.get(told[member]) for member in members if member in told}


def with_accounts(
    service: Service, who: Principal, items: Sequence[dict[str, Any]], *members: str
) -> list[dict[str, Any]]:
    """Items whose members name who acted: display names for who may know people or keeps the accounts, else nobody."""
    actors = {item[member] for item in items for member in members if item[member]}
    may = who.may(Capability.PEOPLE_SEE) or who.may(Capability.ACCOUNTS_MANAGE)
    named = _names(service, actors) if may else {}
    return [item | {member: named.get(item[member]) for member in members} for item in items]


def _decisions(detail: dict[str, Any]) -> list[dict[str, Any]]:
    """An issue's assignments; other details have none."""
    return [detail["assignment"], *detail["schemes"].values()] if "assignment" in detail else []


def _in_english(service: Service, names: set[str]) -> dict[str, str]:
    if not names:
        return {}
    with service.store.read() as conn:
        return english_names(conn, names)


def _names(service: Service, actors: set[str]) -> dict[str, str | None]:
    """Display names; whoever is no account (an import, the daily round, a person of sample data) is named as is."""
    names: dict[str, str | None] = {}
    with service.accounts.read() as conn:
        for actor in actors:
            account = ACCOUNT.fullmatch(actor)
            try:
                names[actor] = book.account_by_id(conn, int(account[1])).name if account else actor
            except NotFound:
                names[actor] = None
    return names
