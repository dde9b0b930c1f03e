"""The coverage report as bytes: JSON, a table, or what a map draws of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import shapely

from geo.crs import Metric
from geo.desk.blind_spots import Report, columns
from geo.desk.gridmap import lonlat
from geo.files.formulas import inert


def as_json(report: Report, head: dict[str, Any]) -> bytes:
    return compact(head | report.told())


def as_csv(report: Report, _head: dict[str, Any]) -> bytes:
    """One row a finding, formulas as text. With a mark at its beginning, by which Excel knows UTF-8."""
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, columns())
    writer.writeheader()
    writer.writerows({name: inert(value) for name, value in each.told().items()} for each in report.findings)
    return target.getvalue().encode("utf-8-sig")


def as_geojson(metric: Metric, report: Report, head: dict[str, Any]) -> bytes:
    """A FeatureCollection in lon/lat of what has a place; ``head`` and the figures stand beside its type."""
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(lonlat(metric, each.geom))),
            "properties": each.told(),
        }
        for each in report.findings
        if each.geom is not None
    ]
    return compact({"type": "FeatureCollection", **head, **report.summary(), "features": features})


def compact(value: Any) -> bytes:
    """JSON without blanks, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
