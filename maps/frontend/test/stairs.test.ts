import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { UnitDetail } from "../src/payloads.ts";
import { byStairs, floorOf } from "../src/stairs.ts";

function unit(id: number, label: string | null, stairs: string | null): UnitDetail {
  const place = stairs === null ? null : { code: stairs, name: stairs, name_en: null };
  return { id, label, place, code: `U${String(id).padStart(4, "0")}` } as UnitDetail;
}

describe("the units of a place", () => {
  it("stand by stairwell, floor and room, in the order in which numbers count", () => {
    const units = [
      unit(1, "1203", "2幢1单元"), unit(2, "201", "2幢1单元"), unit(3, "202", "10幢1单元"), unit(4, "105", "2幢1单元"),
      unit(5, "204", "2幢1单元"), unit(6, "门面", "2幢1单元"), unit(7, "101", null),
    ];
    const told = byStairs(units).map(({ place, floors }) => [
      place?.name ?? null,
      floors.map(({ floor, units: there }) => [floor, there.map(({ id }) => id)]),
    ]);
    assert.deepEqual(told, [
      ["2幢1单元", [[1, [4]], [2, [2, 5]], [12, [1]], [null, [6]]]],
      ["10幢1单元", [[2, [3]]]],
      [null, [[1, [7]]]],
    ]);
  });

  it("lose nobody", () => {
    const units = Array.from({ length: 90 }, (_, at) => unit(at, at % 7 ? String(100 + ((at * 37) % 900)) : null, `${at % 4}`));
    const found = byStairs(units).flatMap(({ floors }) => floors.flatMap((floor) => floor.units.map(({ id }) => id)));
    assert.deepEqual(found.sort((a, b) => a - b), units.map(({ id }) => id));
  });

  it("have a floor where the room number tells one", () => {
    const told = [["501", 5], ["1203", 12], ["501-A", 5], ["5", null], ["31", null], ["12345", null], ["门面", null], [null, null]] as const;
    for (const [label, floor] of told) assert.equal(floorOf(label), floor, String(label));
  });
});
