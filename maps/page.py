"""Composes the battle map's page with folium: the skeleton, the map, and our own layer classes.

No user data is ever rendered here, only URLs and constants: folium does not escape what it is given, so a name such
as ``<img src=x onerror=...>`` would run. The script that folium emits is served as a file of its own, and nothing is
inline, so that the policy of the page is plain ``script-src 'self'; style-src 'self'``.

Names of elements are fixed, not folium's random ones: the same version makes the same bytes, which caches like.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from typing import Any, ClassVar

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.map import Layer
from jinja2 import Template

from maps import palette
from maps.assets import url_of
from maps.base_map import LOCAL, BaseMap, Tiles

LANGUAGES = {"zh": "zh-CN", "en": "en"}
PAGE_SCRIPT_URL = "/map/page.js"

URLS = {
    "config": "/map/config",
    "events": "/map/events",
    "grids": "/map/grids",
    "background": "/map/background",
    "places": "/map/places",
    "coverage": "/map/coverage",
    "official": "/map/official",
    "issues": "/map/issues",
    "units": "/map/units",
    "api": "/api",
    "session": "/api/session",
}


class DeferredScript(JavascriptLink):
    """A script that runs once the document is there, in order, without holding up the first paint."""

    _template = Template('<script src="{{ this.url }}" defer></script>')


class Document(Figure):
    """A whole page: our own head, no inline script. What children add to ``script`` is served as a file of its own."""

    _template = Template(
        "<!doctype html>\n"
        '<html lang="{{ this.lang }}">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="gridwarden" content="{{ this.constants }}">\n'
        "<title>Gridwarden</title>\n"
        '<link rel="icon" href="{{ this.icon }}" type="image/svg+xml">\n'
        "{% for child in this.header._children.values() %}{{ child.render() }}\n{% endfor %}"
        "</head>\n"
        "<body>\n"
        "{% for child in this.html._children.values() %}{{ child.render() }}\n{% endfor %}"
        "</body>\n"
        "</html>\n"
    )

    def __init__(self, lang: str, constants: Mapping[str, Any]) -> None:
        super().__init__()
        self.header._children.clear()  # branca's own meta tag
        self.lang = LANGUAGES[lang]
        self.constants = escape(json.dumps(constants, ensure_ascii=False, separators=(",", ":"), sort_keys=True))
        self.icon = url_of("icon.svg")

    def add_assets(self, *scripts: str) -> None:
        """The one style sheet, and scripts in the order in which they run."""
        self.header.add_child(CssLink(url_of("app.css")), name="css")
        for url in scripts:
            self.header.add_child(DeferredScript(url), name=url)


class Preload(JavascriptLink):
    """What the script will ask for first, on its way before the script is there."""

    _template = Template('<link rel="preload" href="{{ this.url }}" as="fetch" crossorigin="anonymous">')


class BattleMap(folium.Map):
    """The map of the page, with local assets only: no jQuery, no Bootstrap, nothing from elsewhere."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own declaration; the document adds our scripts
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template("""
        {% macro html(this, kwargs) %}
<a class="skip" href="#panel" data-text="skip"></a>
<div class="app" data-state="loading">
<header class="bar">
<h1><span data-text="title"></span> <small id="where"></small></h1>
<div id="search" class="search" role="search"></div>
<p id="freshness" class="freshness"></p>
<div id="switches" class="switches"></div>
</header>
<div id="past" class="past"></div>
<aside id="panel" class="panel" tabindex="-1"></aside>
<main class="stage">
<section id="kpi" class="kpi"></section>
<div id="map-frame" class="map-frame">
<div class="map-top">
<div id="figures" class="figures floating"></div>
<div id="filters" class="filters"></div>
</div>
<section id="legend" class="legend floating"></section>
<div id="map-controls" class="map-controls"></div>
<div id="{{ this.get_name() }}" class="map" role="application" tabindex="0"></div>
<div id="locator" class="locator floating" hidden></div>
<div id="foot" class="foot"></div>
<div id="tip" class="tip" hidden></div>
<div id="notices" class="notices"></div>
</div>
</main>
</div>
<p id="summary" class="sr" role="status"></p>
<div id="dialogs"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {{ this.options|tojson }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__(tiles=None)
        # Where the map starts is the reader's affair: the page asks /map/config.
        self.options = {
            "zoomControl": False,
            "attributionControl": False,
            "zoomSnap": 0.1,
            "zoomDelta": 0.8,
            "wheelPxPerZoomLevel": 120,
            "minZoom": 5,
            "maxZoom": 18.5,
            "keyboardPanDelta": 90,
            "boxZoom": False,
        }

    def get_name(self) -> str:
        return "battle_map"


class OwnLayer(Layer):
    """A layer that our bundle draws. ``maker`` is the function of the bundle, ``url`` what it loads."""

    maker: ClassVar[str]
    url: str | None = None

    _template = Template("""
        {% macro script(this, kwargs) %}
const {{ this.get_name() }} = gridwarden.{{ this.maker }}({{ this.url|tojson if this.url else "" }});
        {% endmacro %}
    """)

    def get_name(self) -> str:
        return f"{self.maker.lower()}_layer"


class BaseLayer(OwnLayer):
    """Tiles that the operator named. Values are the operator's, and reach the script as JSON."""

    maker = "base"

    _template = Template("""
        {% macro script(this, kwargs) %}
const {{ this.get_name() }} = gridwarden.base({{ this.tiles.options()|tojson }});
        {% endmacro %}
    """)

    def __init__(self, tiles: Tiles) -> None:
        super().__init__()
        self.tiles = tiles


class BackgroundLayer(OwnLayer):
    """Local vectors: land, hills, built-up ground, water, roads, buildings. Without them, the land that grids cover."""

    maker = "background"

    def __init__(self, vectors: bool) -> None:
        super().__init__()
        self.url = URLS["background"] if vectors else None


class GridLayer(OwnLayer):
    """Grids shaded by a figure, their lines, the number on each."""

    maker, url = "grids", URLS["grids"]


class PlaceLayer(OwnLayer):
    """Compounds, stairwells, lanes and other places, asked for only once they come into sight."""

    maker, url = "places", URLS["places"]


class CoverageLayer(OwnLayer):
    """Blind spots, asked for only once the reader switches them on."""

    maker, url = "coverage", URLS["coverage"]


class UnitLayer(OwnLayer):
    """Rental units as symbols of their class, overdue ones outlined."""

    maker, url = "units", URLS["units"]


class IssueLayer(OwnLayer):
    """Open issues as symbols of their state, overdue ones outlined."""

    maker, url = "issues", URLS["issues"]


class LabelLayer(OwnLayer):
    """Numbers, names and the discs of the worst three: placed at rest, without collisions."""

    maker = "labels"


class Start(OwnLayer):
    """The last line of the script: hands the map and its layers to the page."""

    _template = Template("""
        {% macro script(this, kwargs) %}
gridwarden.start({{ this._parent.get_name() }}, {{ this.urls|tojson }});
        {% endmacro %}
    """)

    maker = "start"

    def __init__(self) -> None:
        super().__init__(show=False)
        self.urls = {name: URLS[name] for name in ("config", "events", "api", "session")}


def _layers(base_map: BaseMap) -> Iterator[OwnLayer]:
    """From the bottom to the top; at last what starts the page."""
    if base_map.tiles:
        yield BaseLayer(base_map.tiles)
    yield BackgroundLayer(base_map.vectors)
    for kind in (GridLayer, PlaceLayer, CoverageLayer, UnitLayer, IssueLayer, LabelLayer, Start):
        yield kind()


@cache
def page_html(lang: str, base_map: BaseMap = LOCAL, parts: tuple[str, ...] = ("config",)) -> str:
    """The battle map's page in one of LANGUAGES: nothing of a user, the same for all who load the same.

    parts: names in URLS of what this reader's map loads first. They are on their way while the script is.
    """
    document = _battle_map_document(lang, base_map)
    document.add_assets(url_of("app.js"), page_script_url(base_map))
    for name in parts:
        if name != "background" or base_map.vectors:
            document.header.add_child(Preload(URLS[name]), name=name)
    return str(document.render())


@cache
def page_script(base_map: BaseMap = LOCAL) -> str:
    """The script that folium emits, served at PAGE_SCRIPT_URL."""
    document = _battle_map_document("en", base_map)
    document.render()
    lines = str(document.script.render()).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip()) + "\n"


