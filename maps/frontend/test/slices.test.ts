import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { mapInSlices } from "../src/slices.ts";

describe("work in slices", () => {
  it("makes all, in order, and lets others work between", async () => {
    let others = 0;
    const timer = setInterval(() => others++, 1);
    const slow = (n: number) => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      return 2 * n;
    };
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    assert.deepEqual(await mapInSlices(numbers, slow), numbers.map((n) => 2 * n));
    clearInterval(timer);
    assert.ok(others > 0);
  });

  it("makes nothing of nothing", async () => {
    assert.deepEqual(await mapInSlices([], String), []);
  });
});
