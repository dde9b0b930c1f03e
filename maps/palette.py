"""The one place where a class becomes a colour, a shape and a letter, and a figure becomes a shade.

The page reads its colours from ``frontend/src/tokens.css`` (canvas and CSS alike) and its shapes from here, by way of
the constants in the page; posters and exports use the values here. A test compares the two files colour by colour.

Shapes are SVG path data in a unit box, x to the right, y down, areas within 12 % of each other. Sharp to round is
strict to lenient, so that a class is told by form where colour fails: projectors, photocopies, colour blindness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geo.model import RISK_ORDER, RiskClass, SnapshotFlag

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Themed:
    """One colour in each theme, as ``#RRGGBB``."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class ClassStyle:
    """How one inspection class (巡查等级) looks: fill, the letter on it and that letter's colour, and the shape."""

    letter: str
    shape: str
    fill: Themed
    text: Themed


_INK_ON_DARK = "#15171C"

RISK: dict[RiskClass, ClassStyle] = {
    RiskClass.RED: ClassStyle(
        "R", "M0,-1.18L1.14,.86L-1.14,.86Z", Themed("#B5161A", "#E0524A"), Themed("#FFFFFF", _INK_ON_DARK)
    ),
    RiskClass.ORANGE: ClassStyle(
        "O", "M0,-1.2L1.2,0L0,1.2L-1.2,0Z", Themed("#E5741A", "#FB8F22"), Themed("#17181C", _INK_ON_DARK)
    ),
    RiskClass.YELLOW: ClassStyle(
        "Y", "M-.9,-.9H.9V.9H-.9Z", Themed("#FBDD4A", "#FFE668"), Themed("#17181C", _INK_ON_DARK)
    ),
    RiskClass.BLUE: ClassStyle(
        "B", "M-.95,-.92H.95V.25L0,1.14L-.95,.25Z", Themed("#1450B4", "#66B0FA"), Themed("#FFFFFF", _INK_ON_DARK)
    ),
    RiskClass.GREEN: ClassStyle(
        "G", "M1,0A1,1 0 1 1 -1,0A1,1 0 1 1 1,0Z", Themed("#2A8568", "#2BA37E"), Themed("#FFFFFF", _INK_ON_DARK)
    ),
}

RISK_EDGE = Themed("#17181C", "#0B0D11")

# One violet ramp for every figure: the five hues, red pennants and water blue are taken. Zero is paper.
RAMP: tuple[Themed, ...] = (
    Themed("#FBFAF7", "#1A1D24"),
    Themed("#E3DEF0", "#2C2A45"),
    Themed("#C3BADF", "#453E70"),
    Themed("#988BC7", "#67599F"),
    Themed("#6857A6", "#9486CC"),
    Themed("#3B2C78", "#D3CBF7"),
)
NO_FIGURE = Themed("#B9B6AE", "#4A4E58")


def tokens(theme: str) -> dict[str, str]:
    """The custom properties of tokens.css that this module fixes, for one of THEMES: ``{"--risk-r": "#B5161A"}``."""
    if theme not in THEMES:
        raise ValueError(f"theme is one of {', '.join(THEMES)}, not {theme!r}")
    values = {"--risk-edge": RISK_EDGE, "--q-none": NO_FIGURE}
    values |= {f"--q{step}": shade for step, shade in enumerate(RAMP)}
    for style in RISK.values():
        values |= {f"--risk-{style.letter.lower()}": style.fill, f"--risk-{style.letter.lower()}-t": style.text}
    return {name: getattr(colour, theme) for name, colour in values.items()}


def page_constants() -> dict[str, Any]:
    """What the page's script needs to draw classes, in the order of the codes in snapshots (0 is red)."""
    return {
        "classes": [
            {"name": risk.value, "letter": RISK[risk].letter, "shape": RISK[risk].shape} for risk in RISK_ORDER
        ],
        "flags": {flag.name.lower(): int(flag) for flag in SnapshotFlag},
    }
