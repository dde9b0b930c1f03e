/** What the tools of the map share: the map, the draft, the marks, and how a pointer becomes a place. */

import type * as L from "leaflet";

import type { BoundaryMapWords } from "../../i18n/boundary-map.ts";
import type { Point } from "../../mercator.ts";
import type { Stage } from "../../stage.ts";
import type { Editing } from "../editing.ts";
import { SNAP_PX, type Target, snapped } from "../snapping.ts";
import type { VertexTable } from "../vertices.ts";
import type { Marks } from "./marks.ts";

export const NODES_FROM = 14; // zoom

/** Pixels around a node and an edge that mean it: for a pointer, and for a finger. */
const NODE_PX = { fine: 12, coarse: 22 };
const EDGE_PX = { fine: 6, coarse: 12 };

export interface Surface {
  readonly map: L.Map;
  readonly stage: Stage;
  readonly editing: Editing<VertexTable>;
  readonly marks: Marks;
  readonly words: BoundaryMapWords;
  /** Whether lines may be changed here and now. */
  readonly isEditable: boolean;
  /** Have a screen reader say something. */
  say(text: string): void;
}

/** The place under a pixel of the map, in fractions of the world. */
export function placeAt({ stage }: Surface, { x, y }: { x: number; y: number }): Point {
  return stage.view().at(x, y);
}

/** Fractions of the world that so many pixels are. */
export function inWorld({ stage }: Surface, pixels: number): number {
  return pixels / stage.view().world;
}

export function nodeUnder(surface: Surface, at: Point, isTouch: boolean) {
  return surface.editing.table.nodeNear(at, inWorld(surface, isTouch ? NODE_PX.coarse : NODE_PX.fine));
}

export function edgeUnder(surface: Surface, at: Point, isTouch: boolean) {
  return surface.editing.table.edgeNear(at, inWorld(surface, isTouch ? EDGE_PX.coarse : EDGE_PX.fine));
}

export function snapAt(surface: Surface, at: Point, except?: ReadonlySet<string>): Target | null {
  return snapped(surface.editing.table, at, inWorld(surface, SNAP_PX), except);
}
