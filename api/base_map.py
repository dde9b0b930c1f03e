"""The base map as the operator configured it. What cannot work is refused at the start, by the name of its setting."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from api.settings import Settings
from geo.errors import BadInput
from maps.base_map import LOCAL, TILE_DATUMS, BaseMap, Tiles
from maps.tile_file import TileFile

TILE_URL = "/map/base/{z}/{x}/{y}"

# Which of the settings each kind of base map takes, after GRIDWARDEN_BASE_MAP_.
TAKES = {
    "none": (),
    "local": (),
    "tiles": ("url", "subdomains", "key", "datum", "attribution", "max_zoom"),
    "pmtiles": ("file", "datum", "attribution"),
}
SETTINGS = ("url", "file", "subdomains", "key", "datum", "attribution", "max_zoom")

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = ("z", "x", "y", "s", "key")
WMTS_NAMES = {"{TileMatrix}": "{z}", "{TileCol}": "{x}", "{TileRow}": "{y}"}
# What may stand in a policy and in a URL without meaning anything else there.
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
URL_TEXT = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&()*+,;=%{}]+")
LABEL = re.compile(r"[A-Za-z0-9-]{1,63}")
MAX_ATTRIBUTION = 160


def open_base_map(settings: Settings) -> tuple[BaseMap, TileFile | None]:
    """The base map of the settings, and the open file that its tiles are in, if any. Raises BadInput."""
    kind = settings.base_map
    if kind not in TAKES:
        raise BadInput(f"GRIDWARDEN_BASE_MAP is one of {', '.join(TAKES)}, not {kind!r}.")
    for name in SETTINGS:
        if name not in TAKES[kind] and getattr(settings, f"base_map_{name}"):
            takers = " or ".join(other for other, names in TAKES.items() if name in names)
            raise BadInput(f"{_full(name)} is set, and GRIDWARDEN_BASE_MAP is {kind}: it belongs to {takers}.")
    if kind == "tiles":
        return BaseMap(tiles=_tiles(settings)), None
    if kind == "pmtiles":
        return _from_file(settings)
    return (LOCAL if kind == "local" else BaseMap(vectors=False)), None


def _full(name: str) -> str:
    return f"GRIDWARDEN_BASE_MAP_{name.upper()}"


def _tiles(settings: Settings) -> Tiles:
    subdomains = settings.base_map_subdomains
    for label in subdomains:
        if not LABEL.fullmatch(label):
            raise BadInput(f"{_full('subdomains')}: {label!r} is no part of a host name.")
    given = settings.base_map_url.split()
    if not given:
        raise BadInput(f"{_full('url')} is missing: the URL of a tile with {{z}}, {{x}} and {{y}} in it.")
    templates = tuple(_template(text, settings) for text in given)
    for name, value in (("subdomains", subdomains), ("key", settings.base_map_key)):
        placeholder = "{s}" if name == "subdomains" else "{key}"
        if value and not any(placeholder in text for text in given):
            raise BadInput(f"{_full(name)} is set, and {_full('url')} has no {placeholder} where it would go.")
    return Tiles(
        templates, _datum(settings), _attribution(settings), subdomains, max_zoom=settings.base_map_max_zoom or 18
    )


def _template(given: str, settings: Settings) -> str:
    """One template, checked, with its key in it. Messages show it as it was given, without the key."""

    def refused(why: str) -> BadInput:
        return BadInput(f"{_full('url')}: {why}: {given}")

    text = given
    for theirs, ours in WMTS_NAMES.items():
        text = text.replace(theirs, ours)
    unknown = set(PLACEHOLDER.findall(text)).difference(PLACEHOLDERS)
    if unknown:
        raise refused(f"{{{min(unknown)}}} is none of {{z}}, {{x}}, {{y}}, {{s}} and {{key}}")
    missing = [name for name in ("z", "x", "y") if f"{{{name}}}" not in text]
    if missing:
        raise refused(f"there is no {{{missing[0]}}} in it")
    if "{s}" in text and not settings.base_map_subdomains:
        raise refused(f"{{s}} needs {_full('subdomains')}")
    if "{key}" in text and not settings.base_map_key:
        raise refused(f"{{key}} needs {_full('key')}")
    if not URL_TEXT.fullmatch(text):
        raise refused("characters that a URL has percent-encoded only")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https"):
        raise refused("it does not begin with https:// or http://")
    if not HOST.fullmatch(parts.netloc.replace("{s}", "s")):
        raise refused("its host is no name or address")
    return text.replace("{key}", quote(settings.base_map_key, safe=""))


def _datum(settings: Settings) -> str:
    datum = settings.base_map_datum.lower()
    if datum == "bd09":
        raise BadInput(f"{_full('datum')}: Baidu's tiles are no web mercator tiles and cannot be used.")
    if datum not in TILE_DATUMS:
        said = f"not {datum!r}" if datum else "and it is never guessed"
        raise BadInput(f"{_full('datum')} is one of {', '.join(TILE_DATUMS)}, {said}: what the tiles are drawn in.")
    return datum


def _attribution(settings: Settings) -> str:
    text = " ".join(settings.base_map_attribution.split())
    if not text:
        raise BadInput(f"{_full('attribution')} is missing: whose map it is, as its maker wants it said.")
    if len(text) > MAX_ATTRIBUTION or not text.isprintable():
        raise BadInput(f"{_full('attribution')} is one line of {MAX_ATTRIBUTION} characters at most.")
    return text


def _from_file(settings: Settings) -> tuple[BaseMap, TileFile]:
    if not settings.base_map_file:
        raise BadInput(f"{_full('file')} is missing: the path of a PMTiles file.")
    datum, attribution = _datum(settings), _attribution(settings)
    try:
        file = TileFile(Path(settings.base_map_file))
    except BadInput as error:
        raise BadInput(f"{_full('file')}: {error}") from error
    template = f"{TILE_URL}?v={file.version}"
    tiles = Tiles((template,), datum, attribution, min_zoom=file.min_zoom, max_zoom=file.max_zoom)
    return BaseMap(tiles=tiles), file
