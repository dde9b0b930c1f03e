"""Classes and shades stay apart for who sees colours otherwise, as Chromium simulates it, and in lightness alone."""

from __future__ import annotations

import base64
from itertools import combinations, pairwise

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.e2e.battle_page import CLASSES
from tests.e2e.conftest import OpenMap

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

VISIONS = ("none", "protanopia", "deuteranopia", "tritanopia", "achromatopsia")
# Of L*, a*, b*: 2.3 is what one can just see. Without any hue the letter and the shape tell classes apart.
CLASSES_APART, SHADES_APART = 10.0, 6.0

# The colour that most pixels of each box have, in a picture of the page.
MOST_SEEN = """async ([picture, boxes]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const { width, height } = image;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  return boxes.map(({ x, y, width, height }) => {
    const { data } = pen.getImageData(Math.ceil(x), Math.ceil(y), Math.floor(width), Math.floor(height));
    const seen = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const key = data.slice(at, at + 3).join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return [...seen].sort((a, b) => b[1] - a[1])[0][0].split(",").map(Number);
  });
}"""
# Within a symbol, left of its letter: the fill, whatever the shape.
SYMBOLS = """() => [...document.querySelectorAll("#legend .rows .symbol-fill")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return { x: x + width * 0.2, y: y + height * 0.3, width: width * 0.6, height: height * 0.55 };
})"""
SHADES = """() => [...document.querySelectorAll("#legend .shades .shade")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return { x: x + 4, y: y + 2, width: width - 8, height: height - 4 };
})"""


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (n, 3), D65, of sRGB values 0 to 255 (n, 3)."""
    linear = np.where(rgb / 255 <= 0.04045, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.column_stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])])


def colours(page: Page, boxes: str) -> np.ndarray:
    """What is seen in some boxes of the page, (n, 3) in L*a*b*."""
    picture = base64.b64encode(page.screenshot()).decode()
    return lab(np.array(page.evaluate(MOST_SEEN, [picture, page.evaluate(boxes)]), float))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_classes_and_shades_are_told_apart(open_map: OpenMap, scheme: str) -> None:
    battle = open_map(color_scheme=scheme)
    page = battle.page
    simulate = page.context.new_cdp_session(page)
    for vision in VISIONS:
        simulate.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
        classes, shades = colours(page, SYMBOLS), colours(page, SHADES)
        assert len(classes) == len(CLASSES) and len(shades) == 6
        apart = min(float(np.linalg.norm(a - b)) for a, b in combinations(classes, 2))
        steps = [float(np.linalg.norm(a - b)) for a, b in pairwise(shades)]
        assert min(steps) >= SHADES_APART, (vision, steps)
        lightness = shades[:, 0] if scheme == "dark" else -shades[:, 0]
        assert (np.diff(lightness) > 0).all(), "darker means more work by day, brighter by night"
        if vision != "achromatopsia":
            assert apart >= CLASSES_APART, (vision, apart)
