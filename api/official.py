"""Departures from official lines as bytes: JSON, a table, or what a map draws of them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import shapely

from api.coverage import compact
from geo.crs import Metric
from geo.desk.gridmap import lonlat
from geo.desk.official import Finding, Report, columns
from geo.files.formulas import inert


def as_json(metric: Metric, report: Report, head: dict[str, Any]) -> bytes:
    told = report.told()
    return compact(head | told | {"findings": [_told(metric, each) for each in report.findings]})


def as_csv(metric: Metric, report: Report, _head: dict[str, Any]) -> bytes:
    """One row a finding, formulas as text. With a mark at its beginning, by which Excel knows UTF-8."""
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, [*columns(), "lon", "lat"])
    writer.writeheader()
    for each in report.findings:
        told = _told(metric, each) | {"grids": " ".join(each.grids)}
        writer.writerow({name: inert(value) for name, value in told.items()})
    return target.getvalue().encode("utf-8-sig")


def as_geojson(metric: Metric, report: Report, head: dict[str, Any]) -> bytes:
    """A FeatureCollection in lon/lat; ``head`` and the figures stand beside its type."""
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(lonlat(metric, each.geom))),
            "properties": _told(metric, each),
        }
        for each in report.findings
    ]
    return compact({"type": "FeatureCollection", **head, **report.summary(), "features": features})


def _told(metric: Metric, finding: Finding) -> dict[str, Any]:
    """A finding, with a place on or in what it is about: to zoom to."""
    at = lonlat(metric, shapely.point_on_surface(finding.geom))
    return finding.told() | {"lon": at.x, "lat": at.y}
