"""What lies beneath grids, units and issues: nothing, local vectors, or tiles over local vectors.

Tiles keep the place that their maker's datum gives them; the page draws each where it lies in WGS84, so the data are
never moved. CGCS2000 and WGS84 differ by decimetres, less than a pixel at any zoom: they are one here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TILE_DATUMS = ("wgs84", "cgcs2000", "gcj02")


@dataclass(frozen=True, slots=True)
class Tiles:
    """Pictures of 256 by 256 pixels in the web mercator grid of ``datum``, one of TILE_DATUMS.

    templates: URLs with {z}, {x} and {y}, and {s} for one of ``subdomains``; later ones are drawn over earlier ones.
    max_zoom: nearer, the tiles of this zoom are enlarged. min_zoom: farther out there are none.
    """

    templates: tuple[str, ...]
    datum: str
    attribution: str
    subdomains: tuple[str, ...] = ()
    min_zoom: int = 0
    max_zoom: int = 18

    @property
    def origins(self) -> tuple[str, ...]:
        """The other hosts that are asked for tiles, as a Content-Security-Policy names them."""
        found: dict[str, None] = {}
        for template in self.templates:
            parts = urlsplit(template)
            if parts.netloc:
                names = [parts.netloc.replace("{s}", part) for part in self.subdomains or ("",)]
                found |= dict.fromkeys(f"{parts.scheme}://{name}".lower() for name in names)
        return tuple(found)

    def options(self) -> dict[str, Any]:
        """What the page's script is given, JSON-ready."""
        return {
            "templates": self.templates,
            "subdomains": self.subdomains,
            "datum": self.datum,
            "attribution": self.attribution,
            "minZoom": self.min_zoom,
            "maxZoom": self.max_zoom,
        }


@dataclass(frozen=True, slots=True)
class BaseMap:
    """``vectors``: the local vectors are loaded, and seen wherever no tile is."""

    vectors: bool = True
    tiles: Tiles | None = None


LOCAL = BaseMap()
