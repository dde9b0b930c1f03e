import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { beyond, linesApart, nearestOn, ringsHold } from "../src/boundaries/geometry.ts";
import { cutOf, outlasts, reshapeOf, ringOf } from "../src/boundaries/map/drawn.ts";
import type { GridVertices, Position, VertexRow, Vertices } from "../src/boundaries/payloads.ts";
import { degreesOf, positionOf, snapped } from "../src/boundaries/snapping.ts";
import { VertexTable } from "../src/boundaries/vertices.ts";
import { type Point, project, unproject } from "../src/mercator.ts";

/** Numbers that look random and are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below); // its low digits repeat
  };
}

const METRE = 1e-5; // degrees, about
const [LON, LAT] = [118.87, 28.95];
const STEP_MM = 100_000;

type Square = readonly [column: number, row: number];
const codeOf = ([column, row]: Square) => `G${column}-${row}`;

/** A sheet of squares as the server tells it; bend: by how much a node is off its place, in mm. */
function sheet(side: number, squares: readonly Square[], bend: (column: number, row: number) => number = () => 0): Vertices {
  const rows = new Map<string, number>();
  const nodes: VertexRow[] = [];
  const rowOf = (column: number, row: number): number => {
    const [east, north] = [column * STEP_MM + bend(column, row), row * STEP_MM];
    const key = `${east},${north}`;
    if (!rows.has(key)) {
      rows.set(key, nodes.length);
      nodes.push([east, north, LON + (east / 1000) * METRE, LAT + (north / 1000) * METRE]);
    }
    return rows.get(key)!;
  };
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]] as const;
  const grids = squares.map(([column, row]): GridVertices => ({
    code: codeOf([column, row]), name: codeOf([column, row]), name_en: null, households: null, changed: false,
    parts: [[corners.map(([right, up]) => rowOf(column + right, row + up))]],
  }));
  assert.ok(squares.every(([column, row]) => column < side && row < side));
  return { nodes, grids, gone: [] };
}

const allOf = (side: number): Square[] => Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)]);
const placeOf = (column: number, row: number): Point => project(LON + column * 100 * METRE, LAT + row * 100 * METRE);

function tableOf(...answers: readonly Vertices[]): VertexTable {
  const table = new VertexTable();
  for (const answer of answers) table.take(answer);
  return table;
}

/** What is to hold of every table: each node is shared by exactly the grids whose rings have it, and none is left over. */
function isWhole(table: VertexTable): void {
  const found = new Map<string, Set<string>>();
  for (const grid of table.grids.values()) {
    for (const node of grid.rings.flat()) {
      assert.equal(table.node(node.mm), node);
      found.set(node.key, (found.get(node.key) ?? new Set()).add(grid.code));
    }
  }
  assert.equal(table.size, found.size);
  for (const node of table.allNodes()) assert.deepEqual(node.grids, found.get(node.key));
}

describe("a line that was begun", () => {
  it("stays while the draft is in view, and goes where it is not, or may not be changed any more", () => {
    for (const compare of ["draft", "both"] as const) assert.ok(outlasts({ compare, isReadOnly: false }));
    assert.ok(!outlasts({ compare: "in-force", isReadOnly: false }));
    assert.ok(!outlasts({ compare: "both", isReadOnly: true }));
  });
});

