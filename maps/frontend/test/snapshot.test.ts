import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type Row, decodeSnapshot, isLater } from "../src/snapshot.ts";

interface Given {
  x: number[];
  y: number[];
  id: number[];
  grid: number[];
  class: number[];
  flags: number[];
}

/** The format written out by hand, apart from the code that reads it and from the server that writes it. */
function encode(rows: Given, grids: string[], gridType: "u2" | "u4" = "u2"): ArrayBuffer {
  const types = { x: "u4", y: "u4", id: "u4", grid: gridType, class: "u1", flags: "u1" };
  const header = { n: rows.x.length, rev: "73", cols: Object.entries(types), grids, today: "2026-11-22" };
  let text = JSON.stringify(header);
  while ((4 + new TextEncoder().encode(text).length) % 8) text += " ";
  const head = new TextEncoder().encode(text);
  const bytes: number[] = [];
  new Uint8Array(new Uint32Array([head.length]).buffer).forEach((byte) => bytes.push(byte));
  head.forEach((byte) => bytes.push(byte));
  for (const [name, type] of Object.entries(types)) {
    const size = Number(type[1]);
    for (const value of rows[name as keyof Given]) {
      for (let at = 0; at < size; at++) bytes.push(Math.floor(value / 256 ** at) % 256);
    }
    while (bytes.length % 8) bytes.push(0);
  }
  return new Uint8Array(bytes).buffer;
}

const ROWS: Given = {
  x: [4294967295, 10, 20],
  y: [1, 2, 3],
  id: [100, 200, 300],
  grid: [0, 1, 2],
  class: [0, 4, 2],
  flags: [1, 0, 4],
};
const GRIDS = ["330802006005002", "天皇巷02", ""];

const row = (x: number, grid: string | null): Row => ({ x, y: 5, grid, class: 3, flags: 2 });

describe("a snapshot", () => {
  it("is read column by column, whatever the length of its header", () => {
    for (const grids of [GRIDS, [...GRIDS, "a"], [...GRIDS, "ab"], [...GRIDS, "abcdefg"]]) {
      const table = decodeSnapshot(encode(ROWS, grids));
      assert.equal(table.n, 3);
      assert.equal(table.rev, "73");
      assert.deepEqual([...table.x], ROWS.x);
      assert.deepEqual([...table.klass], ROWS.class);
      assert.deepEqual([0, 1, 2].map((at) => table.codeOf(at)), GRIDS);
    }
  });

  it("takes wide grid numbers", () => {
    const table = decodeSnapshot(encode(ROWS, GRIDS, "u4"));
    assert.deepEqual([...table.grid], [0, 1, 2]);
  });

  it("may be empty", () => {
    const empty = { x: [], y: [], id: [], grid: [], class: [], flags: [] };
    assert.equal(decodeSnapshot(encode(empty, [""])).n, 0);
  });

  it("is refused when it is cut short or is something else", () => {
    const whole = encode(ROWS, GRIDS);
    assert.throws(() => decodeSnapshot(whole.slice(0, whole.byteLength - 16)));
    assert.throws(() => decodeSnapshot(new TextEncoder().encode("<html>no</html>").buffer as ArrayBuffer));
  });
});

describe("live rows", () => {
  it("are changed in place, found by id", () => {
    const table = decodeSnapshot(encode(ROWS, GRIDS));
    table.put(200, row(77, GRIDS[0]!));
    assert.equal(table.n, 3);
    assert.deepEqual([table.x[1], table.codeOf(1), table.klass[1], table.flags[1]], [77, GRIDS[0], 3, 2]);
  });

  it("tell whether they are other than what stood there", () => {
    const table = decodeSnapshot(encode(ROWS, GRIDS));
    assert.deepEqual([row(77, GRIDS[0]!), row(77, GRIDS[0]!), row(77, null)].map((told) => table.put(200, told)), [true, false, true]);
    assert.equal(table.put(400, row(0, GRIDS[0]!)), true, "it is new");
  });

  it("are added beyond the room of the snapshot, with grids it did not know", () => {
    const table = decodeSnapshot(encode(ROWS, GRIDS));
    for (let id = 1000; id < 1200; id++) table.put(id, row(id, id % 2 ? "new grid" : null));
    assert.equal(table.n, 203);
    assert.equal(table.x[table.rowOf(1150)], 1150);
    assert.equal(table.codeOf(table.rowOf(1151)), "new grid");
    assert.equal(table.codeOf(table.rowOf(1150)), "");
    assert.deepEqual([...table.id.slice(0, 3)], ROWS.id);
  });

  it("are taken away without disturbing the others", () => {
    const table = decodeSnapshot(encode(ROWS, GRIDS));
    assert.equal(table.remove(100), true);
    assert.equal(table.remove(100), false);
    assert.equal(table.n, 2);
    assert.equal(table.rowOf(100), -1);
    assert.equal(table.x[table.rowOf(300)], 20);
    assert.equal(table.x[table.rowOf(200)], 10);
    table.remove(300);
    table.remove(200);
    assert.equal(table.n, 0);
    table.put(5, row(9, null));
    assert.equal(table.x[table.rowOf(5)], 9);
  });
});

describe("event ids", () => {
  it("are ordered as numbers", () => {
    assert.ok(isLater("100", "99"));
    assert.ok(!isLater("99", "99"));
    assert.ok(!isLater("2", "10"));
  });
});
