import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { groundNames } from "../src/ground-names.ts";
import { unproject } from "../src/mercator.ts";
import type { BackgroundFeature } from "../src/payloads.ts";

/** A river 0.01 degrees wide that winds from west to east. */
const middle = (lon: number) => 29 + 0.05 * Math.sin((lon - 118) * 20);
const lons = Array.from({ length: 101 }, (_, at) => 118 + at / 100);
const banks = [...lons.map((lon) => [lon, middle(lon) - 0.005]), ...lons.reverse().map((lon) => [lon, middle(lon) + 0.005])];

function feature(kind: string, name: string | null, type: string, coordinates: unknown): BackgroundFeature {
  return { geometry: { type, coordinates }, properties: { kind, name } };
}

describe("names on the ground", () => {
  it("stand in the middle of their water, all along it", () => {
    const [river] = groundNames([feature("water", "衢江", "Polygon", [banks])]);
    const places = river!.places.map(unproject);
    assert.ok(places.length >= 12);
    for (const { lon, lat } of places) assert.ok(Math.abs(lat - middle(lon)) < 0.005, `${lon}, ${lat}`);
    assert.ok(places.at(-1)!.lon - places[0]!.lon > 0.85);
  });

  it("stand on their road", () => {
    const line = Array.from({ length: 40 }, (_, at) => [118 + at / 100, 29 + at / 200]);
    const [road] = groundNames([feature("road_main", "东环路", "LineString", line)]);
    assert.equal(road!.kind, "road");
    for (const { lon, lat } of road!.places.map(unproject)) assert.ok(Math.abs(lat - 29 - (lon - 118) / 2) < 1e-9);
  });

  it("are those of named waters and main roads alone", () => {
    const others = [feature("hill", "府山", "Polygon", [banks]), feature("water", null, "Polygon", [banks])];
    assert.deepEqual(groundNames(others), []);
  });
});