describe("the table of vertices", () => {
  it("has one node for what grids share, however they were told", () => {
    const whole = tableOf(sheet(3, allOf(3)));
    isWhole(whole);
    assert.equal(whole.size, 16);
    const roll = dice(1);
    for (let run = 0; run < 50; run++) {
      const parts = Array.from({ length: 1 + roll(6) }, () => sheet(3, allOf(3).filter(() => roll(2))));
      isWhole(tableOf(...parts, sheet(3, allOf(3))));
      assert.equal(tableOf(...parts, sheet(3, allOf(3))).size, 16);
    }
  });

  it("stays whole whatever steps bring and take", () => {
    const roll = dice(2);
    const table = tableOf(sheet(4, allOf(4)));
    for (let step = 0; step < 200; step++) {
      const by = roll(40_000);
      const touched = allOf(4).filter(() => roll(3) === 0);
      const stay = new Set(touched.map(codeOf));
      const gone = allOf(4).map(codeOf).filter((code) => roll(5) === 0 && !stay.has(code));
      table.take({ ...sheet(4, touched, (column, row) => (column === 2 && row === 2 ? by : 0)), gone });
      isWhole(table);
      for (const code of gone) assert.ok(!table.grids.has(code));
    }
    table.clear();
    assert.equal(table.size, 0);
  });

  it("knows who shares a node, and how its lines would run elsewhere", () => {
    const table = tableOf(sheet(3, allOf(3)));
    const middle = table.node([STEP_MM, STEP_MM])!;
    assert.equal(middle.grids.size, 4);
    assert.equal(table.beside(middle).length, 4);
    const to = placeOf(1.2, 1.3);
    assert.deepEqual(table.moved(middle, to).map(({ to: at }) => at), [to, to, to, to]);
    assert.equal(table.neighbour(table.neighbour(middle, 1), -1), middle);
  });

  it("knows the neighbours of a grid: those beside its edges, not at its corners", () => {
    const table = tableOf(sheet(3, allOf(3)));
    assert.deepEqual(table.neighboursOf(codeOf([0, 0])), [codeOf([0, 1]), codeOf([1, 0])].sort());
    assert.equal(table.neighboursOf(codeOf([1, 1])).length, 4);
    assert.deepEqual(table.neighboursOf("nowhere"), []);
  });

  it("finds the grid of a place, and the one that a line is to cut", () => {
    const table = tableOf(sheet(3, allOf(3)));
    assert.equal(table.gridHolding(placeOf(0.5, 2.5))?.code, "G0-2");
    assert.equal(table.gridHolding(placeOf(5, 5)), null);
    assert.equal(table.gridAlong([placeOf(0.8, 1.5), placeOf(2.1, 1.4)])?.code, "G1-1");
    assert.equal(table.gridAlong([placeOf(7, 7), placeOf(8, 8)]), null);
  });

  it("tells the ways between two nodes that no other line meets", () => {
    const island = tableOf(sheet(3, [[1, 1]]));
    const [south, north] = [island.node([STEP_MM, STEP_MM])!, island.node([2 * STEP_MM, 2 * STEP_MM])!];
    assert.equal(island.stretches(south, north).length, 2);
    const table = tableOf(sheet(2, allOf(2)));
    const [outer, middle] = [table.node([STEP_MM, 0])!, table.node([STEP_MM, STEP_MM])!];
    assert.deepEqual(table.stretches(outer, middle), [[outer, middle]]);
  });
});

describe("snapping", () => {
  it("goes to the nearest node within reach, else to the nearest line, as a search of all finds it", () => {
    const table = tableOf(sheet(5, allOf(5), (column, row) => ((column * 7 + row * 13) % 11) * 1000));
    const roll = dice(3);
    const within = Math.abs(placeOf(0.08, 0).x - placeOf(0, 0).x);
    for (let run = 0; run < 400; run++) {
      const at = placeOf(roll(5000) / 1000, roll(5000) / 1000);
      const off = (point: Point) => Math.hypot(point.x - at.x, point.y - at.y);
      const nodes = [...table.allNodes()].filter((node) => off(node) <= within).sort((a, b) => off(a) - off(b));
      const lines = [...table.grids.values()].flatMap(({ rings }) => rings.flatMap((ring) => ring.map((to, i) => nearestOn(ring.at(i - 1)!, to, at))));
      const least = Math.min(...lines.map(({ distance }) => distance));
      const found = snapped(table, at, within);
      if (nodes.length) assert.equal(found?.kind === "node" && off(found.node), off(nodes[0]!));
      else if (least <= within) assert.ok(found?.kind === "edge" && Math.abs(off(found.place) - least) < 1e-15);
      else assert.equal(found, null);
    }
  });

  it("leaves out what is being moved, and sends nodes as they were told", () => {
    const table = tableOf(sheet(1, [[0, 0]]));
    const node = table.node([0, 0])!;
    const all = new Set([...table.allNodes()].map(({ key }) => key));
    assert.equal(snapped(table, node, 1e-6, all), null);
    assert.deepEqual(positionOf(node, snapped(table, node, 1e-9)), [0, 0]);
    const { lon, lat } = positionOf(placeOf(0.5, 0.5), null) as { lon: number; lat: number };
    assert.ok(Math.abs(lon - LON - 50 * METRE) < 1e-8 && Math.abs(lat - LAT - 50 * METRE) < 1e-8);
  });
});

