"""Boundaries: schemes, and grids imported, checked and published as an edition.

Looking for faults takes seconds in a large city, so it happens before the transaction: ``prepare`` is pure, and
``import_grids`` writes what it made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func, insert, select

from geo.coverage.faults import errors, fault_record, faults_geojson, find_faults
from geo.coverage.lattice import Geoms, area_text, as_multipolygons, doubled_area_mm2, to_lattice
from geo.coverage.operations import LONGEST_CODE, is_code
from geo.coverage.repair import repair as repaired
from geo.crs import Metric, check_metric_crs
from geo.desk import batches
from geo.desk.division import areas_of, cut_attributes
from geo.desk.place_parts import reassign_places
from geo.desk.tx import Tx
from geo.desk.waiting import place_waiting
from geo.errors import BadInput, Conflict, FaultyCoverage, NotFound, UnsuitableCrs
from geo.files import GridFile
from geo.model import Fault, GridLevel, ImportSummary, Subject
from geo.store.insert import insert_many
from geo.store.tables import edition, grid, grid_version, scheme

DEFAULT_SCHEME = "primary"
_NAMED = 10  # features in a message
_LISTED = 200  # faults in an error's details; the GeoJSON has all


@dataclass(frozen=True)
class PreparedGrids:
    """Grids of a file that are a coverage: n multipolygons on the lattice of the metric CRS.

    warnings: gaps and holes, which a city may have. notes: what the user should read.
    """

    file: GridFile
    geoms: Geoms
    warnings: tuple[Fault, ...]
    notes: tuple[str, ...]
    options: Mapping[str, Any]


def prepare(file: GridFile, metric_srid: int, *, repair: bool = False) -> PreparedGrids:
    """Project the grids of a file and check them as a coverage.

    repair: mend what can be mended and say what moved. Raises FaultyCoverage, with ``details["faults"]`` and, to be
    laid beside the list, ``details["geojson"]``; UnsuitableCrs where the store's CRS does not suit the place; BadInput
    for codes that do not show.
    """
    refuse_unusable_codes(file)
    metric = Metric(metric_srid)
    geoms = to_lattice(metric.from_source(file.geoms, file.crs))
    check_place(geoms, metric)
    notes = list(file.notes)
    faults = find_faults(file.codes, geoms, metric)
    if errors(faults) and repair:
        refuse(file.path, [fault for fault in faults if fault.kind == "duplicate_code"], metric)
        mended = repaired(file.codes, geoms, metric)
        geoms = mended.geoms
        notes += mended.notes
        faults = find_faults(file.codes, geoms, metric)
    refuse(file.path, errors(faults), metric, repairable=not repair)
    options = {"crs": file.crs, "repair": repair}
    return PreparedGrids(file, as_multipolygons(geoms), tuple(faults), tuple(notes), options)


def refuse_unusable_codes(file: GridFile, known: Collection[str] = ()) -> None:
    """Raises BadInput for codes that cannot be a grid's, with their features. known: that grids have all the same."""
    odd = [str(i + 1) for i, code in enumerate(file.codes) if code not in known and not is_code(code)]
    if odd:
        raise BadInput(
            f"{file.path.name}: codes have {LONGEST_CODE} letters at most, which all show, unlike those of features "
            + ", ".join(odd[:_NAMED]),
            reason="code_unusable",
            most=LONGEST_CODE,
        )


