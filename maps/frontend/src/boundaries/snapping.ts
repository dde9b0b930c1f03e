/** What a pointer near a node or an edge means: that node to the millimetre, or the nearest place on that edge. */

import { type Point, unproject } from "../mercator.ts";
import type { Position } from "./payloads.ts";
import type { EditNode, VertexTable } from "./vertices.ts";

export type Target =
  | { readonly kind: "node"; readonly place: Point; readonly node: EditNode }
  | { readonly kind: "edge"; readonly place: Point; readonly from: EditNode; readonly to: EditNode };

/** Pixels within which a pointer is drawn to a target; a node goes before an edge. */
export const SNAP_PX = 8;

/**
 * What a place snaps to, or null. within: in fractions of the world. except: nodes that are being moved, which would
 * otherwise hold themselves fast.
 */
export function snapped(table: VertexTable, at: Point, within: number, except?: ReadonlySet<string>): Target | null {
  const node = table.nodeNear(at, within, except);
  if (node) return { kind: "node", place: { x: node.x, y: node.y }, node };
  const edge = table.edgeNear(at, within, except);
  return edge && { kind: "edge", place: edge.place, from: edge.from, to: edge.to };
}

/** A place as it is sent: a node as it was told, anything else as degrees. */
export function positionOf(at: Point, target: Target | null): Position {
  return target?.kind === "node" ? target.node.mm : degreesOf(target?.place ?? at);
}

const DIGITS = 1e9;

/** Degrees to a tenth of a millimetre. */
export function degreesOf(at: Point): { lon: number; lat: number } {
  const { lon, lat } = unproject(at);
  return { lon: Math.round(lon * DIGITS) / DIGITS, lat: Math.round(lat * DIGITS) / DIGITS };
}
