"""Pages of folium's markers, folium's FastMarkerCluster and maplibre-gl over one set of points and grids.

The pages of folium are as folium writes them, with its defaults. All scripts and styles are local, which spares them
the network: packages of package.json beside this file, which `make bench` installs. Of folium's own list two small
styles are left out, of icons that nobody draws here, because no package has them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import folium
import numpy as np
from folium.plugins import FastMarkerCluster

from maps import palette
from maps.snapshot import Snapshot, from_mercator

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
NAMES = ("folium markers", "FastMarkerCluster", "maplibre-gl")
_FILES = {
    "leaflet": ("leaflet.js", "leaflet.css"),
    "leaflet.markercluster": ("leaflet.markercluster.js", "MarkerCluster.css", "MarkerCluster.Default.css"),
    "leaflet.awesome-markers": ("leaflet.awesome-markers.js", "leaflet.awesome-markers.css"),
    "jquery": ("jquery.min.js",),
    "bootstrap": ("js/bootstrap.bundle.min.js", "css/bootstrap.min.css"),
    "maplibre-gl": ("maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"),
}
COLOURS = [style.fill.light for style in palette.RISK.values()]  # reddest first, as classes are numbered
RADIUS_PX = 3
# All is added while the document is read; benchmarks/browser.py asks.
_SAY_WHEN = """<script>
window.benchAdded = false;
addEventListener("load", () => { window.benchAdded = true; });
</script>"""


class LocalMap(folium.Map):
    """folium's map with its scripts from here."""

    default_js = [  # noqa: RUF012
        ("leaflet", "leaflet/leaflet.js"),
        ("jquery", "jquery/jquery.min.js"),
        ("bootstrap", "bootstrap/js/bootstrap.bundle.min.js"),
        ("awesome_markers", "leaflet.awesome-markers/leaflet.awesome-markers.js"),
    ]
    default_css = [  # noqa: RUF012
        ("leaflet_css", "leaflet/leaflet.css"),
        ("bootstrap_css", "bootstrap/css/bootstrap.min.css"),
        ("awesome_markers_font_css", "fontawesome-free/css/all.min.css"),
        ("awesome_markers_css", "leaflet.awesome-markers/leaflet.awesome-markers.css"),
    ]


class LocalCluster(FastMarkerCluster):
    """folium's plugin with its scripts from here."""

    default_js = [("cluster", "leaflet.markercluster/leaflet.markercluster.js")]  # noqa: RUF012
    default_css = [  # noqa: RUF012
        ("cluster_css", "leaflet.markercluster/MarkerCluster.css"),
        ("cluster_default", "leaflet.markercluster/MarkerCluster.Default.css"),
    ]


@dataclass(frozen=True)
class Drawn:
    """What is drawn: rental units as a snapshot, grids as GeoJSON, west, south, east, north."""

    units: Snapshot
    grids: dict[str, Any]
    bounds: tuple[float, float, float, float]

    @cached_property
    def rows(self) -> list[tuple[float, float, int]]:
        """Latitude, longitude and class of every unit, six decimals."""
        lon, lat = from_mercator(self.units.columns["x"], self.units.columns["y"])
        columns = (np.round(lat, 6).tolist(), np.round(lon, 6).tolist(), self.units.columns["class"].tolist())
        return list(zip(*columns, strict=True))


def write_site(folder: Path, drawn: Drawn) -> dict[str, str]:
    """Make the pages with all they load in a folder. Returns the file of each by its name."""
    folder.mkdir(parents=True)
    _copy_packages(folder)
    made = {"folium markers": "markers.html", "FastMarkerCluster": "cluster.html", "maplibre-gl": "maplibre.html"}
    _write_folium(folder / made["folium markers"], drawn, _markers)
    _write_folium(folder / made["FastMarkerCluster"], drawn, _cluster)
    _write_maplibre(folder, made["maplibre-gl"], drawn)
    return made


def _copy_packages(folder: Path) -> None:
    if not PACKAGES.exists():
        raise FileNotFoundError(f"{PACKAGES} is not there: `make bench` and `make test` install it")
    for package, files in _FILES.items():
        for name in files:
            copy = folder / package / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PACKAGES / package / "dist" / name, copy)
    images = Path("leaflet.awesome-markers", "dist", "images")
    shutil.copytree(PACKAGES / images, folder / "leaflet.awesome-markers" / "images")
    for part in ("css", "webfonts"):
        shutil.copytree(PACKAGES / "@fortawesome" / "fontawesome-free" / part, folder / "fontawesome-free" / part)


def _write_folium(file: Path, drawn: Drawn, add_points: Any) -> None:
    west, south, east, north = drawn.bounds
    made = LocalMap(tiles=None)
    folium.GeoJson(drawn.grids, style_function=_grid_style).add_to(made)
    add_points(made, drawn)
    made.fit_bounds([[south, west], [north, east]])
    made.get_root().html.add_child(folium.Element(_SAY_WHEN))
    made.save(str(file))


def _grid_style(_: Any) -> dict[str, Any]:
    return {"weight": 1, "color": "#6857A6", "fillOpacity": 0.1}


def _markers(made: folium.Map, drawn: Drawn) -> None:
    for lat, lon, klass in drawn.rows:
        folium.CircleMarker([lat, lon], radius=RADIUS_PX, weight=1, color=COLOURS[klass], fill=True).add_to(made)


def _cluster(made: folium.Map, drawn: Drawn) -> None:
    LocalCluster([[lat, lon] for lat, lon, _ in drawn.rows]).add_to(made)


def _write_maplibre(folder: Path, page: str, drawn: Drawn) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": {"class": klass}}
        for lat, lon, klass in drawn.rows
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "units.geojson").write_text(json.dumps(collection, separators=(",", ":")), "utf-8")
    (folder / "grids.geojson").write_text(json.dumps(drawn.grids, separators=(",", ":")), "utf-8")
    colours = [part for klass, colour in enumerate(COLOURS) for part in (klass, colour)]
    west, south, east, north = drawn.bounds
    settings = {"bounds": [[west, south], [east, north]], "colours": colours, "radius": RADIUS_PX}
    text = (HERE / "maplibre.html").read_text("utf-8").replace("SETTINGS", json.dumps(settings))
    (folder / page).write_text(text, "utf-8")
