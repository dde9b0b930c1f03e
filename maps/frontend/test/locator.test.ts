import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { fitOf } from "../src/locator.ts";

const [WIDTH, HEIGHT] = [128, 200];

function around(x: number, y: number, across: number, down: number) {
  return { left: x, top: y, right: x + across, bottom: y + down };
}

describe("the locator", () => {
  it("holds the whole district, as large as it can be", () => {
    for (const [across, down] of [[0.001, 0.001], [0.003, 0.001], [0.0001, 0.02], [1e-9, 2e-9]] as const) {
      const bounds = around(0.83, 0.41, across, down);
      const fit = fitOf(bounds)!;
      const at = (x: number, y: number) => [(x - fit.left) * fit.scale, (y - fit.top) * fit.scale] as const;
      for (const [x, y] of [at(bounds.left, bounds.top), at(bounds.right, bounds.bottom)]) {
        assert.ok(x > -0.01 && x < fit.width + 0.01 && y > -0.01 && y < fit.height + 0.01, `${x}, ${y}`);
      }
      assert.ok(fit.width <= WIDTH && fit.height <= HEIGHT);
      assert.ok(across * fit.scale > WIDTH - 1 || down * fit.scale > HEIGHT - 1);
    }
  });

  it("is a picture that can be drawn and pressed where all grids lie in a line or nearly a point", () => {
    for (const [across, down] of [[0, 1e-7], [1e-7, 0], [1e-16, 1e-7], [1e-7, 1e-16], [1e-15, 1e-15]] as const) {
      const { width, height, left, top, scale } = fitOf(around(0.83, 0.41, across, down)) ?? assert.fail();
      for (const size of [width, height]) assert.ok(Number.isInteger(size) && size >= 24 && size <= HEIGHT);
      assert.ok([left, top, scale].every(Number.isFinite));
    }
  });

  it("is none where they lie in one", () => {
    assert.equal(fitOf({ left: 0.83, top: 0.41, right: 0.83, bottom: 0.41 }), null);
    assert.equal(fitOf({ left: 0, top: 0, right: 1e-323, bottom: 0 }), null);
  });
});
