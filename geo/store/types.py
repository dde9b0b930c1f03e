"""Column types that read the same on GeoPackage and PostGIS: times, JSON, geometry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import shapely
from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, UserDefinedType

from geo.store import gpkg_blob

WGS84_SRID = 4326

_json_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def utc_text(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.sssZ``: GeoPackage's own form, and it sorts as text. Naive times are refused."""
    if moment.tzinfo is None:
        raise ValueError("a stored time needs a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Utc(TypeDecorator[datetime]):
    """An aware datetime kept as UTC text with milliseconds."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else parse_utc(value)


class Json(TypeDecorator[Any]):
    """A JSON value kept as canonical text: sorted keys, no spaces, Chinese as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Geometry(UserDefinedType[Any]):
    """A shapely geometry: a GeoPackage blob there, a PostGIS geometry here.

    kind: POINT, MULTIPOLYGON, GEOMETRY ... metric: in the store's metric CRS, otherwise WGS84 lon/lat.
    The dialect carries the metric CRS's number as ``metric_srid`` (set when the store is opened).
    """

    cache_ok = True

    def __init__(self, kind: str, metric: bool) -> None:
        self.kind = kind
        self.metric = metric

    def srid(self, dialect: Dialect) -> int:
        return dialect.metric_srid if self.metric else WGS84_SRID  # type: ignore[attr-defined]

    def get_col_spec(self, **_: Any) -> str:
        return self.kind

    def bind_processor(self, dialect: Dialect) -> Any:
        srid = self.srid(dialect)
        if dialect.name == "postgresql":
            return lambda geom: (
                None if geom is None else shapely.to_wkb(shapely.set_srid(geom, srid), hex=True, include_srid=True)
            )
        return lambda geom: None if geom is None else gpkg_blob.encode(geom, srid)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        if dialect.name == "postgresql":
            return lambda value: None if value is None else shapely.set_srid(shapely.from_wkb(value), 0)
        return lambda value: None if value is None else gpkg_blob.decode(value)


@compiles(Geometry, "postgresql")
def _postgis_type(geometry: Geometry, compiler: Any, **_: Any) -> str:
    return f"geometry({geometry.kind}, {geometry.srid(compiler.dialect)})"
