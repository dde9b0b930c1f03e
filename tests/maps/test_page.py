"""The page: small, local, nothing inline, nothing of a user, the same bytes each time."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser

import pytest

from maps import page
from maps.assets import STATIC, url_of


class Reader(HTMLParser):
    """Collects tags with their attributes, and the text inside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.inline += data.strip()


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


PAGES = {
    "map zh": page.page_html("zh"),
    "map en": page.page_html("en"),
    "sign-in zh": page.sign_in_html("zh"),
    "sign-in en": page.sign_in_html("en"),
    "workbench zh": page.workbench_html("zh"),
    "workbench en": page.workbench_html("en"),
    "boundaries zh": page.boundaries_html("zh"),
    "boundaries en": page.boundaries_html("en"),
}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(html: str) -> None:
    reader = read(html)
    assert reader.inline == ""
    for tag, attrs in reader.tags:
        assert "style" not in attrs, tag
        assert not [name for name in attrs if name.startswith("on")], tag
        for name in ("src", "href"):
            if (url := attrs.get(name)) is not None:
                assert url.startswith(("/static/", page.PAGE_SCRIPT_URL, "#")) or url in page.URLS.values(), url
    assert "http:" not in html
    assert "https:" not in html


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
def test_a_page_is_small_and_says_its_language(html: str) -> None:
    assert len(html.encode()) < 30_000
    (_, attrs) = next(found for found in read(html).tags if found[0] == "html")
    assert attrs["lang"] in ("zh-CN", "en")


def test_constants_survive_whatever_characters_they_have() -> None:
    tricky = {"version": "<script>alert(1)</script>\"'&${x}"}
    reader = read(str(page.Document("zh", tricky).render()))
    (constants,) = [attrs["content"] for tag, attrs in reader.tags if attrs.get("name") == "gridwarden"]
    assert constants is not None
    assert json.loads(constants)["version"] == tricky["version"]
    assert reader.inline == ""


def test_the_same_version_makes_the_same_bytes() -> None:
    assert page.page_html("zh") == page.page_html("zh")
    page.page_script.cache_clear()
    first = page.page_script()
    page.page_script.cache_clear()
    assert page.page_script() == first


def test_the_script_of_the_page_makes_the_map_and_our_layers_in_order() -> None:
    calls = re.findall(r"gridwarden\.(\w+)", page.page_script())
    assert calls == ["background", "grids", "places", "coverage", "units", "issues", "labels", "start"]
    assert page.page_script().index("L.map") < page.page_script().index("gridwarden")


def test_the_map_element_is_the_one_that_the_script_names() -> None:
    (name,) = re.findall(r'L\.map\("(\w+)"', page.page_script())
    assert any(attrs.get("id") == name for _, attrs in read(PAGES["map zh"]).tags)


def test_composing_a_page_leaves_folium_as_it_was() -> None:
    import folium

    before = list(folium.Map.default_js), list(folium.Map.default_css)
    page.page_html("en")
    assert (list(folium.Map.default_js), list(folium.Map.default_css)) == before
    assert page.BattleMap.default_js == []


def test_assets_weigh_less_than_400_kb_on_the_wire() -> None:
    urls = [url_of(name) for name in ("app.js", "app.css", "icon.svg")]
    files = [STATIC / url.removeprefix("/static/") for url in urls]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 400_000


def test_the_workbench_weighs_less_than_110_kb_on_the_wire() -> None:
    script = STATIC / url_of("workbench.js").removeprefix("/static/")
    assert len(gzip.compress(script.read_bytes())) < 110_000


def test_the_boundary_editor_weighs_less_than_140_kb_on_the_wire_and_what_draws_comes_apart() -> None:
    editor, drawing = (STATIC / url_of(name).rpartition("/")[2] for name in ("boundaries.js", "drawing-tools.js"))
    assert len(gzip.compress(editor.read_bytes())) < 140_000
    assert len(gzip.compress(drawing.read_bytes())) < 80_000
    assert "drawing-tools" in page.boundaries_html("zh")


def test_every_asset_has_its_licence_beside_it() -> None:
    text = (STATIC / "THIRD_PARTY_LICENSES.txt").read_text("utf-8")
    for package in (
        "leaflet 1.9.4",
        "preact",
        "polylabel",
        "tinyqueue",
        "swagger-ui-dist",
        "@geoman-io/leaflet-geoman-free",
    ):
        assert re.search(rf"^{re.escape(package)}", text, re.M), package


def test_no_word_of_the_interface_stands_outside_the_language_files() -> None:
    source = STATIC.parent / "frontend" / "src"
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for path in sorted(source.rglob("*.ts*")):
        if path.parent.name == "i18n" or path.name == "tokens.css":
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            code = re.sub(r"//.*|/\*.*|^\s*\*.*", "", line)
            found = chinese.findall(code)
            # The name of a language is written in that language.
            assert not found or code.strip() == "中文", f"{path.name}:{number}: {line}"


def test_nothing_is_ever_parsed_as_html() -> None:
    source = STATIC.parent / "frontend" / "src"
    for path in sorted(source.rglob("*.ts*")):
        text = path.read_text("utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "dangerouslySet", "eval("):
            assert word not in text, f"{path.name}: {word}"
