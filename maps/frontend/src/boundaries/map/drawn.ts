/** What a drawn line or area means as operations. */

import { type Point, lattice } from "../../mercator.ts";
import type { Compare } from "../editing.ts";
import { beyond, boundsOfPoints, nearestOn, ringsHold } from "../geometry.ts";
import type { Operation, Position } from "../payloads.ts";
import { degreesOf, positionOf } from "../snapping.ts";
import type { EditNode, VertexTable } from "../vertices.ts";
import type { Spot } from "./drawing.ts";

const OVER_M = 0.05; // so far a cut goes on beyond a line that it ends on, for it may lie a rounding short of it
const WORLD_M = 40_075_016.686;

/** Whether a line that has been begun stays: while the map is looked at from farther away, but not where no draft is seen. */
export function outlasts({ isReadOnly, compare }: { isReadOnly: boolean; compare: Compare }): boolean {
  return !isReadOnly && compare !== "in-force";
}

/** The line by which a grid is split: ends on nodes are those nodes, ends on lines go a little beyond. */
export function cutOf(spots: readonly Spot[], lat: number): Position[] {
  const over = overOf(lat);
  return spots.map(({ at, target }, i) => {
    const isEnd = i === 0 || i === spots.length - 1;
    if (!isEnd || target?.kind !== "edge") return positionOf(at, target);
    const inner = spots[i === 0 ? 1 : i - 1]!.at;
    return degreesOf(beyond(inner, at, over));
  });
}

const ACROSS = 24; // places asked about, in each direction

/** Which grid an area is of and which one is to get it: those with most of it; where it lies in one, the one nearest beside. */
export function handedOver(spots: readonly Spot[], table: VertexTable): string[] {
  const ring = spots.map(({ at }) => at);
  const counts = new Map<string, number>();
  for (const at of lattice(boundsOfPoints(ring), ACROSS)) {
    const code = ringsHold([ring], at) && table.gridHolding(at)?.code;
    if (code) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const [source, target] = [...counts].sort(([, one], [, other]) => other - one).map(([code]) => code);
  if (!source) return [];
  const beside = target ?? gridBeside(source, ring, table);
  return beside ? [source, beside] : [source];
}

/** The neighbour of a grid to whose lines an area comes nearest. */
function gridBeside(code: string, ring: readonly Point[], table: VertexTable): string | null {
  let [found, least]: [string | null, number] = [null, Infinity];
  for (const own of table.grids.get(code)?.rings ?? []) {
    own.forEach((to, i) => {
      const from = own.at(i - 1)!;
      const other = [...from.grids].find((each) => each !== code && to.grids.has(each));
      const distance = Math.min(...ring.map((at) => nearestOn(from, to, at).distance));
      if (other && distance < least) [found, least] = [other, distance];
    });
  }
  return found;
}

/** An area that is handed over: corners on nodes are those nodes, corners on lines lie a little beyond, away from its middle. */
export function ringOf(spots: readonly Spot[], lat: number): Position[] {
  const over = overOf(lat);
  const count = spots.length;
  const middle = { x: spots.reduce((sum, { at }) => sum + at.x / count, 0), y: spots.reduce((sum, { at }) => sum + at.y / count, 0) };
  return spots.map(({ at, target }) => {
    if (target?.kind !== "edge") return positionOf(at, target);
    const foot = nearestOn(target.from, target.to, middle).place;
    const pushed = beyond(middle, foot, over);
    return degreesOf({ x: at.x + pushed.x - foot.x, y: at.y + pushed.y - foot.y });
  });
}

/** How far beyond a line is beyond it, however the line is rounded: in fractions of the world. */
function overOf(lat: number): number {
  return OVER_M / (WORLD_M * Math.cos((lat * Math.PI) / 180));
}

/**
 * A reshaped stretch: nodes for the ends that lie on a line without one, then the line itself. null where an end lies on
 * no line. Of two ways round, the one nearer to what was drawn goes.
 */
export function reshapeOf(spots: readonly Spot[], table: VertexTable): Operation[] | null {
  const [first, last] = [spots[0], spots.at(-1)];
  if (spots.length < 2 || !first?.target || !last?.target) return null;
  const inserts = [first, last].flatMap(({ target, at }): Operation[] =>
    target?.kind === "edge" ? [{ op: "insert_node", edge: [target.from.mm, target.to.mm], at: degreesOf(at) }] : [],
  );
  const line = spots.map(({ at, target }) => positionOf(at, target));
  const via = first.target.kind === "node" && last.target.kind === "node" ? viaOf(first.target.node, last.target.node, spots, table) : null;
  return [...inserts, { op: "reshape_edge", line, ...(via && { via: via.mm }) }];
}

/** A node of the way round that lies nearer to what was drawn; null where there is but one, or none with a node. */
function viaOf(start: EditNode, end: EditNode, spots: readonly Spot[], table: VertexTable): EditNode | null {
  const ways = table.stretches(start, end).filter((way) => way.length > 2);
  if (ways.length < 2) return null;
  const line = spots.map(({ at }) => at);
  const off = (way: readonly EditNode[]) => way.reduce((sum, node) => sum + distanceTo(line, node), 0) / way.length;
  const nearest = ways.reduce((one, other) => (off(other) < off(one) ? other : one));
  return nearest[Math.floor(nearest.length / 2)]!;
}

function distanceTo(line: readonly Point[], at: Point): number {
  return line.slice(1).reduce((least, to, i) => Math.min(least, nearestOn(line[i]!, to, at).distance), Infinity);
}