def check_place(geoms: Geoms, metric: Metric) -> None:
    """Raises UnsuitableCrs where lengths in the metric CRS are off by more than 0.1 % amid the geometries."""
    bounds = shapely.total_bounds(geoms)
    if not np.isfinite(bounds).all():
        return  # nothing that has a place; the faults will say so
    lon, lat = metric.unproject((bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0)
    try:
        check_metric_crs(f"EPSG:{metric.srid}", float(lon), float(lat))
    except UnsuitableCrs as error:
        raise UnsuitableCrs(
            f"the grids lie where the store's metric CRS does not suit, or their own CRS is wrong: {error}",
            **error.details,
        ) from None


def refuse(path: Path, found: Sequence[Fault], metric: Metric, *, repairable: bool = False) -> None:
    """Raises FaultyCoverage when there are any faults."""
    if not found:
        return
    kinds = [fault.kind for fault in found]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    first = "; ".join(fault.message for fault in found[:3])
    more = "; mend the file" if repairable else ""
    if repairable and set(kinds) != {"duplicate_code"}:  # no repair knows which of two grids a code means
        more += ", or import with --repair and read what it moves"
    raise FaultyCoverage(
        f"{path.name} is no coverage ({counted}): {first}{' ...' if len(found) > 3 else ''}{more}",
        count=len(found),
        faults=[fault_record(fault) for fault in found[:_LISTED]],
        geojson=faults_geojson(found, metric),
    )


# -- schemes --------------------------------------------------------------------------------------------------------


def create_scheme(tx: Tx, name: str) -> int:
    """A new way of dividing the jurisdiction; the first is the primary one. Raises Conflict for a name in use."""
    names = tx.conn.execute(select(scheme.c.name)).scalars().all()
    if name in names:
        raise Conflict(f"there is a scheme {name!r} already")
    scheme_id: int = tx.conn.execute(
        insert(scheme).values(name=name, is_primary=not names, created_at=tx.now).returning(scheme.c.id)
    ).scalar_one()
    tx.record("scheme.created", Subject.SCHEME, scheme_id, data={"name": name, "is_primary": not names})
    return scheme_id


def scheme_id_of(tx: Tx, name: str | None) -> int | None:
    """The id of the scheme of a name, or of the primary one; None where there is none."""
    wanted = scheme.c.is_primary if name is None else scheme.c.name == name
    return tx.conn.execute(select(scheme.c.id).where(wanted)).scalar_one_or_none()


# -- grids ----------------------------------------------------------------------------------------------------------


def import_grids(tx: Tx, prepared: PreparedGrids, *, file_sha256: str, scheme_name: str | None = None) -> ImportSummary:
    """Publish the grids as the next edition of a scheme that has none in force.

    scheme_name: created where it does not exist; None is the primary scheme. Parents are codes of areas; an unknown
    one is created as a community, and without parents all hang under one root. Raises Conflict where the scheme has
    grids.
    """
    file = prepared.file
    scheme_id = scheme_id_of(tx, scheme_name) or create_scheme(tx, scheme_name or DEFAULT_SCHEME)
    refuse_second(tx, scheme_id, GridLevel.GRID)
    options = {**prepared.options, "scheme": scheme_name}
    batch_id = batches.begin(tx, "grids", file.path.name, file_sha256, options)
    area_ids, area_notes = areas_of(tx, file.parents, len(file.codes), batch_id)
    number = next_edition(tx, scheme_id)
    rows = [{"area_id": area_id} for area_id in area_ids]
    add_versions(tx, scheme_id, GridLevel.GRID, file, prepared.geoms, rows, number=number, batch_id=batch_id)
    publish(tx, scheme_id, number, f"import of {file.path.name}", batch_id)
    placed = place_waiting(tx, scheme_id)
    reassign_places(tx, scheme_id)
    waiting_notes = (f"{placed} issues and rental units that waited for a grid have one now",) if placed else ()
    warnings = (f"warning: {fault.message}" for fault in prepared.warnings)
    notes = (*prepared.notes, *area_notes, *waiting_notes, *warnings)
    counts = {"grids": len(file.codes), "edition": number, "warnings": len(prepared.warnings)}
    summary = ImportSummary(batch_id, "grids", len(file.codes), counts, notes)
    batches.finish(tx, batch_id, {"batch": batch_id, "rows": summary.rows, **counts, "notes": list(notes)})
    return summary


def refuse_second(tx: Tx, scheme_id: int, level: GridLevel) -> None:
    """Raises Conflict where the scheme has grids of the level in force."""
    in_force = (
        select(func.count(), func.max(grid_version.c.batch_id))
        .where(grid_version.c.scheme_id == scheme_id, grid_version.c.level == level)
        .where(grid_version.c.to_edition.is_(None))
    )
    count, batch_id = tx.conn.execute(in_force).one()
    if count:
        named = tx.conn.execute(select(scheme.c.name).where(scheme.c.id == scheme_id)).scalar_one()
        undo = f"undo batch {batch_id} first (nothing may be assigned to them)" if batch_id else "undo them first"
        raise Conflict(
            f"scheme {named!r} has {count} grids in force. To change them, start a draft (gridwarden draft start) and "
            f"import the file into it; to begin anew, {undo}, or name another scheme",
            scheme=named,
            grids=count,
            batch=batch_id,
        )


def add_versions(
    tx: Tx,
    scheme_id: int,
    level: GridLevel,
    file: GridFile,
    geoms: Geoms,
    belongs: Sequence[Mapping[str, int]],
    *,
    number: int,
    batch_id: int,
) -> None:
    """Write n grids, in the order of their codes, in force from an edition on. belongs: area_id, parent_grid_id."""
    order = np.argsort(np.array(file.codes, dtype=object), kind="stable").tolist()
    base = {"scheme_id": scheme_id, "level": level}
    grid_ids = insert_many(tx.conn, grid, [{**base, "created_at": tx.now} for _ in order])
    known = [cut_attributes(attributes) for attributes in file.attributes]
    rows = [
        {
            **base,
            **known[at],
            **belongs[at],
            "grid_id": grid_id,
            "code": file.codes[at],
            "name": file.names[at],
            "geom": geoms[at],
            "from_edition": number,
            "batch_id": batch_id,
        }
        for grid_id, at in zip(grid_ids, order, strict=True)
    ]
    insert_many(tx.conn, grid_version, rows)


# -- editions -------------------------------------------------------------------------------------------------------


def next_edition(tx: Tx, scheme_id: int) -> int:
    newest = select(func.max(edition.c.number)).where(edition.c.scheme_id == scheme_id)
    return (tx.conn.execute(newest).scalar_one() or 0) + 1


def publish(tx: Tx, scheme_id: int, number: int, reason: str, batch_id: int | None) -> None:
    """Record the edition that the grid versions in force now make up, with its exact area."""
    geoms = tx.conn.execute(
        select(grid_version.c.geom)
        .where(grid_version.c.scheme_id == scheme_id, grid_version.c.level == GridLevel.GRID)
        .where(grid_version.c.to_edition.is_(None))
    ).scalars()
    shapes = np.array(geoms.all(), dtype=object)
    record_edition(tx, scheme_id, number, reason, grids=len(shapes), area_mm2=exact_area(shapes), batch_id=batch_id)


def exact_area(shapes: Geoms) -> str:
    """The area of a coverage in square millimetres, as an edition keeps it."""
    return area_text(sum(doubled_area_mm2(shapes)))


def record_edition(
    tx: Tx, scheme_id: int, number: int, reason: str, *, grids: int, area_mm2: str, batch_id: int | None = None
) -> None:
    """Record an edition of which number and area of grids are known, and tell everybody."""
    tx.conn.execute(
        insert(edition).values(
            scheme_id=scheme_id,
            number=number,
            published_at=tx.now,
            actor=tx.actor.id,
            reason=reason,
            grids=grids,
            area_mm2=area_mm2,
            batch_id=batch_id,
        )
    )
    data = {"edition": number, "grids": grids, "area_mm2": area_mm2}
    tx.record("edition.published", Subject.SCHEME, scheme_id, reason=reason, data=data)


def find_scheme(tx: Tx, name: str | None) -> int:
    """The id of a scheme that must exist. Raises NotFound."""
    scheme_id = scheme_id_of(tx, name)
    if scheme_id is None:
        raise NotFound(f"there is no scheme {name!r}" if name else "there is no scheme yet: import grids first")
    return scheme_id
