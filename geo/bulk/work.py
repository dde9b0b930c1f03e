"""What makes one part: a pure function of a job's folder and the part's number, run here or by any worker."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from geo.bulk.ahead import ahead
from geo.bulk.deciding import assign_table
from geo.bulk.gridset import GridSet
from geo.bulk.job import Plan, versions
from geo.bulk.names import NameSet
from geo.bulk.parts import Made, Parts, read_plan
from geo.bulk.sources import Batch, read_groups
from geo.errors import ClusterLost


def make_part(folder: str, number: int) -> dict[str, int]:
    """Make a part of the job in a folder that this worker sees, unless it is done. Returns how its rows ended.

    Raises ClusterLost where it does not see it or is of another version, BadInput where the points are broken.
    """
    where = Path(folder)
    try:
        plan = read_plan(where)
    except FileNotFoundError:
        raise ClusterLost(
            f"a worker on {os.uname().nodename} does not see {where}: points and output must lie on a disk that all"
            " workers share"
        ) from None
    check_versions(plan)
    parts = Parts(where, plan.shape)
    if (done := parts.done(number)) is not None:
        return dict(done)
    grids = GridSet.load(where, plan.grids_digest)
    names = NameSet.load(where, plan.names_digest) if plan.names_digest else None
    batches = ahead(read_groups(plan.parts[number])) if plan.parts is not None else _laid_out(parts, number)
    counts: Counter[str] = Counter()
    for _ in writing(parts, number, Deciding(plan, grids, names), batches, counts):
        pass
    return dict(counts)


def check_versions(plan: Plan) -> None:
    """Raises ClusterLost where this worker would do it otherwise than the others."""
    ours = versions()
    differs = [f"{name} {ours[name]}, not {wanted}" for name, wanted in plan.versions.items() if ours[name] != wanted]
    if differs:
        raise ClusterLost(f"a worker has {'; '.join(differs)}: install the same on every worker")


@dataclass(frozen=True)
class Deciding:
    """What every row of a job is decided by."""

    plan: Plan
    grids: GridSet
    names: NameSet | None


def writing(
    parts: Parts, number: int, by: Deciding, batches: Iterable[Batch], counts: Counter[str]
) -> Iterator[pa.Table]:
    """Decide batches, write them as a part, and hand them on."""
    made = decided(by, batches, counts)
    first = next(made, None)
    if first is None:
        raise AssertionError("a part has rows")

    def all_of_it() -> Iterator[Made]:
        yield first
        yield from made

    yield from parts.writing(number, first[0].schema, all_of_it(), counts)


def decided(by: Deciding, batches: Iterable[Batch], counts: Counter[str]) -> Iterator[Made]:
    for batch in batches:
        answer = assign_table(batch.table, by.grids, by.plan.where, by.plan.layout, batch.broken, by.names)
        counts.update(answer.counts)
        yield (
            answer.table,
            [{"row": batch.first_row + row + 1, "reason": reason} for row, reason in sorted(answer.problems.items())],
        )


# -- rows that the client reads ---------------------------------------------------------------------------------------


def lay_out(parts: Parts, number: int, batches: Iterable[Batch]) -> None:
    """Lay the rows of a part where its worker finds them."""
    target = parts.rows_path(number)
    growing = target.with_name(f".{target.name}")
    writer = None
    for batch in batches:
        broken = pa.array([batch.broken.get(row) for row in range(batch.table.num_rows)], pa.string())
        table = batch.table.append_column("\0broken", broken)
        schema = table.schema.with_metadata({**(batch.table.schema.metadata or {}), "first_row": str(batch.first_row)})
        writer = writer or pa.ipc.new_stream(str(growing), schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    growing.replace(target)


def _laid_out(parts: Parts, number: int) -> Iterator[Batch]:
    with pa.OSFile(str(parts.rows_path(number)), "rb") as file:
        reader = pa.ipc.open_stream(file)
        row = int(reader.schema.metadata[b"first_row"])
        for batch in reader:
            table = pa.Table.from_batches([batch])
            reasons = table.column(table.num_columns - 1).to_pylist()
            broken = {position: reason for position, reason in enumerate(reasons) if reason is not None}
            table = table.remove_column(table.num_columns - 1)
            metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"first_row"}
            yield Batch(table.replace_schema_metadata(metadata or None), row, broken)
            row += table.num_rows
