"""Grids from a file: codes, names, parents and polygons as they stand there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import BadInput, MissingColumn
from geo.files.layers import Layer, read_features


@dataclass(frozen=True)
class GridFile:
    """n grids of a file. geoms: (n,) in ``crs``. parents: codes of areas or grids, None without a parent column.

    attributes: the other columns, JSON-ready, empty cells left out. notes: what the user should read.
    """

    path: Path
    codes: list[str]
    names: list[str]
    parents: list[str] | None
    geoms: NDArray[np.object_]
    crs: str
    attributes: list[dict[str, Any]]
    notes: tuple[str, ...]


def read_grids(
    path: str | Path,
    *,
    code: str,
    name: str | None = None,
    parent: str | None = None,
    source_crs: str | None = None,
) -> GridFile:
    """Read grids whose code, name and parent stand in the named columns; without a name the code serves.

    Raises MissingColumn, UnsuitableCrs, and BadInput for cells without a code and files without polygons. What is wrong
    with the polygons themselves is for coverage.faults to say.
    """
    return grids_of(read_features(path, source_crs), code=code, name=name, parent=parent)


def grids_of(layer: Layer, *, code: str, name: str | None = None, parent: str | None = None) -> GridFile:
    """The grids of a layer that is read; errors as of read_grids but for its CRS."""
    named = [column for column in (code, name, parent) if column]
    if not len(layer):
        raise BadInput(f"{layer.path.name} holds no features")
    require_columns(layer.path.name, layer.columns, named)
    kinds = {geom.geom_type for geom in layer.geoms if geom is not None}
    if not kinds & {"Polygon", "MultiPolygon"}:
        raise BadInput(f"{layer.path.name} holds {', '.join(sorted(kinds)) or 'no geometries'}; grids are polygons")
    codes = _texts(layer, code)
    rest = [column for column in layer.columns if column not in named]
    return GridFile(
        path=layer.path,
        codes=codes,
        names=[_name(row, name) or own for row, own in zip(layer.rows, codes, strict=True)],
        parents=_texts(layer, parent) if parent else None,
        geoms=layer.geoms,
        crs=layer.crs,
        attributes=[{column: row[column] for column in rest if row[column] is not None} for row in layer.rows],
        notes=layer.notes,
    )


def _name(row: dict[str, Any], column: str | None) -> str:
    return str(row[column]).strip() if column and row[column] is not None else ""


def require_columns(file_name: str, there: list[str], named: list[str]) -> None:
    """Raises MissingColumn that lists the columns there are."""
    missing = [column for column in named if column not in there]
    if missing:
        raise MissingColumn(
            f"{file_name} has no column {', '.join(map(repr, missing))}; it has {', '.join(there) or 'none'}",
            missing=missing,
            columns=there,
        )


def _texts(layer: Layer, column: str) -> list[str]:
    """A column as texts without blanks around them. Raises BadInput naming the features whose cell is empty."""
    texts = ["" if row[column] is None else str(row[column]).strip() for row in layer.rows]
    empty = [str(at + 1) for at, text in enumerate(texts) if not text]
    if empty:
        shown = ", ".join(empty[:10]) + (" ..." if len(empty) > 10 else "")
        raise BadInput(f"{layer.path.name}: column {column!r} is empty in {len(empty)} features: {shown}")
    return texts
