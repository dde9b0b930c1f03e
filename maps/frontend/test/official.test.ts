import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type DepartureFeature, OfficialLines, type OfficialMap, boxOfDeparture } from "../src/boundaries/official.ts";

function departure(geometry: DepartureFeature["geometry"], lon: number, lat: number): DepartureFeature {
  const place = { kind: "missing", code: "A", name: "A", name_en: null, grids: [], area_m2: 9, width_m: 1, lon, lat } as const;
  return { geometry, properties: { ...place, grids: [] } };
}

const POINT = departure({ type: "LineString", coordinates: [[118, 29], [118.00001, 29]] }, 118, 29);
const MAP: OfficialMap = { edition: 1, counts: { areas: 1, areas_unknown: 0, missing: 1, beyond: 0, cut: 0 }, features: [POINT] };

describe("official lines", () => {
  it("are asked for once, when they are switched on, and drawn only while they are", async () => {
    let asked = 0;
    const lines = new OfficialLines(async () => (asked++, MAP), () => undefined);
    assert.deepEqual(lines.shown, []);
    await lines.toggle();
    assert.deepEqual(lines.shown, [POINT]);
    await lines.toggle();
    assert.deepEqual(lines.shown, []);
    await lines.toggle();
    assert.deepEqual([asked, lines.shown.length], [1, 1]);
  });

  it("say that they did not come, and are asked for again", async () => {
    let fails = true;
    const lines = new OfficialLines(async () => (fails ? Promise.reject(new Error("gone")) : MAP), () => undefined);
    await lines.toggle();
    assert.ok(lines.hasFailed && lines.isOn);
    fails = false;
    await lines.toggle();
    await lines.toggle();
    assert.ok(!lines.hasFailed && lines.map === MAP);
  });

  it("are looked at whole, whatever their shape, and a short one with what lies around it", () => {
    const wide = departure({ type: "MultiPolygon", coordinates: [[[[118, 29], [118.3, 29], [118.3, 29.01], [118, 29]]]] }, 118.1, 29);
    const [west, south, east, north] = boxOfDeparture(wide);
    assert.ok(west <= 118 && east >= 118.3 && south <= 29 && north >= 29.01);
    const near = boxOfDeparture(POINT);
    assert.ok(near[0] < 117.9997 && near[2] > 118.0003 && near[3] > 29.0003);
  });
});
