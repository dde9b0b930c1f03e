import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type Shape, contains, linesOf, ringsOf } from "../src/topology.ts";

const ring = (...coordinates: number[]) => Float64Array.from(coordinates);
const square = (x: number, y: number, group: string): Shape => ({
  rings: [ring(x, y, x + 1, y, x + 1, y + 1, x, y + 1, x, y)],
  group,
});

/** Segments as text, either way round, so that order and direction do not matter. */
function segments(lines: number[][]): string[] {
  const found: string[] = [];
  for (const line of lines) {
    for (let i = 0; i + 3 < line.length; i += 2) {
      found.push([`${line[i]},${line[i + 1]}`, `${line[i + 2]},${line[i + 3]}`].sort().join(" "));
    }
  }
  return found.sort();
}

describe("lines of a coverage", () => {
  it("are the outline, lines between subdistricts, and lines between grids, each once", () => {
    const lines = linesOf([square(0, 0, "a"), square(1, 0, "a"), square(2, 0, "b")]);
    assert.deepEqual(segments(lines.grid), ["1,0 1,1"]);
    assert.deepEqual(segments(lines.subdistrict), ["2,0 2,1"]);
    assert.equal(segments(lines.outline).length, 8);
  });

  it("run through their joins", () => {
    const lines = linesOf([square(0, 0, "a")]);
    assert.equal(lines.outline.length, 1);
    assert.equal(lines.outline[0]!.length, 10);
  });

  it("take a hole filled by another grid as a line, an empty hole as outline", () => {
    const hole = [1, 1, 1, 2, 2, 2, 2, 1, 1, 1];
    const outer: Shape = { rings: [ring(0, 0, 3, 0, 3, 3, 0, 3, 0, 0), ring(...hole)], group: "a" };
    assert.equal(segments(linesOf([outer]).outline).length, 8);
    const filled = linesOf([outer, square(1, 1, "a")]);
    assert.equal(segments(filled.outline).length, 4);
    assert.equal(segments(filled.grid).length, 4);
  });
});

describe("inside", () => {
  const withHole = [ring(0, 0, 4, 0, 4, 4, 0, 4, 0, 0), ring(1, 1, 3, 1, 3, 3, 1, 3, 1, 1)];

  it("counts holes out and exclaves in", () => {
    assert.equal(contains(withHole, 0.5, 0.5), true);
    assert.equal(contains(withHole, 2, 2), false);
    assert.equal(contains(withHole, 5, 2), false);
    const exclave = [...withHole, ring(10, 0, 11, 0, 11, 1, 10, 1, 10, 0)];
    assert.equal(contains(exclave, 10.5, 0.5), true);
  });
});

describe("rings of an outline", () => {
  const corners = (ring: number[]) => new Set(segments([ring]));

  it("join lines whichever way they run", () => {
    const [ring, ...others] = ringsOf([[0, 0, 1, 0], [1, 1, 1, 0], [1, 1, 0, 1, 0, 0]]);
    assert.equal(others.length, 0);
    assert.deepEqual(corners(ring!), new Set(segments([[0, 0, 1, 0, 1, 1, 0, 1, 0, 0]])));
    assert.deepEqual(ring!.slice(0, 2), ring!.slice(-2));
  });

  it("are those of the outline and of every hole, with every segment once", () => {
    const around = [[0, 0], [1, 0], [2, 0], [0, 1], [2, 1], [0, 2], [1, 2], [2, 2]].map(([x, y]) => square(x!, y!, "a"));
    const { outline } = linesOf(around);
    const rings = ringsOf(outline);
    assert.deepEqual(rings.map((one) => one.length / 2 - 1).sort((a, b) => a - b), [4, 12]);
    assert.deepEqual(segments(rings), segments(outline));
  });

  it("keep what touches in one corner apart or together, but lose nothing", () => {
    const { outline } = linesOf([square(0, 0, "a"), square(1, 1, "a")]);
    assert.deepEqual(segments(ringsOf(outline)), segments(outline));
  });

  it("leave open what nothing continues", () => {
    assert.deepEqual(ringsOf([[0, 0, 1, 0]]), [[0, 0, 1, 0]]);
  });
});
