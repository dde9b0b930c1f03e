"""How evenly blocks are shared, and how long it takes: our search beside the solver of PySAL that moves areas at all.

A town of grids with compounds of uneven size, cut into blocks as ``gridwarden balance`` does. ``AZP`` of ``spopt``
begins with the same division and minimises the same sum of squares. Both keep grids in one piece. moved: blocks that
change hands; of AZP the best of its seeds is told. worst_compact: the least 4 pi A / P2 that a grid is left with.
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any

import numpy as np
import shapely

from benchmarks.harness import Row, arguments, report
from geo.coverage.balance import Blocks, Ints, divided
from geo.coverage.blocks import Counted, blocks_of, shared_m
from tests.coverages import KECHENG_MM, sheet


def town(side: int, compounds: int, seed: int = 1) -> Blocks:
    """Blocks of side x side grids of 300 m, so many compounds in each, of 20 to 200 households, thrice in the west."""
    rng = np.random.default_rng(seed)
    cells = sheet(side, side, 300_000, rng, KECHENG_MM).ravel()
    found = []
    for row, cell in enumerate(cells):
        at = shapely.get_coordinates(cell.centroid)[0] + rng.uniform(-110, 110, (compounds, 2))
        wholes = shapely.box(*(at - 12).T, *(at + 12).T)
        load = rng.integers(20, 200, compounds) * (1.0 + 2.0 * (row % side < side / 2))
        counted = Counted(at, load)
        pieces = np.array(blocks_of(cell, np.empty(0, dtype=object), wholes, counted, load.sum() / 8), dtype=object)
        carried = np.bincount(counted.within(pieces), load, len(pieces))
        found += [(row, piece, carries) for piece, carries in zip(pieces.tolist(), carried.tolist(), strict=True)]
    geoms = np.array([piece for _, piece, _ in found], dtype=object)
    pairs, common = shared_m(geoms)
    kept = common >= 1.0
    return Blocks(
        np.array([row for row, _, _ in found]), np.array([load for _, _, load in found]), shapely.area(geoms),
        shapely.length(shapely.boundary(geoms)), pairs[kept], common[kept], np.zeros(len(cells)),
        np.ones(len(geoms), np.bool_),
    )  # fmt: skip


def azp(blocks: Blocks, seed: int) -> Ints:
    """The division that spopt's AZP comes to."""
    import pandas
    from libpysal.weights import W
    from spopt.region import AZP
    from spopt.region.objective_function import ObjectiveFunction

    class Evenness(ObjectiveFunction):  # type: ignore[misc]
        """The sum of squares of the loads."""

        def __call__(self, labels: Any, attr: Any) -> float:
            return float((np.bincount(labels.astype(int), attr[:, 0]) ** 2).sum())

        def update(self, moving_area: int, recipient_region: int, labels: Any, attr: Any) -> float:
            load = attr[moving_area, 0]
            giver, taker = (attr[labels == each, 0].sum() for each in (labels[moving_area], recipient_region))
            return float((giver - load) ** 2 + (taker + load) ** 2 - giver**2 - taker**2)

    beside = W({row: list(others) for row, others in enumerate(blocks.neighbours)}, silence_warnings=True)
    loads = pandas.DataFrame({"load": blocks.load})
    solver = AZP(
        loads, beside, ["load"], len(blocks.fixed), random_state=seed, initial_labels=blocks.grid.copy(),
        objective_func=Evenness(),
    )  # fmt: skip
    solver.solve()
    found: Ints = solver.labels_.astype(np.int64)
    return found


def measure(side: int, compounds: int, seeds: int) -> list[Row]:
    """One row a contender, after one for the town as it was."""
    blocks = town(side, compounds)
    rows = [_row("as it was", blocks, blocks.grid, 0.0), _timed("hand-overs", blocks, lambda: divided(blocks))]
    if find_spec("spopt"):
        tried = [_timed("spopt AZP", blocks, lambda seed=seed: azp(blocks, seed)) for seed in range(seeds)]  # type: ignore[misc]
        rows.append(min(tried, key=lambda row: (row["deviation"], row["moved"])))
    return rows


def _timed(name: str, blocks: Blocks, solve: Any) -> Row:
    begun = time.perf_counter()
    found = solve()
    return _row(name, blocks, found, time.perf_counter() - begun)


def _row(name: str, blocks: Blocks, grid: Ints, seconds: float) -> Row:
    loads, count = blocks.loads(grid), len(blocks.fixed)
    inner = grid[blocks.pairs[:, 0]] == grid[blocks.pairs[:, 1]]
    edge = np.bincount(grid, blocks.edge_m, count)
    edge -= 2 * np.bincount(grid[blocks.pairs[inner, 0]], blocks.common_m[inner], count)
    return {
        "solver": name,
        "grids": count,
        "blocks": len(grid),
        "deviation": float(loads.std()),
        "most": float(loads.max()),
        "least": float(loads.min()),
        "moved": int((grid != blocks.grid).sum()),
        "worst_compact": float((4 * np.pi * np.bincount(grid, blocks.area_m2, count) / edge**2).min()),
        "seconds": seconds,
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--side", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--compounds", type=int, default=8)
    chosen = parser.parse_args()
    rows = [row for side in chosen.side for row in measure(side, chosen.compounds, chosen.runs)]
    report("balance", rows, chosen.json)


if __name__ == "__main__":
    main()
