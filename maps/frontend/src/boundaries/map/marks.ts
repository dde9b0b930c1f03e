/** What the pointer and the keys are about on the map of a draft: one value that tools write and the marks are drawn from. */

import type { Point } from "../../mercator.ts";
import type { Target } from "../snapping.ts";
import type { EdgeHit, EditNode } from "../vertices.ts";

/** A line from one place to another. */
export type Stroke = readonly [Point, Point];

/** How the lines would run if it were let go now. */
export interface Preview {
  readonly now: readonly Stroke[];
  readonly before: readonly Stroke[];
}

export interface Drag extends Preview {
  readonly at: Point;
  /** How many grids follow. */
  readonly grids: number;
}

export class Marks {
  /** The node that was pressed or stepped to last: keys act on it. */
  active: EditNode | null = null;
  hovered: EditNode | EdgeHit | null = null;
  drag: Drag | null = null;
  snap: Target | null = null;
  /** What was let go, until the server has said what came of it. */
  pending: readonly Preview[] = [];
  /** Counts up with every change. */
  version = 0;
  private readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  set(change: Partial<Pick<Marks, "active" | "hovered" | "drag" | "snap" | "pending">>): void {
    Object.assign(this, change);
    this.version++;
    this.changed();
  }

  clear(): void {
    this.set({ active: null, hovered: null, drag: null, snap: null });
  }
}

export function isEdge(hit: EditNode | EdgeHit): hit is EdgeHit {
  return "from" in hit;
}
