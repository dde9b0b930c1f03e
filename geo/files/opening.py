"""What GDAL may do with a file that somebody prepared: read it. Nothing in it is followed, fetched or run.

GDAL opens whatever it recognises, whatever a name says. Among its formats are pipelines (GDALG) and descriptions of
other sources (VRT) that read any file of this machine, or ask a server elsewhere, before we see what kind they are.
"""

from __future__ import annotations

import json
import mmap
import re
from pathlib import Path
from typing import Any

import pyogrio
import pyogrio.core

from geo.errors import BadInput, UnsuitableCrs

FORMATS = frozenset({"GPKG", "GeoJSON", "ESRI Shapefile", "OpenFileGDB"})

# A key "crs", however its letters are written, and the beginning of an object.
_CRS = re.compile(
    rb'"(?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)"\s*:\s*(?=\{)',
    re.IGNORECASE,
)
_MOST_OF_CRS = 1 << 16


def keep_our_formats() -> None:
    """Take every other format out of this process's GDAL."""
    others = set(pyogrio.list_drivers()) - FORMATS
    if others:
        pyogrio.set_gdal_config_options({"GDAL_SKIP": ",".join(sorted(others))})
        pyogrio.core._register_drivers()  # the call that pyogrio makes when imported; it looks at GDAL_SKIP


def refuse_linked_crs(path: Path) -> None:
    """A GeoJSON may say that its CRS lies at a URL, and GDAL would ask there. Raises UnsuitableCrs for such a one."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for match in _CRS.finditer(content):
            if _is_link(path, content[match.end() : match.end() + _MOST_OF_CRS]):
                raise UnsuitableCrs(
                    f"{path.name} says that its CRS lies elsewhere, and nothing is fetched: take its member `crs` out,"
                    " and name --source-crs"
                )


def _is_link(path: Path, text: bytes) -> bool:
    """Whether the object at the beginning of ``text`` is of a type that GDAL takes for a link: by its first letters."""
    try:
        crs: dict[str, Any]
        crs, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadInput(f"{path.name} cannot be read: its member `crs` is no JSON of a reasonable size") from None
    kinds = [str(value).lower() for key, value in crs.items() if key.lower() == "type"]
    return any(kind.startswith(("url", "link")) for kind in kinds)
