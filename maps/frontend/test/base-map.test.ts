import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { fromGcj02, toGcj02 } from "../src/china-offsets.ts";
import { metresPerPixel, project, worldSize } from "../src/mercator.ts";
import { finer, onBaseMap, onOurMap, tileBox } from "../src/tile-place.ts";

/** lon, lat in WGS84 and the same place in GCJ-02, as geo/china_offsets.py has it; tests/maps/test_offsets.py writes it. */
const PLACES = JSON.parse(readFileSync(new URL("./gcj02.json", import.meta.url), "utf8")) as [number, number, number, number][];
const DISTRICT = { west: 118.65, south: 28.7, east: 119.1, north: 29.15 };
const METRE = 1 / 111_000;

function* district(steps: number): Generator<{ lon: number; lat: number }> {
  const { west, south, east, north } = DISTRICT;
  for (let i = 0; i <= steps; i++) {
    for (let j = 0; j <= steps; j++) {
      yield { lon: west + ((east - west) * i) / steps, lat: south + ((north - south) * j) / steps };
    }
  }
}

describe("GCJ-02 in the browser", () => {
  it("is that of the service, to a micrometre", () => {
    assert.ok(PLACES.length > 100);
    for (const [lon, lat, x, y] of PLACES) {
      const found = toGcj02({ lon, lat });
      assert.ok(Math.hypot(found.lon - x, found.lat - y) < 1e-11, `${lon}, ${lat}`);
    }
  });

  it("comes back to less than a millimetre", () => {
    for (const { lon, lat } of district(20)) {
      const back = fromGcj02(toGcj02({ lon, lat }));
      assert.ok(Math.hypot(back.lon - lon, back.lat - lat) < 1e-3 * METRE);
    }
  });

  it("leaves other countries where they are", () => {
    for (const [lon, lat] of [[-74.006, 40.7128], [151.2, -33.9], [72, 20], [138, 36]] as const) {
      assert.deepEqual(toGcj02({ lon, lat }), { lon, lat });
      assert.deepEqual(fromGcj02({ lon, lat }), { lon, lat });
    }
  });
});

/** How far a tile draws a place from where our layers draw it, in pixels at the tile's zoom. */
function residual(place: { lon: number; lat: number }, zoom: number, offset = 0): number {
  const world = worldSize(zoom);
  const ours = project(place.lon, place.lat);
  const theirs = onBaseMap(ours, "gcj02");
  const [x, y] = [theirs.x * 2 ** (zoom + offset), theirs.y * 2 ** (zoom + offset)];
  const { left, top, right, bottom } = tileBox(Math.floor(x), Math.floor(y), zoom, "gcj02", offset);
  const drawn = { x: left + (x % 1) * (right - left), y: top + (y % 1) * (bottom - top) };
  return Math.hypot(drawn.x - ours.x * world, drawn.y - ours.y * world);
}

describe("tiles in GCJ-02", () => {
  for (let zoom = 5; zoom <= 19; zoom++) {
    it(`lie within 1.5 pixels of the data at zoom ${zoom}`, () => {
      const worst = Math.max(...[...district(60)].map((place) => residual(place, zoom)));
      assert.ok(worst < 1.5, `${worst.toFixed(2)} pixels`);
    });
  }

  it("lie as near where they are finer than the map, in their own pixels", () => {
    for (const zoom of [12, 14, 16, 18]) {
      const worst = Math.max(...[...district(40)].map((place) => residual(place, zoom, 2)));
      assert.ok(worst * 4 < 1.5, `${(worst * 4).toFixed(2)} pixels of a tile at zoom ${zoom}`);
    }
  });

  it("would lie hundreds of pixels off if they were not moved", () => {
    const place = { lon: 118.8715, lat: 28.9686 };
    const moved = tileBox(217_602, 109_000, 18, "gcj02");
    const asIs = tileBox(217_602, 109_000, 18, "wgs84");
    const away = Math.hypot(moved.left - asIs.left, moved.top - asIs.top) * metresPerPixel(place.lat, 18);
    assert.ok(away > 560 && away < 600, `${away} m`);
  });

  it("leave neither gap nor overlap beside each other", () => {
    const { x, y } = project(118.8715, 28.9686);
    for (const zoom of [12, 15, 17, 18]) {
      const [column, row] = [Math.floor(x * 2 ** zoom), Math.floor(y * 2 ** zoom)];
      for (let step = 0; step < 12; step++) {
        const here = tileBox(column + step, row + step, zoom, "gcj02");
        assert.equal(tileBox(column + step + 1, row + step, zoom, "gcj02").left, here.right);
        assert.equal(tileBox(column + step, row + step + 1, zoom, "gcj02").top, here.bottom);
        for (const length of [here.right - here.left, here.bottom - here.top]) assert.ok(Math.abs(length - 256) <= 2);
      }
    }
  });

  it("comes back to its own place", () => {
    for (const { lon, lat } of district(10)) {
      const point = project(lon, lat);
      const back = onOurMap(onBaseMap(point, "gcj02"), "gcj02");
      assert.ok(Math.hypot(back.x - point.x, back.y - point.y) * worldSize(19) < 0.01);
    }
  });
});

describe("the zoom of tiles", () => {
  it("is that of the map where the map is not enlarged, whatever the screen", () => {
    for (const ratio of [1, 2, 3]) assert.equal(finer(1, ratio), 0);
  });

  it("makes a pixel of a tile about one of the screen where it is", () => {
    for (let scale = 1.05; scale < 6; scale += 0.05) {
      for (const ratio of [1, 2]) {
        const drawn = (scale * ratio) / 2 ** finer(scale, ratio);
        assert.ok(drawn <= Math.SQRT2 + 1e-9 && drawn >= Math.SQRT1_2 - 1e-9, `${scale}, ${ratio}: ${drawn}`);
      }
    }
    assert.equal(finer(3, 1), 2, "a wall of 3840 pixels");
  });
});

describe("tiles in WGS84 and CGCS2000", () => {
  it("stay where they are", () => {
    for (const datum of ["wgs84", "cgcs2000"] as const) {
      assert.deepEqual(tileBox(12, 20, 4, datum, 2), { left: 768, top: 1280, right: 832, bottom: 1344 });
      assert.deepEqual(tileBox(3, 5, 4, datum), { left: 768, top: 1280, right: 1024, bottom: 1536 });
      assert.deepEqual(onBaseMap({ x: 0.83, y: 0.41 }, datum), { x: 0.83, y: 0.41 });
    }
  });
});
