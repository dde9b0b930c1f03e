import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { standings } from "../src/layers/district-labels.ts";
import { Placer, aroundDisc, centred, interpolate } from "../src/labels.ts";
import { STEPS, metresPerPixel, project, unproject, worldSize } from "../src/mercator.ts";
import { hits, rowsIn, screenOf } from "../src/points.ts";
import { PointTable } from "../src/snapshot.ts";
import { stack } from "../src/stacks.ts";
import { View, stepRange } from "../src/view.ts";

const KECHENG = { lon: 118.8715, lat: 28.9686 };

function tableOf(places: { lon: number; lat: number }[]): PointTable {
  const points = places.map(({ lon, lat }) => project(lon, lat));
  const n = points.length;
  const columns = {
    x: Uint32Array.from(points, ({ x }) => x * STEPS),
    y: Uint32Array.from(points, ({ y }) => y * STEPS),
    id: Uint32Array.from(points, (_, at) => at + 1),
    grid: new Uint16Array(n),
    class: new Uint8Array(n),
    flags: new Uint8Array(n),
  };
  return new PointTable(columns, { n, rev: "1", grids: [""] });
}

function viewAt({ lon, lat }: { lon: number; lat: number }, zoom: number, width = 1000, height = 800): View {
  const { x, y } = project(lon, lat);
  const world = worldSize(zoom);
  return new View(zoom, x * world - width / 2, y * world - height / 2, width, height, 1);
}

describe("mercator", () => {
  it("comes back to where it started", () => {
    for (const [lon, lat] of [[0, 0], [118.87, 28.97], [-74.006, 40.7128], [179.99, -80]] as const) {
      const back = unproject(project(lon, lat));
      assert.ok(Math.abs(back.lon - lon) < 1e-9 && Math.abs(back.lat - lat) < 1e-9);
    }
  });

  it("has the equator and the meridian of Greenwich in the middle, north at the top", () => {
    assert.deepEqual(project(0, 0), { x: 0.5, y: 0.5 });
    assert.ok(project(0, 30).y < 0.5);
    assert.ok(project(0, 89.9).y >= 0 && project(0, -89.9).y <= 1);
  });

  it("knows how long a pixel is", () => {
    assert.ok(Math.abs(metresPerPixel(0, 0) - 156_543.03) < 0.01);
    assert.ok(Math.abs(metresPerPixel(60, 10) - 156_543.03 / 2 / 1024) < 0.01);
  });
});

describe("a view", () => {
  it("puts its centre in the middle, and reads it back", () => {
    const view = viewAt(KECHENG, 14.6);
    const { x, y } = project(KECHENG.lon, KECHENG.lat);
    assert.ok(Math.abs(view.x(x) - 500) < 1e-6 && Math.abs(view.y(y) - 400) < 1e-6);
    const at = view.at(500, 400);
    assert.ok(Math.abs(at.x - x) < 1e-12 && Math.abs(at.y - y) < 1e-12);
  });

  it("clamps the steps of a view over the edge of the world", () => {
    const range = stepRange({ left: -0.5, top: -0.1, right: 1.5, bottom: 1.1 });
    assert.deepEqual(range, { left: 0, top: 0, right: STEPS - 1, bottom: STEPS - 1 });
  });

  it("shows rows within it and its margin, and no others", () => {
    const table = tableOf([KECHENG, { lon: KECHENG.lon + 1, lat: KECHENG.lat }, { lon: KECHENG.lon, lat: KECHENG.lat - 0.001 }]);
    const view = viewAt(KECHENG, 14);
    assert.deepEqual(rowsIn(table, view, 0, () => true), [0, 2]);
    assert.deepEqual(rowsIn(table, view, 0, (row) => row > 0), [2]);
    const [x, y] = screenOf(table, 0, view);
    assert.ok(Math.abs(x - 500) < 0.01 && Math.abs(y - 400) < 0.01);
  });
});

describe("a hit", () => {
  it("is within reach, nearest first", () => {
    const items = [[10, 0], [3, 0], [0, 4]] as const;
    const found = hits(items, (item) => item, 0, 0, 5);
    assert.deepEqual(found.map((hit) => hit.distance), [3, 4]);
  });
});

describe("stacks", () => {
  const places: [number, number][] = [[0, 0], [1, 0], [50, 50], [0.5, 0.5], [52, 50]];
  const classes = [4, 2, 3, 0, 1];
  const late = [true, false, false, false, false];
  const made = () =>
    stack([0, 1, 2, 3, 4], (row) => places[row]!, (row) => classes[row]!, (row) => late[row]!, 5);

  it("join what is near into one, with the reddest class and overdue if any is", () => {
    const found = made().map(({ klass, overdue, rows }) => ({ klass, overdue, rows }));
    assert.deepEqual(found.find(({ rows }) => rows.length === 3), { klass: 0, overdue: true, rows: [3, 1, 0] });
    assert.deepEqual(found.find(({ rows }) => rows.length === 2), { klass: 1, overdue: false, rows: [4, 2] });
  });

  it("lose nothing and draw the worst last", () => {
    const found = made();
    assert.equal(found.flatMap(({ rows }) => rows).length, 5);
    assert.equal(found.at(-1)!.overdue, true);
  });

  it("do not join over their distance, also across cells", () => {
    const apart = stack([0, 1], (row) => [row * 5, 0], () => 0, () => false, 5);
    assert.equal(apart.length, 2);
    const near = stack([0, 1], (row) => [4.9 + row * 0.2, -0.1], () => 0, () => false, 5);
    assert.equal(near.length, 1);
  });
});

