/** What differs between two editions, as it is told: what was said of a grid, its ground and its lines, and why. */

import { nameOf, number } from "../format.ts";
import { type EditionWords, editionWordsOf } from "../i18n/editions.ts";
import { type Point, project } from "../mercator.ts";
import { distanceOf, linesApart, nearestOn, ringsOfShape } from "./geometry.ts";
import type { Desk } from "./desk.ts";
import type { Change, ChangedMap, Shape } from "./payloads.ts";

/** Less ground than this is a node that was put on a line: it says nothing to who asks what moved. Square metres. */
export const LEAST_GROUND = 0.5;

const KNOWN = ["code", "name", "name_en", "area", "households"];

export interface Said {
  field: string;
  before: unknown;
  after: unknown;
}

/** What is said of a grid otherwise: what every grid has first, then the store's own columns. */
export function saidOtherwise({ fields }: Pick<Change, "fields">): Said[] {
  const place = (field: string) => (KNOWN.includes(field) ? KNOWN.indexOf(field) : KNOWN.length);
  const said = Object.entries(fields).map(([field, [before, after]]) => ({ field, before, after }));
  return said.sort((a, b) => place(a.field) - place(b.field));
}

/** A value as people read it: an area by its name, nothing as a word. */
export function valueOf({ session }: Desk, field: string, value: unknown): string {
  const { none, yes, no } = editionWordsOf(session.state.language);
  if (value === null || value === undefined || value === "") return none;
  if (typeof value === "boolean") return value ? yes : no;
  if (typeof value === "number") return number(value);
  const area = field === "area" ? session.board.areas.get(String(value)) : undefined;
  if (area) return nameOf(area, session.state.language);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether they are one change. The code alone does not tell: one grid may be gone, and another have its code now. */
export function isSame(change: Pick<Change, "code" | "was">, other: Pick<Change, "code" | "was"> | null): boolean {
  return change.code === other?.code && change.was === other.was;
}

/** Square metres that a grid gained or lost; null where that is none to speak of. */
export function groundMoved({ moved_m2 }: Pick<Change, "moved_m2">): number | null {
  return moved_m2 >= LEAST_GROUND ? moved_m2 : null;
}

/** How many nodes more a line has that moved no ground; null where it is as it was, or where ground tells enough. */
export function lineChanged(change: Change, { features }: ChangedMap): { nodes: number } | null {
  if (change.change !== "reshaped" || groundMoved(change) !== null) return null;
  const side = (name: string) => features.find(({ properties }) => properties.code === change.code && properties.side === name)?.geometry;
  const [before, after] = [side("before"), side("after")];
  return { nodes: before && after ? nodesOf(after) - nodesOf(before) : 0 };
}

export function nodesOf(shape: Shape): number {
  return ringsOfShape(shape).reduce((sum, ring) => sum + ring.length - 1, 0);
}

/** Nearer than this two lines are one, to the eye: a tenth of a metre, in fractions of the world. */
const BESIDE = 0.1 / 40_000_000;

/** The lines that grids had before and have not after. A line that only got or lost a node is still there. */
export function formerLines(before: readonly Shape[], after: readonly Shape[]): (readonly number[])[][] {
  const now = new Segments(linesApart(after, before).flatMap(segmentsOf));
  return linesApart(before, after).filter((line) => {
    const places = segmentsOf(line).flatMap(([from, to]) => [from, { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, to]);
    return !places.every((place) => now.lieBeside(place));
  });
}

type Segment = readonly [Point, Point];

const CELL = 100 / 40_000_000; // about 100 m, in fractions of the world
const COLUMN = 2 ** 24; // more than there are rows

/** Segments by the squares that they run through: there may be hundreds of thousands. */
class Segments {
  private readonly cells = new Map<number, Segment[]>();

  constructor(segments: readonly Segment[]) {
    for (const segment of segments) this.add(segment);
  }

  /** Whether one of them runs through a place. */
  lieBeside(at: Point): boolean {
    return this.cells.get(cellOf(at.x) * COLUMN + cellOf(at.y))?.some((segment) => isBeside(segment, at)) ?? false;
  }

  private add(segment: Segment): void {
    const [left, right] = segment[0].x < segment[1].x ? segment : [segment[1], segment[0]];
    const slope = right.x > left.x ? (right.y - left.y) / (right.x - left.x) : 0;
    const heightAt = (x: number) => left.y + slope * (Math.min(Math.max(x, left.x), right.x) - left.x);
    for (let column = cellOf(left.x - BESIDE); column <= cellOf(right.x + BESIDE); column++) {
      const ends = slope ? [heightAt(column * CELL - BESIDE), heightAt((column + 1) * CELL + BESIDE)] : [left.y, right.y];
      for (let row = cellOf(Math.min(...ends) - BESIDE); row <= cellOf(Math.max(...ends) + BESIDE); row++) {
        const cell = this.cells.get(column * COLUMN + row);
        if (cell) cell.push(segment);
        else this.cells.set(column * COLUMN + row, [segment]);
      }
    }
  }
}

function cellOf(along: number): number {
  return Math.floor(along / CELL);
}

function segmentsOf(line: readonly (readonly number[])[]): Segment[] {
  const points = line.map(([lon, lat]) => project(lon!, lat!));
  return points.slice(1).map((to, at): Segment => [points[at]!, to]);
}

function isBeside([from, to]: Segment, at: Point): boolean {
  const isFar = (one: number, other: number, own: number) => own < Math.min(one, other) - BESIDE || own > Math.max(one, other) + BESIDE;
  if (isFar(from.x, to.x, at.x) || isFar(from.y, to.y, at.y)) return false;
  return distanceOf(nearestOn(from, to, at).place, at) <= BESIDE;
}

/** Why an edition was published. A draft that took one back has a title in English alone; its reason holds its number. */
export interface Reasoned {
  reason: string | null;
  draft: number | null;
  title: string | null;
  takes_back: number | null;
}

export function whyOf(words: Pick<EditionWords, "tookBack" | "draft">, { reason, draft, title, takes_back }: Reasoned): string | null {
  if (takes_back !== null) return words.tookBack(takes_back);
  return title ?? (draft === null ? reason : words.draft(draft));
}