@cache
def page_script_url(base_map: BaseMap = LOCAL) -> str:
    """PAGE_SCRIPT_URL with the script's hash, so that it may be cached for as long as it is right."""
    return f"{PAGE_SCRIPT_URL}?v={hashlib.sha256(page_script(base_map).encode()).hexdigest()[:12]}"


def sign_in_html(lang: str) -> str:
    """The page for who is not signed in. Its script posts the token of the link's fragment and goes to the map."""
    document = Document(lang, {"session": URLS["session"]})
    document.html.add_child(Element('<main id="sign-in" class="sign-in" aria-live="polite"></main>'))
    document.add_assets(url_of("sign-in.js"))
    return str(document.render())


@cache
def missing_html() -> str:
    """The page for an address of ours that leads nowhere, in both languages, with the way back."""
    document = Document("zh", {})
    words = (
        ("zh-CN", "没有这个页面", "地址可能不完整，或者页面已经移走。", "回到作战图"),
        ("en", "There is no such page", "The address may be incomplete, or the page has moved.", "Back to the map"),
    )
    sections = "".join(
        f'<section lang="{lang}"><h1>{title}</h1><p>{help_}</p><p><a class="link" href="/">{back}</a></p></section>'
        for lang, title, help_, back in words
    )
    document.html.add_child(Element(f'<main class="sign-in missing-page">{sections}</main>'))
    document.add_assets()
    return str(document.render())


def workbench_html(lang: str, base_map: BaseMap = LOCAL) -> str:
    """The clerks' workbench (工作台): a skeleton that its script fills."""
    return _own_page("workbench", lang, base_map)


def boundaries_html(lang: str, base_map: BaseMap = LOCAL) -> str:
    """The boundary editor (边界编辑): a skeleton that its script fills."""
    return _own_page("boundaries", lang, base_map, official=URLS["official"], drawing=url_of("drawing-tools.js"))


def _own_page(name: str, lang: str, base_map: BaseMap, **others: str) -> str:
    """A page whose script makes its own map. ``ground`` is what the map lies on; others: what else it may ask for."""
    ground = {
        "background": URLS["background"] if base_map.vectors else None,
        "tiles": base_map.tiles.options() if base_map.tiles else None,
    }
    urls = {part: URLS[part] for part in ("config", "grids", "api", "session")} | others
    document = Document(lang, {**palette.page_constants(), "urls": urls, "ground": ground})
    document.html.add_child(Element(f'<div id="{name}" class="{name}"></div>'))
    document.add_assets(url_of(f"{name}.js"))
    document.header.add_child(Preload(URLS["config"]), name="config")
    return str(document.render())


def _battle_map_document(lang: str, base_map: BaseMap) -> Document:
    document = Document(lang, palette.page_constants())
    battle_map = BattleMap()
    document.add_child(battle_map)
    for layer in _layers(base_map):
        layer.add_to(battle_map)
    return document
