"""Drafts of boundary changes: started from an edition, changed step by step, submitted, returned, discarded.

A draft may be broken while somebody works on it; what is submitted and published has no faults. Each step keeps the
grids before and after it, so that undo and redo are exact whatever the step was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, Integer, Select, cast, func, insert, select, update

from geo.desk import draft_work
from geo.desk.boundaries import find_scheme
from geo.desk.draft_work import Changes, Work, areas_in, require_own, require_reach
from geo.desk.edition_grids import GridRow, Key, Shelf, newest_edition
from geo.desk.tx import Tx
from geo.errors import BadInput, Conflict, NotFound, PreconditionFailed
from geo.model import DraftState, Subject
from geo.rules.access import EVERYWHERE, Extent
from geo.store.tables import draft, draft_grid, draft_operation, edition, grid_version, scheme

TITLE_MOST = 200
Draft = int | Work  # its number, or the draft as it was read in this transaction


def start(tx: Tx, title: str, scheme_name: str | None = None, *, outline: bool = False) -> int:
    """A new draft on the edition in force. Returns its number. outline: it may move the outer line of the scheme.

    Raises NotFound without such a scheme or an edition of it, BadInput for a title that is empty or too long.
    """
    title = title.strip()
    if not 0 < len(title) <= TITLE_MOST:
        raise BadInput(f"a draft needs a title of {TITLE_MOST} letters at most", reason="title_needed", most=TITLE_MOST)
    scheme_id = find_scheme(tx, scheme_name)
    number = newest_edition(tx.conn, scheme_id)
    row = {
        "scheme_id": scheme_id, "title": title, "base_edition": number, "state": DraftState.OPEN, "revision": 0,
        "outline": outline, "created_by": tx.actor.id, "created_at": tx.now, "changed_at": tx.now,
    }  # fmt: skip
    draft_id: int = tx.conn.execute(insert(draft).values(row).returning(draft.c.id)).scalar_one()
    _tell(tx, "draft.started", scheme_id, draft_id, title=title, base=number)
    return draft_id


def start_taking_back(
    tx: Tx, number: int, scheme_name: str | None = None, *, extents: Sequence[Extent] = EVERYWHERE
) -> int:
    """A draft that takes back what an edition changed: as it was before, on the edition in force. Returns its number.

    Raises NotFound without that edition, NotAllowed for grids outside the extents, Conflict where a later edition
    changed a grid of it again, or it changed none.
    """
    scheme_id = find_scheme(tx, scheme_name)
    here = edition.c.scheme_id == scheme_id, edition.c.number == number
    if tx.conn.execute(select(edition.c.id).where(*here)).first() is None:
        raise NotFound(f"there is no edition {number}", reason="no_such_edition", edition=number)
    if number == 1:
        raise Conflict("edition 1 has nothing before it: undo its import instead", reason="first_edition")
    newest = newest_edition(tx.conn, scheme_id)
    shelf = tx.atlas.shelf
    now, with_it, without = (shelf.grids(tx.conn, scheme_id, n) for n in (newest, number, number - 1))
    changed = {
        key
        for key in with_it.keys() | without.keys()
        if key not in with_it or key not in without or not with_it[key].is_as(without[key])
    }
    if not changed:
        raise Conflict(f"edition {number} changed no grid", reason="edition_changed_nothing", edition=number)
    before, after = ({key: grids.get(key) for key in changed} for grids in (with_it, without))
    require_own(tx.conn, extents, before, after)
    again = [key for key in changed if not _same(now.get(key), with_it.get(key))]
    if again:
        codes = sorted((now.get(key) or with_it.get(key) or without[key]).code for key in again)
        raise Conflict(
            f"later editions changed grids of edition {number} again: {', '.join(codes[:10])}; take these back first",
            reason="changed_again_later",
            edition=number,
            grids=codes,
        )
    draft_id = start(tx, f"edition {number} taken back", scheme_name, outline=True)
    tx.conn.execute(update(draft).where(draft.c.id == draft_id).values(takes_back=number))
    record(tx, draft_id, "take_back", {"edition": number}, after, extents=extents)
    return draft_id


def _same(a: GridRow | None, b: GridRow | None) -> bool:
    return a is b or (a is not None and b is not None and a.is_as(b))


# -- steps ------------------------------------------------------------------------------------------------------------


def record(
    tx: Tx,
    of: Draft,
    kind: str,
    operation: Mapping[str, Any],
    changes: Changes,
    *,
    extents: Sequence[Extent] = EVERYWHERE,
    revision: int | None = None,
) -> int:
    """Take one step: these grids stand so from now on. Returns the draft's new revision.

    operation: JSON-ready, what was done. changes: by key; None where a grid goes. revision: the one that was looked at.
    Raises NotFound; Conflict for a draft that is not edited now, and for a code that another grid has; NotAllowed for
    grids outside the extents; PreconditionFailed where the draft has moved on from the revision.
    """
    work = editable(tx, of, revision)
    before = {key: work.get(key) for key in changes}
    require_own(tx.conn, extents, before, changes)
    refuse_taken(work.changed(changes).codes_twice())
    done = draft_operation.c.draft_id == work.row.id
    undone = done & draft_operation.c.undone_at.is_not(None)
    tx.conn.execute(update(draft_operation).where(undone).values(passed=True))
    last = select(draft_operation.c.seq).where(done).order_by(draft_operation.c.seq.desc()).limit(1)
    tx.conn.execute(
        insert(draft_operation).values(
            draft_id=work.row.id,
            seq=(tx.conn.execute(last).scalar() or 0) + 1,
            kind=kind,
            operation=dict(operation),
            before=_listed(before),
            after=_listed(changes),
            actor=tx.actor.id,
            recorded_at=tx.now,
            passed=False,
        )
    )
    draft_work.store(tx.conn, work.row.id, work.base, changes)
    return _changed(tx, work.row)


def undo(tx: Tx, of: Draft, *, revision: int | None = None) -> int:
    """Take the last step back, to the byte. Returns the draft's new revision. Raises Conflict where there is none."""
    work = editable(tx, of, revision)
    step = _step(tx, select(draft_operation).where(draft_operation.c.undone_at.is_(None)), work.row.id, newest=True)
    if step is None:
        raise Conflict(f"draft {work.row.id} has no step to undo", reason="nothing_to_undo")
    return _put(tx, work, step, step.before, undone_at=tx.now)


