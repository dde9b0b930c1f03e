"""The grids of a job's folder are those that were last written there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from geo.bulk.gridset import GridSet
from tests.district import EAST, NORTH


def grids(*, discs: bool) -> GridSet:
    box = shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)
    return GridSet.of(["G"], ["网格"], np.array([box]), srid=4549, edition=None, title="", discs=discs)


def test_a_worker_measures_discs_where_the_same_grids_are_asked_for_with_them(tmp_path: Path) -> None:
    for discs in (False, True):
        told = grids(discs=discs)
        told.save(tmp_path)
        assert (GridSet.load(tmp_path, told.digest).outlines is not None) is discs


def test_the_same_grids_have_one_digest() -> None:
    assert grids(discs=True).digest == grids(discs=True).digest
