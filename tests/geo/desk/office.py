"""An office that edits the grids of a draft by file, for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio

from geo.coverage.lattice import as_multipolygons
from geo.desk import draft_files, drafts
from geo.desk.boundaries import import_grids, prepare
from geo.desk.draft_checks import changes_told
from geo.desk.draft_columns import Reading
from geo.desk.draft_work import Work, load
from geo.desk.tx import Desk
from geo.files import GridFile
from geo.rules.access import EVERYWHERE
from geo.store.store import Store
from tests.coverages import KECHENG_MM, sheet
from tests.district import METRIC, TESTER


class Office:
    """A store of 36 grids with wobbling edges, and a draft of it."""

    def __init__(self, store: Store, now: datetime, folder: Path) -> None:
        cells = sheet(6, 6, 160_001, np.random.default_rng(5), KECHENG_MM).ravel()
        codes = [f"K{i:02d}" for i in range(36)]
        attributes = [
            {"households": 100 + i, "name_en": f"Grid {i}", "keeper_of_the_keys": f"管理员{i}", "kinds": ["a", i]}
            for i in range(36)
        ]
        names, parents = [f"网格{i}" for i in range(36)], [f"C{i % 2}" for i in range(36)]
        geoms = as_multipolygons(cells)
        file = GridFile(Path("grids.gpkg"), codes, names, parents, geoms, "EPSG:4549", attributes, ())
        self.desk, self.store, self.now, self.folder = Desk(store), store, now, folder
        with self.desk.transaction(lambda: now, TESTER) as tx:
            import_grids(tx, prepare(file, 4549), file_sha256="0")
            self.draft = drafts.start(tx, "by file")

    def work(self) -> Work:
        with self.store.read() as conn:
            return load(conn, self.desk.atlas.shelf, self.draft)

    def out(self, name: str = "g.gpkg", crs: str | None = None, extents: Any = EVERYWHERE) -> Path:
        path = self.folder / name
        with self.store.read() as conn:
            draft_files.export(conn, self.work(), METRIC, path, crs, extents)
        return path

    def back(self, path: Path, extents: Any = EVERYWHERE, **about: Any) -> draft_files.Returned:
        with self.store.read() as conn:
            return draft_files.read_back(conn, self.work(), METRIC, path, Reading(**about), extents)

    def told(self, returned: draft_files.Returned) -> list[dict[str, Any]]:
        work = self.work()
        with self.store.read() as conn:
            return changes_told(conn, Work(work.row, work.base, {**work.changes, **returned.changes}))

    def edited(self, edit: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], name: str = "g.gpkg") -> Path:
        """The exported file as somebody saves it after a change."""
        path = self.out(name)
        frame = edit(pyogrio.read_dataframe(path))
        target = self.folder / f"edited-{name}"
        pyogrio.write_dataframe(frame, target, **({"encoding": "UTF-8"} if name.endswith(".shp") else {}))
        return target
