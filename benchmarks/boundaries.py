"""Milliseconds that one boundary operation takes with its local check, over sheets of irregular grids.

Operations of every kind at random places, each on the coverage as it is published: some leave faults, some are refused,
all are counted. Before it is timed, each is done and undone, and must give back every grid to the bit.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from benchmarks.grids import irregular_grids
from benchmarks.harness import Row, arguments, report
from geo.coverage.edit import apply
from geo.coverage.nodes import Coverage
from geo.coverage.operations import Operation, kind_of
from geo.errors import BadInput
from tests.geo.coverage.random_edits import random_operation

ALL = "all"


def measure(grids: int, operations: int, runs: int, seed: int = 1) -> list[Row]:
    """One row a kind of operation and one for all: milliseconds of one, the quickest of its runs.

    cpu_p95_ms is the processor's time, which is what it takes on a machine with nothing else to do.
    """
    codes, geoms = irregular_grids(grids, seed)
    begun = time.perf_counter()
    coverage = Coverage.build(dict(zip(codes, geoms, strict=True)))
    coverage.near((0.0, 0.0, 0.0, 0.0))  # the tree is made
    built_s = time.perf_counter() - begun
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for operation in _operations(coverage, operations, np.random.default_rng(seed)):
        _undone(coverage, operation)
        best = np.min([_timed(coverage, operation) for _ in range(runs)], axis=0)
        for name in (kind_of(operation), ALL):
            taken[name].append((float(best[0]), float(best[1])))
    return [_row(grids, built_s, name, taken[name]) for name in sorted(taken, key=lambda name: (name == ALL, name))]


def _operations(coverage: Coverage, count: int, rng: np.random.Generator) -> list[Operation]:
    made: list[Operation] = []
    while len(made) < count:
        try:
            made.append(random_operation(coverage, rng))
        except BadInput:  # two positions at one place
            continue
    return made


def _timed(coverage: Coverage, operation: Operation) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    begun, used = time.perf_counter(), time.process_time()
    with suppress(BadInput):
        apply(coverage, operation)
    return time.perf_counter() - begun, time.process_time() - used


def _undone(coverage: Coverage, operation: Operation) -> None:
    """Raises AssertionError where an operation changes what it did not touch, or cannot be undone to the bit."""
    try:
        edited = apply(coverage, operation)
    except BadInput:
        return
    assert set(edited.coverage.changes()) == set(edited.touched)
    assert not apply(edited.coverage, edited.inverse).coverage.changes()


def _row(grids: int, built_s: float, name: str, taken: Sequence[tuple[float, float]]) -> Row:
    wall, cpu = np.array(taken).T * 1000.0
    return {
        "grids": grids,
        "build_s": built_s,
        "operation": name,
        "count": len(taken),
        "p50_ms": float(np.quantile(wall, 0.5)),
        "p95_ms": float(np.quantile(wall, 0.95)),
        "cpu_p95_ms": float(np.quantile(cpu, 0.95)),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--grids", type=int, nargs="+", default=[300, 10_000, 100_000])
    parser.add_argument("--operations", type=int, default=400)
    chosen = parser.parse_args()
    rows = [row for grids in chosen.grids for row in measure(grids, chosen.operations, chosen.runs)]
    report("boundaries", rows, chosen.json)


if __name__ == "__main__":
    main()
