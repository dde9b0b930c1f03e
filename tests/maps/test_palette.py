"""Classes become colours, shapes and letters in one place, and the page's tokens agree with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geo.model import RISK_ORDER, SnapshotFlag
from maps import palette

TOKENS = Path(palette.__file__).parent / "frontend" / "src" / "tokens.css"
BLOCKS = {"light": r":root\{(.*?)\n\}", "dark": r":root\[data-theme=dark\]\{(.*?)\n\}"}


def declared(theme: str) -> dict[str, str]:
    block = re.search(BLOCKS[theme], TOKENS.read_text("utf-8"), re.S)
    assert block, f"tokens.css has no block for {theme}"
    return dict(re.findall(r"(--[\w-]+):(#[0-9A-Fa-f]{6})", block.group(1)))


@pytest.mark.parametrize("theme", palette.THEMES)
def test_the_page_and_python_have_the_same_colours(theme: str) -> None:
    ours, page = palette.tokens(theme), declared(theme)
    assert ours == {name: page.get(name) for name in ours}


def test_every_class_has_its_own_letter_shape_and_colour() -> None:
    styles = [palette.RISK[risk] for risk in RISK_ORDER]
    for values in zip(*((style.letter, style.shape, style.fill, style.fill.dark) for style in styles), strict=True):
        assert len(set(values)) == len(RISK_ORDER)
    assert [style.letter for style in styles] == [risk.letter for risk in RISK_ORDER]


def test_the_page_learns_classes_in_the_order_of_snapshot_codes() -> None:
    constants = palette.page_constants()
    assert [style["name"] for style in constants["classes"]] == [risk.value for risk in RISK_ORDER]
    assert constants["flags"]["overdue"] == SnapshotFlag.OVERDUE


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="sepia"):
        palette.tokens("sepia")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", palette.THEMES)
def test_letters_can_be_read_on_their_class(theme: str) -> None:
    for risk, style in palette.RISK.items():
        light, dark = sorted(
            (luminance(getattr(style.fill, theme)), luminance(getattr(style.text, theme))), reverse=True
        )
        assert (light + 0.05) / (dark + 0.05) >= 4.5, risk


@pytest.mark.parametrize(("theme", "darker"), [("light", True), ("dark", False)])
def test_the_ramp_goes_one_way(theme: str, darker: bool) -> None:
    steps = [luminance(getattr(shade, theme)) for shade in palette.RAMP]
    assert steps == sorted(steps, reverse=darker)
