"""GIS programs as clients of a service that runs in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

_READ = """
import json, sys
import pyogrio, shapely
asked = json.loads(sys.argv[1])
how = {"layer": asked["layer"], **asked["options"]}
if "bbox" in how:
    how["bbox"] = tuple(how["bbox"])
meta, fids, geometry, values = pyogrio.raw.read(asked["url"], return_fids=True, **how)
print(json.dumps({
    "crs": meta["crs"],
    "fields": [str(name) for name in meta["fields"]],
    "ids": [int(fid) for fid in fids],
    "geometry": [None if g is None else shapely.from_wkb(g).wkt for g in geometry],
    "values": {
        str(name): [None if v is None or v != v else str(v) for v in column.tolist()]
        for name, column in zip(meta["fields"], values)
    },
}))
"""
_LAYERS = """
import json, sys
import pyogrio
print(json.dumps(pyogrio.list_layers(json.loads(sys.argv[1])["url"]).tolist()))
"""


def gdal(script: str, settings: dict[str, str], **asked: Any) -> Any:
    """What a script with GDAL prints as JSON. It runs in a child process, with GDAL's settings in its environment."""
    quiet = {"PROJ_NETWORK": "OFF", **settings}
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(asked)], env=os.environ | quiet, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def layers(url: str, token: str) -> list[list[str]]:
    """Names and geometry types of the layers that GDAL finds there."""
    found: list[list[str]] = gdal(_LAYERS, bearer(token), url=f"OAPIF:{url}/ogc")
    return found


def layer(url: str, token: str, name: str, **options: Any) -> dict[str, Any]:
    """A layer as GDAL's OAPIF driver reads it; options: those of pyogrio.raw.read."""
    found: dict[str, Any] = gdal(_READ, bearer(token), url=f"OAPIF:{url}/ogc", layer=name, options=options)
    return found


def layer_by_password(url: str, token: str, name: str) -> dict[str, Any]:
    """The same, signed in by HTTP Basic with the token as the password."""
    signed_in = {"GDAL_HTTP_USERPWD": f"qgis:{token}"}
    found: dict[str, Any] = gdal(_READ, signed_in, url=f"OAPIF:{url}/ogc", layer=name, options={})
    return found


def asked_for(url: str, token: str, name: str) -> list[str]:
    """The addresses that GDAL asks for while it reads a layer."""
    script = [sys.executable, "-c", _READ, json.dumps({"url": f"OAPIF:{url}/ogc", "layer": name, "options": {}})]
    talking = os.environ | {"PROJ_NETWORK": "OFF", "CPL_DEBUG": "HTTP,OAPIF", "CPL_CURL_VERBOSE": "NO"} | bearer(token)
    done = subprocess.run(script, env=talking, capture_output=True, text=True, check=True)
    return re.findall(r"https?://[^\s'\")]+", done.stderr)


def bearer(token: str) -> dict[str, str]:
    return {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token}
