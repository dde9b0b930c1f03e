"""Micro-grids (微网格), imported into grids in force. Assignment stays with the grid; they stand in the chain."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from sqlalchemy import select

from geo.coverage.division import division_faults
from geo.coverage.lattice import as_multipolygons, to_lattice
from geo.crs import Metric
from geo.desk import batches
from geo.desk.boundaries import add_versions, check_place, find_scheme, next_edition, publish, refuse, refuse_second
from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.files import GridFile
from geo.model import GridLevel, ImportSummary
from geo.store.tables import grid_version


def import_micro_grids(tx: Tx, file: GridFile, *, file_sha256: str, scheme_name: str | None = None) -> ImportSummary:
    """Publish micro-grids as part of the next edition; the parent column of the file names each one's grid.

    They need not fill their grid. Raises NotFound without the scheme, BadInput for parents that are no grid in force
    and codes that a grid has, FaultyCoverage for invalid, overlapping or protruding ones, Conflict where some are in
    force already.
    """
    if file.parents is None:
        raise BadInput("micro-grids need the column that names their grid: --parent")
    scheme_id = find_scheme(tx, scheme_name)
    refuse_second(tx, scheme_id, GridLevel.MICRO_GRID)
    in_force = tx.conn.execute(
        select(grid_version.c.grid_id, grid_version.c.code, grid_version.c.area_id, grid_version.c.geom)
        .where(grid_version.c.scheme_id == scheme_id, grid_version.c.to_edition.is_(None))
    ).all()  # fmt: skip
    grids = {row.code: row for row in in_force}
    _check_codes(file, grids.keys())
    metric = Metric(tx.store.jurisdiction.metric_srid)
    geoms = to_lattice(metric.from_source(file.geoms, file.crs))
    check_place(geoms, metric)
    above = np.array([grids[code].geom for code in file.parents], dtype=object)
    refuse(file.path, division_faults(file.codes, geoms, file.parents, above, metric), metric)

    options = {"crs": file.crs, "scheme": scheme_name}
    batch_id = batches.begin(tx, "micro-grids", file.path.name, file_sha256, options)
    number = next_edition(tx, scheme_id)
    belongs = [{"area_id": grids[code].area_id, "parent_grid_id": grids[code].grid_id} for code in file.parents]
    shapes = as_multipolygons(geoms)
    add_versions(tx, scheme_id, GridLevel.MICRO_GRID, file, shapes, belongs, number=number, batch_id=batch_id)
    publish(tx, scheme_id, number, f"micro-grids from {file.path.name}", batch_id)
    counts = {"micro_grids": len(file.codes), "edition": number}
    batches.finish(tx, batch_id, {"batch": batch_id, "rows": len(file.codes), **counts, "notes": list(file.notes)})
    return ImportSummary(batch_id, "micro-grids", len(file.codes), counts, file.notes)


def _check_codes(file: GridFile, grids: Collection[str]) -> None:
    """Parents are grids in force, and no micro-grid has the code of one: codes are unique in a scheme."""
    unknown = sorted(set(file.parents or ()) - set(grids))
    if unknown:
        raise BadInput(f"{file.path.name}: no grid in force has the code {', '.join(unknown[:10])}", unknown=unknown)
    taken = sorted(set(file.codes) & set(grids))
    if taken:
        raise BadInput(f"{file.path.name}: grids have the codes {', '.join(taken[:10])} already", taken=taken)
