/**
 * The vertices of the grids that an editor has loaded. What grids share is one node, so whoever moves it moves it in all.
 *
 * Nodes are known by their place on the lattice: east and north in whole millimetres, as the server told them.
 */

import { type Bounds, type Point, project } from "../mercator.ts";
import { alongLine, boundsOfPoints, distanceOf, isNear, lengthOf, nearestOn, ringsHold } from "./geometry.ts";
import type { GridVertices, Millimetres, VertexRow, Vertices } from "./payloads.ts";

/** x, y: fractions of the mercator world. */
export interface EditNode extends Point {
  readonly key: string;
  readonly mm: Millimetres;
  readonly lon: number;
  readonly lat: number;
  /** Codes of the grids that have it. */
  readonly grids: ReadonlySet<string>;
}

export type EditRing = readonly EditNode[];

export interface EditGrid {
  readonly code: string;
  readonly name: string;
  readonly name_en: string | null;
  readonly households: number | null;
  /** Not as in the edition that the draft stands on. */
  readonly changed: boolean;
  /** Rings, not closed; the first of a part is the outer one. */
  readonly parts: readonly (readonly EditRing[])[];
  readonly rings: readonly EditRing[];
  readonly bounds: Bounds;
}

export interface EdgeHit {
  readonly from: EditNode;
  readonly to: EditNode;
  readonly place: Point;
  readonly distance: number;
}

interface OwnNode extends EditNode {
  readonly grids: Set<string>;
}

const SAMPLES = 12; // places of a segment at which it is asked in which grid it lies

export class VertexTable {
  readonly grids = new Map<string, EditGrid>();
  /** Counts up with every change. */
  version = 0;
  private readonly nodes = new Map<string, OwnNode>();

  /** Take what a view or a step told: its grids replace those of their codes, and what is gone goes. */
  take({ nodes, grids, gone }: Pick<Vertices, "nodes" | "grids" | "gone">): void {
    this.version++;
    for (const code of gone) this.drop(code);
    for (const grid of grids) this.put(grid, nodes);
  }

  clear(): void {
    this.version++;
    this.grids.clear();
    this.nodes.clear();
  }

  get size(): number {
    return this.nodes.size;
  }

  node([east, north]: Millimetres): EditNode | undefined {
    return this.nodes.get(keyOf(east, north));
  }

  allNodes(): Iterable<EditNode> {
    return this.nodes.values();
  }

  gridsAt(node: EditNode): EditGrid[] {
    const now = this.nodes.get(node.key) ?? node; // it may have been told anew meanwhile
    return [...now.grids].map((code) => this.grids.get(code)).filter((grid) => grid !== undefined);
  }

  /** The grid that holds a place. */
  gridHolding(at: Point): EditGrid | null {
    for (const grid of this.grids.values()) if (isNear(grid.bounds, at, 0) && ringsHold(grid.rings, at)) return grid;
    return null;
  }

  /** The grid in which most of a line lies: the one that it is to cut. */
  gridAlong(line: readonly Point[]): EditGrid | null {
    const counts = new Map<EditGrid, number>();
    line.slice(1).forEach((to, i) => {
      const share = distanceOf(line[i]!, to);
      for (const at of alongLine([line[i]!, to], SAMPLES)) {
        const grid = this.gridHolding(at);
        if (grid) counts.set(grid, (counts.get(grid) ?? 0) + share);
      }
    });
    return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? null;
  }

  /** The node nearest to a place; except: nodes that are not meant. */
  nodeNear(at: Point, within: number, except: ReadonlySet<string> = NONE): EditNode | null {
    let [found, least]: [EditNode | null, number] = [null, within];
    for (const ring of this.ringsNear(at, within)) {
      for (const node of ring) {
        const distance = distanceOf(node, at);
        if (distance <= least && !except.has(node.key)) [found, least] = [node, distance];
      }
    }
    return found;
  }

  /** The edge nearest to a place; except: those that begin or end at one of these nodes. */
  edgeNear(at: Point, within: number, except: ReadonlySet<string> = NONE): EdgeHit | null {
    let [found, least]: [EdgeHit | null, number] = [null, within];
    for (const ring of this.ringsNear(at, within)) {
      let from = ring.at(-1)!;
      for (const to of ring) {
        const { place, distance } = nearestOn(from, to, at);
        const isMeant = !except.has(from.key) && !except.has(to.key);
        if (isMeant && distance <= least) [found, least] = [{ from, to, place, distance }, distance];
        from = to;
      }
    }
    return found;
  }

