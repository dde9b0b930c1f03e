/** Where labels go: greedily, in order of priority, none over another and none under a panel. */

import type { Point } from "./mercator.ts";

/** left, top, right, bottom in CSS pixels */
export type Box = readonly [number, number, number, number];

const APART = 2; // pixels between two labels
const EDGE = 4; // and between a label and the edge of the map
const STRIDE = 10; // pixels between two places that are tried

export class Placer {
  private readonly taken: Box[] = [];
  private readonly width: number;
  private readonly height: number;

  constructor(width: number, height: number, obstacles: readonly Box[] = []) {
    this.width = width;
    this.height = height;
    this.taken.push(...obstacles);
  }

  isFree(box: Box): boolean {
    const [left, top, right, bottom] = box;
    if (left < EDGE || top < EDGE || right > this.width - EDGE || bottom > this.height - EDGE) return false;
    return !this.taken.some((other) => overlap(box, other));
  }

  /** Claim a box whether it is free or not, for what must be drawn. */
  claim(box: Box): void {
    this.taken.push(box);
  }

  /** Claim the free one of these boxes that costs least, the first of those that cost the same; null where none is free. */
  place(boxes: readonly Box[], cost: (box: Box) => number = () => 0): Box | null {
    let found: Box | null = null;
    let least = Infinity;
    for (const box of boxes) {
      if (least === 0) break;
      if (!this.isFree(box)) continue;
      const price = cost(box);
      if (price < least) [found, least] = [box, price];
    }
    if (found) this.claim(found);
    return found;
  }

  /** Claim a square as near to a point, which need not be on the map, as one is free; returns its middle, or null. */
  placeNear({ x, y }: Point, size: number): Point | null {
    let found: Point | null = null;
    let least = Infinity;
    for (let across = EDGE + size / 2; across <= this.width - EDGE - size / 2; across += STRIDE) {
      for (let down = EDGE + size / 2; down <= this.height - EDGE - size / 2; down += STRIDE) {
        const far = Math.hypot(across - x, down - y);
        if (far < least && this.isFree(centred(across, down, size, size))) [found, least] = [{ x: across, y: down }, far];
      }
    }
    if (found) this.claim(centred(found.x, found.y, size, size));
    return found;
  }
}

function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] + APART && a[2] + APART > b[0] && a[1] < b[3] + APART && a[3] + APART > b[1];
}

export function centred(x: number, y: number, width: number, height: number): Box {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** The eight places of a label box around a disc: right first, then left, above, below, and the slants. */
export function aroundDisc(x: number, y: number, radius: number, width: number, height: number): Box[] {
  const gap = radius + 6;
  const corners: [number, number][] = [
    [gap, -height / 2],
    [-gap - width, -height / 2],
    [-width / 2, -gap - height],
    [-width / 2, gap],
    [radius, -height - 8],
    [radius, 8],
    [-radius - width, 8],
    [-radius - width, -height - 8],
  ];
  return corners.map(([dx, dy]) => [x + dx, y + dy, x + dx + width, y + dy + height]);
}

/** Linear between stops (zoom, value), level beyond them. */
export function interpolate(zoom: number, ...stops: readonly (readonly [number, number])[]): number {
  for (let i = 0; i + 1 < stops.length; i++) {
    const [from, a] = stops[i]!;
    const [to, b] = stops[i + 1]!;
    if (zoom <= from) return a;
    if (zoom < to) return a + ((b - a) * (zoom - from)) / (to - from);
  }
  return stops.at(-1)![1];
}