def redo(tx: Tx, of: Draft, *, revision: int | None = None) -> int:
    """Do again what was undone last. Returns the draft's new revision. Raises Conflict where there is none."""
    work = editable(tx, of, revision)
    undone = draft_operation.c.undone_at.is_not(None) & ~draft_operation.c.passed
    step = _step(tx, select(draft_operation).where(undone), work.row.id, newest=False)
    if step is None:
        raise Conflict(f"draft {work.row.id} has no step to do again", reason="nothing_to_redo")
    return _put(tx, work, step, step.after, undone_at=None)


def _step(tx: Tx, query: Select[Any], draft_id: int, *, newest: bool) -> Any:
    order = draft_operation.c.seq.desc() if newest else draft_operation.c.seq
    return tx.conn.execute(query.where(draft_operation.c.draft_id == draft_id).order_by(order).limit(1)).first()


def _put(tx: Tx, work: Work, step: Any, grids: Sequence[Any], undone_at: datetime | None) -> int:
    draft_work.store(tx.conn, work.row.id, work.base, {key: grid and GridRow.from_json(grid) for key, grid in grids})
    tx.conn.execute(update(draft_operation).where(draft_operation.c.id == step.id).values(undone_at=undone_at))
    return _changed(tx, work.row)


def _listed(grids: Changes) -> list[list[Any]]:
    return [[key, grid.as_json() if grid else None] for key, grid in grids.items()]