describe("labels", () => {
  it("never overlap each other, a panel, or the edge", () => {
    const placer = new Placer(200, 100, [[0, 60, 80, 100]]);
    assert.ok(placer.place([centred(100, 30, 60, 20)]));
    assert.equal(placer.place([centred(120, 35, 60, 20)]), null, "over another label");
    assert.equal(placer.place([centred(60, 70, 40, 20)]), null, "under a panel");
    assert.equal(placer.place([centred(10, 10, 40, 10)]), null, "over the edge");
    assert.equal(placer.place([centred(100, 51, 60, 20)]), null, "closer than two pixels");
    assert.ok(placer.place([centred(100, 54, 30, 20)]));
  });

  it("go to the first place that is free", () => {
    const placer = new Placer(400, 400);
    const boxes = aroundDisc(200, 200, 13, 100, 42);
    assert.deepEqual(placer.place(boxes), boxes[0]);
    assert.deepEqual(placer.place(boxes), boxes[1]);
  });

  it("go where they cost least, and to the first of those that cost the same", () => {
    const boxes = aroundDisc(200, 200, 13, 100, 42);
    const cost = ([left]: readonly number[]) => (left! > 200 ? 5 : 1);
    assert.deepEqual(new Placer(400, 400).place(boxes, cost), boxes[1]);
    assert.deepEqual(new Placer(400, 400).place(boxes, () => 7), boxes[0]);
  });

  it("of a disc never touch the disc", () => {
    for (const [left, top, right, bottom] of aroundDisc(0, 0, 13, 100, 42)) {
      const nearestX = Math.max(left, Math.min(0, right));
      const nearestY = Math.max(top, Math.min(0, bottom));
      assert.ok(Math.hypot(nearestX, nearestY) >= 13);
    }
  });
});

describe("what is out of view", () => {
  it("is pointed at from as near to it as there is room on the map", () => {
    const free = () => new Placer(400, 300, [[0, 200, 400, 300]]);
    const near = (x: number, y: number) => free().placeNear({ x, y }, 40)!;
    assert.ok(near(5000, 100).x > 360 && Math.abs(near(5000, 100).y - 100) < 10);
    assert.ok(near(200, -900).y < 30 && Math.abs(near(200, -900).x - 200) < 10);
    assert.ok(near(200, 900).y > 160 && near(200, 900).y <= 180, "not under the panel");
    assert.ok(Math.hypot(near(101, 102).x - 101, near(101, 102).y - 102) < 10, "in its middle where that is free");
  });

  it("is not pointed at where there is no room, and never twice from one place", () => {
    assert.equal(new Placer(400, 300, [[0, 0, 400, 300]]).placeNear({ x: 9, y: 9 }, 40), null);
    assert.equal(new Placer(30, 30).placeNear({ x: 9, y: 9 }, 40), null);
    const placer = new Placer(400, 300);
    const [first, second] = [placer.placeNear({ x: 999, y: 9 }, 40)!, placer.placeNear({ x: 999, y: 9 }, 40)!];
    assert.ok(Math.hypot(first.x - second.x, first.y - second.y) >= 40);
  });
});

describe("labels of subdistricts", () => {
  const at = (x: number, y: number) => ({ places: [{ x, y }], wide: 60, wideFlat: 80 });
  const free = () => new Placer(400, 400);

  it("have two lines where there is room", () => {
    const found = standings([at(100, 100), at(300, 300)], free);
    assert.deepEqual(found.map((standing) => standing?.isFlat), [false, false]);
  });

  it("are written in one line before one is left out", () => {
    const crowd = [at(200, 160), at(200, 182), at(200, 204), at(200, 226), at(200, 138)];
    const found = standings(crowd, free);
    assert.ok(found.every(Boolean));
    assert.ok(found.some((standing) => standing!.isFlat));
  });

  it("are left out where even that has no room", () => {
    const found = standings([at(30, 30), at(390, 390)], () => new Placer(400, 400, [[200, 200, 400, 400]]));
    assert.equal(found[1], null);
  });
});

describe("widths by zoom", () => {
  it("are linear between stops and level beyond", () => {
    const width = (zoom: number) => interpolate(zoom, [11, 0.4], [13, 0.8], [15, 2]);
    assert.deepEqual([width(5), width(11), width(12), width(14), width(20)].map((w) => Number(w.toFixed(3))), [0.4, 0.4, 0.6, 1.4, 2]);
  });
});
