"""GIS programs as clients of a service: each in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
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
# What people do in QGIS, by what its tools do: move a node that grids share, split, merge, and save each time.
_EDIT = """
import json, sys
from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsPointXY, QgsVectorLayer
asked = json.load(sys.stdin)
app = QgsApplication([], False)
app.initQgis()
reasons = []
QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: reasons.append(text))
signed_in = f"username='qgis' password='{asked['token']}'"
uri = f"{signed_in} url='{asked['url']}/ogc' typename='{asked['layer']}' restrictToRequestBBOX='1'"
layer = QgsVectorLayer(uri, "draft", "OAPIF")

def by_code():
    return {each["code"]: each for each in layer.getFeatures()}

def save():
    done = layer.commitChanges(False)
    app.processEvents()
    why = [*layer.commitErrors(), *reasons]
    reasons.clear()
    return None if done else " ".join(why)

told = {"crs": layer.crs().authid(), "ids": {code: each.id() for code, each in by_code().items()}}
layer.startEditing()
west, east = by_code()["W1"], by_code()[asked["east"]]
common = [v for v in west.geometry().vertices() if v in list(east.geometry().vertices())]
for grid in (west, east):
    for at, vertex in enumerate(list(grid.geometry().vertices())[:-1]):
        if vertex == common[0]:
            layer.moveVertex(vertex.x() + 10, vertex.y(), grid.id(), at)
told["moved"] = save()
box = by_code()["W1"].geometry().boundingBox()
across = [QgsPointXY(box.xMinimum() - 9, box.center().y()), QgsPointXY(box.center().x(), box.center().y()),
          QgsPointXY(box.xMaximum() + 99, box.center().y())]
layer.selectByExpression("code = 'W1'")
layer.splitFeatures(across, True)
told["split"] = save()
for new in layer.editBuffer().addedFeatures():
    layer.changeAttributeValue(new, layer.fields().indexOf("code"), "W2")
told["split with a code"] = save()
told["pieces"] = sorted(by_code())
layer.removeSelection()
pieces = [by_code()["W1"], by_code()["W2"]]
merged = QgsFeature(layer.fields())
merged.setAttributes(pieces[0].attributes())
merged.setGeometry(QgsGeometry.unaryUnion([piece.geometry() for piece in pieces]))
layer.deleteFeatures([piece.id() for piece in pieces])
layer.addFeature(merged)
told["merged"] = save()
told["after"] = {code: each.id() for code, each in by_code().items()}
layer.changeAttributeValue(by_code()["W1"].id(), layer.fields().indexOf("households"), -1)
told["refused"] = save()
print(json.dumps(told))
"""


def qgis_python() -> list[str]:
    """The command that runs Python with QGIS's modules."""
    return shlex.split(os.environ.get("GRIDWARDEN_QGIS_PYTHON", "python3"))


def edited_in_qgis(**asked: Any) -> Any:
    """What a session of QGIS did to a layer, and what it was told."""
    talking = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [*qgis_python(), "-c", _EDIT], input=json.dumps(asked), env=talking, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


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