def refuse_taken(codes: Iterable[str]) -> None:
    """Raises Conflict that names the codes, where there are any: other grids of the draft have them."""
    taken = sorted(codes)
    if taken:
        shown = ", ".join(taken[:10])
        raise Conflict(f"another grid has the code {shown} already", reason="code_taken", codes=taken)


def _changed(tx: Tx, row: Any) -> int:
    revision = int(row.revision) + 1
    tx.conn.execute(update(draft).where(draft.c.id == row.id).values(revision=revision, changed_at=tx.now))
    return revision


# -- its way ----------------------------------------------------------------------------------------------------------


def editable(tx: Tx, of: Draft, revision: int | None = None) -> Work:
    """A draft that may be changed now. Raises NotFound, Conflict, and PreconditionFailed for another revision."""
    work = of if isinstance(of, Work) else draft_work.load(tx.conn, tx.atlas.shelf, of)
    if not DraftState(work.row.state).is_editable:
        state = work.row.state
        raise Conflict(f"draft {work.row.id} is {state}: it is not edited now", reason="draft_not_open", state=state)
    if revision is not None and revision != work.row.revision:
        raise PreconditionFailed(
            "the draft has changed since you read it: look again, then decide", reason="draft_changed"
        )
    return work


def send_back(tx: Tx, draft_id: int, comment: str, extents: Sequence[Extent] = EVERYWHERE) -> None:
    """Return a submitted draft to who works on it. Raises Conflict for another state, BadInput without a comment."""
    if not comment.strip():
        raise BadInput("say what is to be done before it is returned", reason="comment_needed")
    _move(tx, draft_id, (DraftState.SUBMITTED, DraftState.SCHEDULED), DraftState.RETURNED, extents, comment=comment)


def discard(tx: Tx, draft_id: int, extents: Sequence[Extent] = EVERYWHERE) -> None:
    """Give a draft up; what was done in it stays on record. Raises Conflict where it is published or discarded."""
    states = tuple(state for state in DraftState if not state.is_over)
    _move(tx, draft_id, states, DraftState.DISCARDED, extents)


def submitted(tx: Tx, draft_id: int, comment: str | None, revision: int) -> None:
    """Note that a draft waits for a second person; who calls has checked it at this revision."""
    work = editable(tx, draft_id, revision)
    _set(tx, work.row, DraftState.SUBMITTED, submitted_by=tx.actor.id, comment=comment)


def scheduled(tx: Tx, draft_id: int, at: datetime, revision: int) -> None:
    """Note that a second person approved it, to be published at a set time."""
    row = draft_work.find(tx.conn, draft_id)
    _require(row, (DraftState.SUBMITTED, DraftState.SCHEDULED))
    if row.revision != revision:
        raise PreconditionFailed("the draft has changed since it was looked at", reason="draft_changed")
    if at <= tx.now:
        raise BadInput("the time to publish at has passed: give one to come, or none", reason="time_has_passed")
    _set(tx, row, DraftState.SCHEDULED, approved_by=tx.actor.id, publish_at=at)


def _move(
    tx: Tx, draft_id: int, states: Sequence[DraftState], to: DraftState, extents: Sequence[Extent], **values: Any
) -> None:
    work = draft_work.load(tx.conn, tx.atlas.shelf, draft_id)
    require_reach(tx.conn, extents, [*work.before.values(), *work.after.values()], "this draft")
    _require(work.row, states)
    _set(tx, work.row, to, **values)


def _require(row: Any, states: Sequence[DraftState]) -> None:
    if row.state not in states:
        raise Conflict(
            f"draft {row.id} is {row.state}: it would have to be {' or '.join(states)}",
            reason="draft_in_another_state",
            state=row.state,
        )


def _set(tx: Tx, row: Any, state: DraftState, **values: Any) -> None:
    tx.conn.execute(update(draft).where(draft.c.id == row.id).values(state=state, changed_at=tx.now, **values))
    said = {name: values[name] for name in ("comment",) if values.get(name)}
    _tell(tx, f"draft.{state}", row.scheme_id, row.id, **said)