  /** The codes of the grids that share an edge with one, in order. */
  neighboursOf(code: string): string[] {
    const found = new Set<string>();
    for (const ring of this.grids.get(code)?.rings ?? []) {
      let from = ring.at(-1)!;
      for (const to of ring) {
        for (const other of to.grids) if (other !== code && from.grids.has(other)) found.add(other);
        from = to;
      }
    }
    return [...found].sort();
  }

  /** The nodes to which edges lead from a node. More than two: lines meet there, and it cannot be deleted. */
  beside(node: EditNode): EditNode[] {
    const found = new Map<string, EditNode>();
    for (const grid of this.gridsAt(node)) {
      for (const ring of grid.rings) {
        ring.forEach((each, i) => {
          if (each.key !== node.key) return;
          for (const other of [ring.at(i - 1)!, ring[(i + 1) % ring.length]!]) found.set(other.key, other);
        });
      }
    }
    return [...found.values()];
  }

  /** A drag as it would come out: every edge of the node, from the node beside it to where it is led. */
  moved(node: EditNode, to: Point): { from: EditNode; to: Point }[] {
    return this.beside(node).map((from) => ({ from, to }));
  }

  /** The next node along the outline of a grid that has it; by: 1 or -1. */
  neighbour(node: EditNode, by: 1 | -1): EditNode {
    const ring = this.gridsAt(node)[0]?.rings.find((each) => each.some(({ key }) => key === node.key));
    if (!ring) return node;
    const at = ring.findIndex(({ key }) => key === node.key);
    return ring[(at + by + ring.length) % ring.length]!;
  }

  /**
   * The ways from one node to another along one shared line, shortest first: both ends with them, and no node between at
   * which other lines meet. Two for an island, else one at most.
   */
  stretches(start: EditNode, end: EditNode): EditNode[][] {
    const found = new Map<string, EditNode[]>();
    for (const grid of this.gridsAt(start)) {
      if (!end.grids.has(grid.code)) continue;
      for (const ring of grid.rings) {
        for (const way of waysAlong(ring, start, end)) found.set(way.map(({ key }) => key).join(), way);
      }
    }
    const plain = [...found.values()].filter((way) => way.slice(1, -1).every((node) => this.beside(node).length === 2));
    return plain.sort((one, other) => lengthOf(one) - lengthOf(other));
  }

  private *ringsNear(at: Point, within: number): Iterable<EditRing> {
    for (const grid of this.grids.values()) if (isNear(grid.bounds, at, within)) yield* grid.rings;
  }

  private put(grid: GridVertices, rows: readonly VertexRow[]): void {
    this.drop(grid.code);
    const parts = grid.parts.map((part) => part.map((ring) => ring.map((row) => this.share(rows[row]!, grid.code))));
    const rings = parts.flat();
    const { code, name, name_en, households, changed } = grid;
    this.grids.set(code, { code, name, name_en, households, changed, parts, rings, bounds: boundsOfPoints(rings.flat()) });
  }

  private share([east, north, lon, lat]: VertexRow, code: string): EditNode {
    const key = keyOf(east, north);
    let node = this.nodes.get(key);
    if (!node) this.nodes.set(key, (node = { key, mm: [east, north], lon, lat, ...project(lon, lat), grids: new Set() }));
    node.grids.add(code);
    return node;
  }

  private drop(code: string): void {
    for (const node of this.grids.get(code)?.rings.flat() ?? []) {
      const own = this.nodes.get(node.key);
      own?.grids.delete(code);
      if (own && !own.grids.size) this.nodes.delete(node.key);
    }
    this.grids.delete(code);
  }
}

const NONE: ReadonlySet<string> = new Set();

function keyOf(east: number, north: number): string {
  return `${east},${north}`;
}

/** Both ways along a ring from one of its nodes to another. */
function waysAlong(ring: EditRing, start: EditNode, end: EditNode): EditNode[][] {
  return [ring, [...ring].reverse()].flatMap((way) => {
    const at = way.findIndex(({ key }) => key === start.key);
    if (at < 0) return [];
    const turned = [...way.slice(at), ...way.slice(0, at)];
    const last = turned.findIndex(({ key }) => key === end.key);
    return last > 0 ? [turned.slice(0, last + 1)] : [];
  });
}
