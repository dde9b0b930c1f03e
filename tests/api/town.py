"""A town of two subdistricts, for tests about who sees what."""

from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient

WEST, EAST = "330802001", "330802002"
# Everything of the east says so: a word that must not be read in the west.
MARK = "dongfang"


def square(lon: float) -> dict[str, Any]:
    ring = [[lon, 28.90], [lon + 0.01, 28.90], [lon + 0.01, 28.91], [lon, 28.91], [lon, 28.90]]
    return {"type": "Polygon", "coordinates": [ring]}


def upload(client: TestClient, kind: str, file: str, content: str, /, **options: str) -> None:
    answer = client.post(f"/api/imports/{kind}", files={"file": (file, content)}, data={"options": json.dumps(options)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejects"] == []


def build(operator: TestClient) -> None:
    """Two subdistricts side by side, with a grid, an issue, a rental unit, a compound and a lead in each."""
    upload(
        operator, "areas", "areas.csv",
        f"code,name,level,parent\n330802,柯城区,district,\n{WEST},西街道,subdistrict,330802\n{EAST},{MARK}街道,subdistrict,330802\n",
        code="code", name="name", level="level", parent="parent",
    )  # fmt: skip
    grids = [("W1", "西一", WEST, 118.80), (f"{MARK}-1", f"{MARK}一", EAST, 118.81)]
    features = [
        {"type": "Feature", "properties": {"code": c, "name": n, "area": a}, "geometry": square(lon)}
        for c, n, a, lon in grids
    ]
    upload(
        operator, "grids", "grids.geojson", json.dumps({"type": "FeatureCollection", "features": features}),
        code="code", name="name", parent="area",
    )  # fmt: skip
    upload(
        operator, "places", "places.csv",
        f"code,name,kind,area,lon,lat\nP1,西小区,compound,{WEST},118.805,28.905\n"
        f"{MARK}-P,{MARK}小区,compound,{EAST},118.815,28.905\n",
        code="code", name="name", kind="kind", area="area", lon="lon", lat="lat", datum="wgs84",
    )  # fmt: skip
    upload(
        operator, "units", "units.csv",
        f"code,lon,lat,place,address\nU1,118.805,28.905,P1,西\n{MARK}-U,118.815,28.905,{MARK}-P,{MARK}\n",
        code="code", lon="lon", lat="lat", place="place", address="address", datum="wgs84",
    )  # fmt: skip
    upload(
        operator, "people", "people.csv",
        f"code,name,phone,post,target\nR1,张西,13800000001,lead,W1\nR2,{MARK},13800000002,lead,{MARK}-1\n",
        code="code", name="name", phone="phone", post="post", target="target",
    )  # fmt: skip
    upload(
        operator, "reports", "reports.csv",
        f"id,lon,lat,text,address\n1,118.805,28.905,west,西\n{MARK}-2,118.815,28.905,{MARK},{MARK}\n{MARK}-3,119.9,28.9,{MARK},\n",
        ref="id", lon="lon", lat="lat", description="text", address="address", datum="wgs84", source="hotline",
    )  # fmt: skip
