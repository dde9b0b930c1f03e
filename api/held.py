"""Imports that wait for a word on their datum: kept by an import that is refused, settled by whoever may import."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from api import imports
from api.imports import Job, Outcome
from api.schemas.imports import Options
from geo.crs import parse_datum
from geo.desk import held
from geo.desk.tx import Desk, Tx
from geo.errors import BadInput, Conflict, WrongDatum
from geo.files import as_one_file
from geo.model import Actor

BLOCK = 1 << 20


def run(kind: str, job: Job, options: Options) -> Outcome:
    """Import a file. One whose points look like another datum is kept for somebody to say which: WrongDatum has its
    number, ``held``."""
    try:
        return imports.run(kind, job, options)
    except WrongDatum as wrong:
        raise _held(kind, job, options, wrong) from None


def _held(kind: str, job: Job, options: Options, wrong: WrongDatum) -> WrongDatum:
    if job.path.is_dir():  # a FileGDB cannot be kept as one file
        return wrong
    with as_one_file(job.path) as whole:
        with whole.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        said = options.model_dump(mode="json", exclude_none=True)
        waiting = held.Held(kind, whole.name, sha256, said, wrong.details["datum"])
        parts = held.compressed(_blocks(whole))
    with job.desk.transaction(job.clock, job.actor) as tx:
        number = held.hold(tx, waiting, parts)
    words = f"{wrong} Until somebody says which, the file waits as held import {number} (gridwarden import settle)."
    return WrongDatum(words, **wrong.details, held=number)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, BLOCK), b"")


def take(
    desk: Desk, held_id: int, datum: str | None, clock: imports.Clock, actor: Actor, progress: imports.Progress
) -> Outcome | None:
    """Import a held file with its points in ``datum``, None for the one that it says. None where that was done before.

    Raises NotFound; Conflict where it is settled otherwise, or being taken at this moment; BadInput for a datum that
    cannot be named for all of its points; WrongDatum for one that does not fit either. Cut off, it is taken up by
    the same decision.
    """
    if datum is not None:
        datum = parse_datum(datum)
    with desk.store.claim(-held_id) as is_ours:  # batches claim numbers above nought
        if not is_ours:
            raise Conflict(f"held import {held_id} is being taken at this moment: wait for that to end")
        with desk.store.read() as conn:
            row = held.get(conn, held_id)
        options = _options(row, datum)
        if _act(desk, clock, actor, lambda tx: held.begin(tx, held_id, datum)) is not None:
            return None
        try:
            outcome = _import(desk, row, options, clock, actor, progress)
        except Exception:
            with suppress(Exception):  # what failed first is what is told
                _act(desk, clock, actor, lambda tx: held.release(tx, held_id))
            raise
        _act(desk, clock, actor, lambda tx: held.finish(tx, held_id, outcome.summary["batch"]))
        return outcome


def _options(row: Any, datum: str | None) -> Options:
    """Those that came with the file, with another datum or with its own confirmed."""
    said = {name: value for name, value in row.options.items() if name != "confirm_datum"}
    if datum is None:
        said["confirm_datum"] = ",".join(look["datum"] for look in row.looks)
    elif held.can_rename(said):
        said["datum"] = datum
    else:
        raise BadInput(f"each row of held import {row.id} names its own datum: mend the file, and drop this one")
    return imports.parse_options(row.kind, said)


def _import(
    desk: Desk, row: Any, options: Options, clock: imports.Clock, actor: Actor, progress: imports.Progress
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
        path = Path(folder) / row.file_name
        with desk.store.read() as conn, path.open("wb") as target:
            target.writelines(held.content(conn, row.id))
        return imports.run(row.kind, Job(desk, path, clock, actor, progress), options)


def _act(desk: Desk, clock: imports.Clock, actor: Actor, does: Callable[[Tx], Any]) -> Any:
    with desk.transaction(clock, actor) as tx:
        return does(tx)