def _tell(tx: Tx, kind: str, scheme_id: int, draft_id: int, **data: Any) -> None:
    tx.record(kind, Subject.SCHEME, scheme_id, data={"draft": draft_id, **data})


# -- reading ----------------------------------------------------------------------------------------------------------


def describe(row: Any) -> dict[str, Any]:
    """What is told of a draft without its grids. row: with the name of its scheme."""
    names = ("id", "scheme", "title", "state", "base_edition", "revision", "outline", "created_by", "created_at",
             "changed_at", "submitted_by", "approved_by", "comment", "publish_at", "takes_back", "edition")  # fmt: skip
    return {name: getattr(row, name) for name in names}


def listed(conn: Connection, extents: Sequence[Extent], reader: str, *, every: bool = False) -> list[dict[str, Any]]:
    """The drafts that are not over, or all, newest first, of those that the reader may see."""
    query = select(draft, scheme.c.name.label("scheme")).join(scheme, scheme.c.id == draft.c.scheme_id)
    if not every:
        query = query.where(draft.c.state.in_([state for state in DraftState if not state.is_over]))
    here = areas_in(conn, extents)
    rows = conn.execute(query.order_by(draft.c.id.desc())).all()
    return [describe(row) for row in rows if row.created_by == reader or _areas_of(conn, row) <= here]


def visible(conn: Connection, shelf: Shelf, draft_id: int, extents: Sequence[Extent], reader: str) -> Work:
    """A draft that the reader made, or of which every grid lies in the extents. Raises NotFound for another."""
    work = draft_work.load(conn, shelf, draft_id)
    if work.row.created_by != reader and not work.areas <= areas_in(conn, extents):
        raise NotFound(f"there is no draft {draft_id} that you may see", reason="no_such_draft")
    return work


def _areas_of(conn: Connection, row: Any) -> set[int]:
    """The areas of the grids that a draft changes, after and before."""
    own = select(draft_grid.c.area_id).where(draft_grid.c.draft_id == row.id)
    was = (
        select(grid_version.c.area_id)
        .join(draft_grid, draft_grid.c.grid_id == grid_version.c.grid_id)
        .where(draft_grid.c.draft_id == row.id, grid_version.c.from_edition <= row.base_edition)
        .where(grid_version.c.to_edition.is_(None) | (grid_version.c.to_edition > row.base_edition))
    )
    return {*conn.execute(own).scalars(), *conn.execute(was).scalars()}


def steps(conn: Connection, draft_id: int) -> list[dict[str, Any]]:
    """What was done to a draft, in order, without the shapes. grids: how many a step changed."""
    after = draft_operation.c.after  # text: where it is counted as JSON it is told to be that
    counted = cast(after, JSON) if conn.dialect.name == "postgresql" else after
    rows = conn.execute(
        select(
            draft_operation.c.seq, draft_operation.c.kind, draft_operation.c.operation, draft_operation.c.actor,
            draft_operation.c.recorded_at, draft_operation.c.undone_at,
            func.json_array_length(counted, type_=Integer).label("grids"),
        )
        .where(draft_operation.c.draft_id == draft_id)
        .order_by(draft_operation.c.seq)
    )  # fmt: skip
    return [row._asdict() for row in rows]


def past_of(conn: Connection, work: Work, keys: Collection[Key]) -> dict[Key, list[GridRow | None]]:
    """By key the states of grids of a draft before the last step that changed each: in its edition, between steps."""
    done = draft_operation.c.draft_id == work.row.id, draft_operation.c.undone_at.is_(None)
    found: dict[Key, list[GridRow | None]] = {key: [] for key in keys}
    for before in conn.execute(select(draft_operation.c.before).where(*done)).scalars():
        for key, grid in before:
            if key in found:
                found[key].append(grid and GridRow.from_json(grid))
    return found
