import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { gridsOfDraft } from "../src/boundaries/draft-grids.ts";
import type { Change, Shape } from "../src/boundaries/payloads.ts";
import { GridShape } from "../src/grid-shape.ts";

describe("the grids of a draft", () => {
  it("are named as it names them, new ones too, and what it takes away has no name", () => {
    const inForce = new Map(["A", "B", "C"].map((code, at) => [code, shapeOf(code, square(at))]));
    const features = [feature("before", "A", 0), feature("before", "B", 1), feature("after", "A", 5), feature("after", "D", 6), feature("after", "E", 7)];
    const changes = [{ ...change, code: "A", was: "A", name: "a" }, { ...change, code: "D", was: "B", name: "新名" }, { ...change, code: "E", was: null, name: "E" }];
    const found = gridsOfDraft(inForce, { type: "FeatureCollection", features }, changes);
    assert.deepEqual(found.map(({ properties: { code, name, name_en } }) => [code, name, name_en]), [
      ["C", "c", "C in English"], ["A", "a", "A in English"], ["D", "新名", null], ["E", "E", null],
    ]);
    assert.ok(Math.abs(found[1]!.anchor.x - (5.5 + 180) / 360) < 1e-3);
  });

  it("have the English names that it gives them, and none where it takes one away", () => {
    const inForce = new Map(["A", "B"].map((code, at) => [code, shapeOf(code, square(at))]));
    const features = [feature("after", "A", 0), feature("after", "B", 1)];
    const changes: Change[] = [
      { ...change, code: "A", was: "A", name: "新名", fields: { name: ["a", "新名"], name_en: ["A in English", "New"] } },
      { ...change, code: "B", was: "B", name: "b", fields: { name_en: ["B in English", null] } },
    ];
    const found = gridsOfDraft(inForce, { type: "FeatureCollection", features }, changes);
    assert.deepEqual(found.slice(-2).map(({ properties: { name, name_en } }) => [name, name_en]), [["新名", "New"], ["b", null]]);
  });
});

const change = { change: "reshaped" as const, area_m2: 1, moved_m2: 1, fields: {} };

function square(west: number): Shape {
  return { type: "Polygon", coordinates: [[[west, 29], [west + 1, 29], [west + 1, 30], [west, 30], [west, 29]]] };
}

function feature(side: "before" | "after", code: string, at: number) {
  return { type: "Feature" as const, properties: { code, side, change: "reshaped" as const }, geometry: square(at) };
}

function shapeOf(code: string, geometry: Shape): GridShape {
  const properties = { id: 1, code, area: "", name: code.toLowerCase(), name_en: `${code} in English`, households: 3, lead: null, open: 0, overdue: 0, on_time: 0, rated: 0, oldest_due_at: null };
  return new GridShape({ properties, geometry }, "");
}
