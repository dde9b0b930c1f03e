import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { PathText } from "../src/paths.ts";
import { fineness, levelOf, pieces } from "../src/pieces.ts";
import { PATH_ZOOM } from "../src/view.ts";

const box = (x: number, y: number) => ({ left: x, top: y, right: x + 1, bottom: y + 1 });

describe("pieces", () => {
  it("hold every item once, within their bounds", () => {
    const items = Array.from({ length: 2000 }, (_, i) => ({ id: i, ...box(i % 50, Math.floor(i / 50)) }));
    const found = pieces(items, (item) => item);
    assert.deepEqual(found.flatMap((piece) => piece.items.map(({ id }) => id)).sort((a, b) => a - b), items.map(({ id }) => id));
    for (const { items: mine, bounds } of found) {
      for (const { left, top, right, bottom } of mine) {
        assert.ok(left >= bounds.left && top >= bounds.top && right <= bounds.right && bottom <= bounds.bottom);
      }
    }
    assert.ok(found.length > 1 && found.every((piece) => piece.items.length < 1000));
  });

  it("are one for few items, and none for none", () => {
    assert.equal(pieces([box(0, 0), box(5, 5)], (item) => item).length, 1);
    assert.equal(pieces([], () => box(0, 0)).length, 0);
  });
});

describe("fineness", () => {
  it("is under half a pixel at every zoom of a level, and nothing near by", () => {
    for (let zoom = 5; zoom <= 18.5; zoom += 0.1) {
      assert.ok(fineness(levelOf(zoom)) * 2 ** (zoom - PATH_ZOOM) < 0.5);
    }
    assert.equal(fineness(PATH_ZOOM), 0);
  });

  it("takes vertices that fall together as one, and shared ones to the same place", () => {
    const size = 256 * 2 ** PATH_ZOOM;
    const at = (...pixels: number[]) => pixels.map((pixel) => pixel / size);
    const text = (line: number[]) => new PathText({ x: 0, y: 0 }, 10).addLine(line).text;
    assert.equal(text(at(1, 1, 3, 2, 4, 3, 21, 2)), "M0 0L20 0");
    assert.equal(text(at(21, 2, 40, 40)).split("L")[0], "M20 0");
  });
});
