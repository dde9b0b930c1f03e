/**
 * Long drawings in pieces, as fine as the zoom shows: what is out of sight or smaller than a pixel is not drawn.
 *
 * Vertices go to a lattice that is finer than the screen, and those that fall together are one. A vertex that neighbours
 * share so goes to the same place for both, and a coverage stays one without gaps.
 */

import type { Bounds, Point } from "./mercator.ts";
import { PathText } from "./paths.ts";
import { PATH_ZOOM, type View } from "./view.ts";

const PIECE = 400; // items in one piece, about
const FINE = 0.4; // pixels between two places of the lattice

/** The coarsest whole zoom whose lattice is fine enough for a view. */
export function levelOf(zoom: number): number {
  return Math.min(PATH_ZOOM, Math.ceil(zoom));
}

/** Distance between two places of a level's lattice, in units of a path; 0 where nothing is left out. */
export function fineness(level: number): number {
  return level >= PATH_ZOOM ? 0 : FINE * 2 ** (PATH_ZOOM - level);
}

export interface Piece<T> {
  items: T[];
  bounds: Bounds;
}

/** Items that lie near each other, a few hundred together. */
export function pieces<T>(items: readonly T[], boundsOf: (item: T) => Bounds): Piece<T>[] {
  const side = Math.ceil(Math.sqrt(items.length / PIECE));
  const all = items.map(boundsOf);
  const whole = all.reduce(union, NOWHERE);
  const cell = (at: number, from: number, to: number) => Math.min(side - 1, Math.floor(((at - from) / (to - from || 1)) * side));
  const found = new Map<number, Piece<T>>();
  items.forEach((item, i) => {
    const { left, top, right, bottom } = all[i]!;
    const column = cell((left + right) / 2, whole.left, whole.right);
    const row = cell((top + bottom) / 2, whole.top, whole.bottom);
    const key = row * side + column;
    const piece = found.get(key) ?? { items: [], bounds: NOWHERE };
    piece.items.push(item);
    piece.bounds = union(piece.bounds, all[i]!);
    found.set(key, piece);
  });
  return [...found.values()];
}

/** Lines, drawn as many paths as are in sight. */
export class LinePieces {
  private readonly origin: Point;
  private readonly made: (Piece<ArrayLike<number>> & { path: Path2D | null; level: number })[];

  constructor(origin: Point, lines: readonly ArrayLike<number>[]) {
    this.origin = origin;
    this.made = pieces(lines, boundsOf).map((piece) => ({ ...piece, path: null, level: -1 }));
  }

  /** The paths that a view shows. */
  seen(view: View): Path2D[] {
    const level = levelOf(view.zoom);
    return this.made.filter(({ bounds }) => view.shows(bounds)).map((piece) => {
      if (!piece.path || piece.level !== level) {
        const text = new PathText(this.origin, fineness(level));
        for (const line of piece.items) text.addLine(line);
        piece.path = text.toPath();
        piece.level = level;
      }
      return piece.path;
    });
  }
}

const NOWHERE: Bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

function union(a: Bounds, b: Bounds): Bounds {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

function boundsOf(line: ArrayLike<number>): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < line.length; i += 2) {
    left = Math.min(left, line[i]!);
    right = Math.max(right, line[i]!);
    top = Math.min(top, line[i + 1]!);
    bottom = Math.max(bottom, line[i + 1]!);
  }
  return { left, top, right, bottom };
}