describe("geometry", () => {
  it("knows what rings with holes hold", () => {
    const square = (from: number, to: number) => [{ x: from, y: from }, { x: to, y: from }, { x: to, y: to }, { x: from, y: to }];
    const rings = [square(0, 10), square(4, 6)];
    const roll = dice(4);
    for (let run = 0; run < 300; run++) {
      const at = { x: (roll(12_000) - 1000) / 1000 + 1e-5, y: (roll(12_000) - 1000) / 1000 + 1e-5 };
      const inSquare = (from: number, to: number) => at.x > from && at.x < to && at.y > from && at.y < to;
      assert.equal(ringsHold(rings, at), inSquare(0, 10) && !inSquare(4, 6));
    }
  });

  it("finds only the lines that others do not have, in either direction", () => {
    const ring = (...points: [number, number][]) => ({ type: "Polygon" as const, coordinates: [[...points, points[0]!]] });
    const before = ring([0, 0], [2, 0], [2, 2], [0, 2]);
    const after = ring([0, 2], [2, 3], [2, 0], [0, 0]);
    assert.deepEqual(linesApart([after], [before]), [[[0, 2], [2, 3], [2, 0]]]);
    assert.deepEqual(linesApart([before], [before]), []);
    assert.deepEqual(linesApart([after, after], [before]), linesApart([after], [before]));
  });
});

describe("what is drawn", () => {
  const table = tableOf(sheet(2, allOf(2)));
  const edge = { kind: "edge" as const, place: placeOf(0, 0.5), from: table.node([0, 0])!, to: table.node([0, STEP_MM])! };
  const node = table.node([STEP_MM, STEP_MM])!;

  it("cuts a little beyond the lines that it ends on, and at nodes exactly", () => {
    const spots = [{ at: edge.place, target: edge }, { at: placeOf(0.5, 0.6), target: null }, { at: node, target: { kind: "node" as const, place: node, node } }];
    const [first, , last] = cutOf(spots, LAT);
    const metres = (position: Position) => ((position as { lon: number }).lon - LON) / METRE;
    assert.ok(metres(first!) < -0.02 && metres(first!) > -0.2);
    assert.deepEqual(last, [STEP_MM, STEP_MM]);
    const end = beyond({ x: 0, y: 0 }, { x: 3, y: 4 }, 5);
    assert.ok(Math.hypot(end.x - 6, end.y - 8) < 1e-9);
  });

  it("hands over what lies between lines to a little beyond them, and to nodes exactly", () => {
    const spots = [{ at: edge.place, target: edge }, { at: placeOf(0.5, 0.6), target: null }, { at: node, target: { kind: "node" as const, place: node, node } }];
    const [first, free, last] = ringOf(spots, LAT);
    const metres = (position: Position) => ((position as { lon: number }).lon - LON) / METRE;
    assert.ok(metres(first!) < -0.02 && metres(first!) > -0.2);
    assert.deepEqual(free, degreesOf(spots[1]!.at));
    assert.deepEqual(last, [STEP_MM, STEP_MM]);
  });

  it("reshapes from line to line, with nodes where it begins and ends on none", () => {
    const spots = [{ at: edge.place, target: edge }, { at: placeOf(0.3, 0.7), target: null }, { at: node, target: { kind: "node" as const, place: node, node } }];
    const operations = reshapeOf(spots, table)!;
    assert.deepEqual(operations.map(({ op }) => op), ["insert_node", "reshape_edge"]);
    const [insert, reshape] = operations as unknown as [{ at: Position }, { line: Position[] }];
    assert.deepEqual(reshape.line[0], insert.at); // the same place to the digit: it becomes the same node
    assert.equal(reshapeOf([spots[0]!, spots[1]!], table), null);
    assert.ok(Math.abs(unproject(edge.place).lon - LON) < 1e-9);
  });

  it("takes the way round an island that lies nearer to what was drawn", () => {
    const island = tableOf(sheet(3, [[1, 1]]));
    const [from, to] = [island.node([STEP_MM, STEP_MM])!, island.node([2 * STEP_MM, 2 * STEP_MM])!];
    const spot = (at: typeof from) => ({ at, target: { kind: "node" as const, place: at, node: at } });
    for (const [column, row, via] of [[2.2, 0.8, [2 * STEP_MM, STEP_MM]], [0.8, 2.2, [STEP_MM, 2 * STEP_MM]]] as const) {
      const [reshape] = reshapeOf([spot(from), { at: placeOf(column, row), target: null }, spot(to)], island)!;
      assert.deepEqual((reshape as { via: Position }).via, via);
    }
  });
});
