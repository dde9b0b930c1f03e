"""Backups: a store and its accounts, copied together while both are in use, and made again from the copies."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from api.accounts.file import PRIVATE, accounts_path
from api.accounts.tables import POSTGRES_SCHEMA
from geo.errors import Conflict, StoreMissing
from geo.store import gpkg, postgis
from geo.store.store import Store, kind_of, translated


def back_up(location: str, target: Path) -> None:
    """Copy the store to ``target`` and its accounts to ``target``.accounts. Never over a file that is there.

    The accounts come last: a person added in between is in neither, one without rights is in both.
    """
    copy_of_accounts = accounts_path(str(target))
    for there in (target, copy_of_accounts):
        if there.exists():
            raise Conflict(f"{there} is there already: a backup is never written over another file.")
    with Store.open(location, write=False) as store:
        store.backup(target)
    if kind_of(location) == "postgis":
        postgis.backup(location, copy_of_accounts, schema=POSTGRES_SCHEMA)
        return
    _private(copy_of_accounts)
    accounts = accounts_path(location)
    with (
        translated(accounts),
        closing(sqlite3.connect(accounts)) as source,
        closing(sqlite3.connect(copy_of_accounts)) as to,
    ):
        source.backup(to)
        to.execute("PRAGMA journal_mode = DELETE")


def restore(source: Path, location: str) -> None:
    """Make a store and its accounts from a backup. Never over a store that is there."""
    accounts_source = accounts_path(str(source))
    if not accounts_source.exists():
        raise StoreMissing(f"{accounts_source} is missing: accounts belong to a backup, with the key of contacts.")
    if kind_of(location) == "postgis":
        for dump in (source, accounts_source):
            postgis.restore(location, dump)
        return
    gpkg.look_inside(source)
    target = accounts_path(location)
    if target.exists():
        raise Conflict(f"{target} is there already: a restore never replaces a file.")
    with gpkg.new_file(Path(location)) as unfinished:
        shutil.copyfile(source, unfinished)
    _private(target)
    shutil.copyfile(accounts_source, target)


def _private(path: Path) -> None:
    """An empty file that only its owner may read from its first moment."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
