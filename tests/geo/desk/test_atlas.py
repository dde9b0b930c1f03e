"""The index that decides is the one of the edition in force, also after a publication that was rolled back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.desk.boundaries import import_grids, prepare
from geo.desk.founding import install_rules
from geo.desk.received import position
from geo.desk.reports import file_report
from geo.desk.tx import Desk
from geo.files import read_grids
from geo.model import NewReport
from geo.store.store import Store
from tests.district import EAST, NORTH, SIDE, TESTER, lonlat


def grids(folder: Path, *codes: str) -> Path:
    """A file of squares side by side, from the west."""
    squares = [shapely.box(EAST + SIDE * i, NORTH, EAST + SIDE * (i + 1), NORTH + SIDE) for i in range(len(codes))]
    path = folder / f"{'-'.join(codes)}.gpkg"
    gpd.GeoDataFrame({"code": list(codes)}, geometry=squares, crs="EPSG:4549").to_file(path)
    return path


def test_an_import_that_was_rolled_back_decides_nothing(store: Store, now: datetime, tmp_path: Path) -> None:
    desk = Desk(store)
    lost = prepare(read_grids(grids(tmp_path, "A", "B"), code="code"), 4549)
    kept = prepare(read_grids(grids(tmp_path, "C", "D"), code="code"), 4549)
    with desk.transaction(lambda: now, TESTER) as tx:
        install_rules(tx)

    def fail() -> None:
        with desk.transaction(lambda: now, TESTER) as tx:
            import_grids(tx, lost, file_sha256="0" * 64)
            raise OSError("no room on the disk")

    with pytest.raises(OSError, match="no room"):
        fail()
    with desk.transaction(lambda: now + timedelta(seconds=1), TESTER) as tx:
        import_grids(tx, kept, file_sha256="1" * 64)
        decision = file_report(tx, NewReport("test", "1", position=position(*lonlat(1.5, 0.5), "wgs84"))).primary
    assert decision is not None and decision.code == "D"
