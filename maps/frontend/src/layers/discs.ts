/**
 * The discs of the worst three: numbered, in their grid, with who answers beside them, never under a panel or another
 * disc. Where the grid is not in view, its disc stands at the edge of the map and points there.
 */

import { number } from "../format.ts";
import type { GridShape } from "../grid-shape.ts";
import { type Box, Placer, aroundDisc, centred } from "../labels.ts";
import { type Point, intersection, lattice } from "../mercator.ts";
import type { GridProperties } from "../payloads.ts";
import type { Session } from "../session.ts";
import type { Frame } from "../stage.ts";
import type { View } from "../view.ts";

const RADIUS = 13;
const TRIES = 9; // places across and down a grid
const LABEL_HEIGHT = 42;
const POINTER = 9; // pixels from the edge of a disc to the tip of what points away from it

export interface Disc {
  code: string;
  x: number;
  y: number;
  /** Where its grid is, in radians from the east clockwise; null for a disc that stands in its grid. */
  towards: number | null;
}

/** Differs whenever what stands on and beside the discs may. */
export function discsKey(session: Session): string {
  const { board, worst } = session;
  return worst.slice(0, 3).map(({ grid }) => `${grid.code} ${reasonOf(session, board.counted.of(grid.code) ?? grid)}`).join();
}

/** Draw the discs and their labels, these where they cost least; returns where the discs stand. */
export function paintDiscs(session: Session, frame: Frame, placer: Placer, panels: readonly Box[], cost: (box: Box) => number): Disc[] {
  const { board } = session;
  const free = new Placer(frame.view.width, frame.view.height, panels);
  const shown = session.worst.slice(0, 3).flatMap(({ grid }, at) => {
    const shape = board.grids.get(grid.code);
    if (!shape) return [];
    const within = placeOf(shape, frame.view, free);
    const place = within ? { ...within, towards: null } : edgeOf(shape, frame.view, free);
    return place ? [{ grid, rank: at + 1, ...place }] : [];
  });
  for (const { x, y } of shown) placer.claim(centred(x, y, 2 * RADIUS + 4, 2 * RADIUS + 4));
  for (const { grid, rank, x, y, towards } of shown) {
    if (towards === null) paintLabel(session, frame, grid, (wide) => placer.place(aroundDisc(x, y, RADIUS, wide, LABEL_HEIGHT), cost));
    else paintPointer(frame, x, y, towards);
    paintDisc(frame, x, y, String(rank));
  }
  return shown.map(({ grid, x, y, towards }) => ({ code: grid.code, x, y, towards }));
}

/** Why it is among the worst, in a word or two: what is overdue, else the red units past their inspection. */
function reasonOf({ words, weights }: Session, { overdue, units_overdue: late }: GridProperties): string {
  const red = weights.red_overdue ? (late?.red ?? 0) : 0;
  return overdue || !red ? words.overdueN(number(overdue)) : words.redOverdueN(number(red));
}

/** At the grid's anchor, or elsewhere in the grid where a panel or another disc is there already; null where all is taken. */
function placeOf(shape: GridShape, view: View, free: Placer): Point | null {
  const claim = ({ x, y }: Point) => free.place([centred(x, y, 2 * RADIUS, 2 * RADIUS)]) !== null;
  const anchor = { x: view.x(shape.anchor.x), y: view.y(shape.anchor.y) };
  if (claim(anchor)) return anchor;
  if (!view.shows(shape.bounds)) return null;
  for (const { x, y } of lattice(intersection(shape.bounds, view.bounds()), TRIES)) {
    const at = { x: view.x(x), y: view.y(y) };
    if (shape.contains(x, y) && claim(at)) return at;
  }
  return null;
}

/** As near to the grid as there is room, pointing there; null where all is taken. */
function edgeOf(shape: GridShape, view: View, free: Placer): Omit<Disc, "code"> | null {
  const there = { x: view.x(shape.anchor.x), y: view.y(shape.anchor.y) };
  const place = free.placeNear(there, 2 * (RADIUS + POINTER));
  return place && { ...place, towards: Math.atan2(there.y - place.y, there.x - place.x) };
}

function paintPointer({ context, palette }: Frame, x: number, y: number, towards: number): void {
  const at = (turn: number, far: number) => [x + far * Math.cos(towards + turn), y + far * Math.sin(towards + turn)] as const;
  context.beginPath();
  context.moveTo(...at(-0.6, RADIUS));
  context.lineTo(...at(0, RADIUS + POINTER));
  context.lineTo(...at(0.6, RADIUS));
  context.fillStyle = palette.colours.inverse;
  context.strokeStyle = palette.colours.surface;
  context.lineWidth = 2.5;
  context.stroke();
  context.fill();
}

function paintDisc({ context, palette }: Frame, x: number, y: number, rank: string): void {
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  context.fillStyle = palette.colours.inverse;
  context.fill();
  context.strokeStyle = palette.colours.surface;
  context.lineWidth = 2.5;
  context.stroke();
  context.font = `600 15px ${palette.font}`;
  context.fillStyle = palette.colours["inverse-ink"];
  context.textAlign = "center";
  context.fillText(rank, x, y + 0.5);
}

/** The grid, who answers and why it is here, where there is room for so wide a label. */
function paintLabel(session: Session, frame: Frame, grid: GridProperties, roomFor: (width: number) => Box | null): void {
  const title = session.nameOfGrid(grid);
  const reason = reasonOf(session, session.board.counted.of(grid.code) ?? grid);
  const second = [session.leadOf(grid), reason].filter(Boolean).join("  ");
  const box = roomFor(Math.max(measure(frame, title, 13, 600), measure(frame, second, 12, 400)) + 18);
  if (box) paintLines(frame, box, title, second);
}

function paintLines({ context, palette }: Frame, [left, top, right, bottom]: Box, title: string, second: string): void {
  context.beginPath();
  context.roundRect(left, top, right - left, bottom - top, 5);
  context.fillStyle = palette.colours.surface;
  context.fill();
  context.globalAlpha = 0.35;
  context.strokeStyle = palette.colours.ink;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
  context.textAlign = "left";
  context.fillStyle = palette.colours.ink;
  context.font = `600 13px ${palette.font}`;
  context.fillText(title, left + 9, top + 14);
  context.fillStyle = palette.colours["ink-2"];
  context.font = `400 12px ${palette.font}`;
  context.fillText(second, left + 9, top + 30);
}

function measure({ context, palette }: Frame, text: string, size: number, weight: number): number {
  context.font = `${weight} ${size}px ${palette.font}`;
  return context.measureText(text).width;
}
