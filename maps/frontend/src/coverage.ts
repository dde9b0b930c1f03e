/** The coverage report (无盲点覆盖) as the page reads it: what was found of each kind, what is drawn, where to look. */

import { type Bounds, type Point, grow, project } from "./mercator.ts";
import type { Geometry } from "./paths.ts";
import type { Named } from "./payloads.ts";
import { stack } from "./stacks.ts";

/** Days within which somebody must have been at a place; the first if not said. */
export const WINDOWS = [30, 90, 180] as const;
export type Days = (typeof WINDOWS)[number];

/** The kinds of blind spots, the gravest first. */
export const GAPS = ["grid_without_lead", "area_without_grid", "place_outside", "place_unvisited"] as const;
export type GapKind = (typeof GAPS)[number];

export interface Finding extends Named {
  kind: GapKind;
  code: string;
  /** Kind of the place, level of the area, or "grid". */
  what: string;
  /** Code of the area that it belongs to. */
  area: string | null;
  length_m: number | null;
  area_m2: number | null;
  /** Of the whole place or area. */
  share: number | null;
}

/** How many were found, of how many; null where the reader may not know. */
export interface CoverageCounts {
  places: number;
  places_outside: number;
  grids: number;
  grids_without_lead: number | null;
  areas: number;
  areas_without_grid: number;
  areas_unknown: number;
  places_with_units: number | null;
  places_unvisited: number | null;
}

export interface CoverageReport {
  rev: string;
  since: string;
  counts: CoverageCounts;
  features: readonly { geometry: Geometry; properties: Finding }[];
}

/** One blind spot as it is drawn: ``at`` is where its mark stands, in mercator fractions as the bounds. */
export interface Spot {
  key: string;
  finding: Finding;
  geometry: Geometry;
  bounds: Bounds;
  at: Point;
}

/** What is drawn as one: a spot, or several that lie too close together to be told apart. */
export interface Mark {
  at: Point;
  spots: readonly Spot[];
}

/** All of one kind. spots: those that can be drawn; all of them, unless a place has no geometry. */
export interface Gap {
  kind: GapKind;
  found: number;
  of: number;
  spots: readonly Spot[];
}

const COUNTED: Record<GapKind, [keyof CoverageCounts, keyof CoverageCounts]> = {
  grid_without_lead: ["grids_without_lead", "grids"],
  area_without_grid: ["areas_without_grid", "areas"],
  place_outside: ["places_outside", "places"],
  place_unvisited: ["places_unvisited", "places_with_units"],
};

/** What holds others comes before what it holds: who has been nowhere in a compound need not read its stairwells first. */
const LARGEST_FIRST = ["district", "subdistrict", "community", "compound", "market", "lane", "building", "stairwell"];

/** What was found, kind by kind, without the kinds that this reader may not know of. */
export function gapsOf({ counts, features }: CoverageReport): Gap[] {
  return GAPS.flatMap((kind) => {
    const [found, of] = COUNTED[kind].map((name) => counts[name]);
    if (found === null || found === undefined || of === null || of === undefined) return [];
    const spots = features.filter(({ properties }) => properties.kind === kind).map(spotOf);
    return [{ kind, found, of, spots: spots.sort((a, b) => size(a) - size(b)) }]; // the sort is stable: then by code
  });
}

/** Spots as marks, one for all that lie within some pixels of each other. world: pixels that the world is wide. */
export function together(spots: readonly Spot[], world: number, apart: number): Mark[] {
  const place = (row: number) => [spots[row]!.at.x * world, spots[row]!.at.y * world] as const;
  const alike = () => 0;
  return stack(spots.map((_, row) => row), place, alike, () => false, apart).map(({ rows }) => {
    const own = rows.map((row) => spots[row]!);
    const mean = (axis: "x" | "y") => own.reduce((sum, { at }) => sum + at[axis], 0) / own.length;
    return { at: own.length === 1 ? own[0]!.at : { x: mean("x"), y: mean("y") }, spots: own };
  });
}

/** How many of each sort there are, the largest first. */
export function sorts(spots: readonly Spot[]): [what: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { finding } of spots) counts.set(finding.what, (counts.get(finding.what) ?? 0) + 1);
  return [...counts];
}

function size({ finding }: Spot): number {
  const at = LARGEST_FIRST.indexOf(finding.what);
  return at < 0 ? LARGEST_FIRST.length : at;
}

function spotOf({ geometry, properties }: CoverageReport["features"][number]): Spot {
  const points = positions(geometry).map(([lon, lat]) => project(lon!, lat!));
  const bounds = points.map(({ x, y }) => ({ left: x, right: x, top: y, bottom: y })).reduce(grow);
  // On a line its middle vertex; of anything else the middle of its box.
  const middle = { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2 };
  const at = geometry.type === "LineString" ? points[points.length >> 1]! : middle;
  return { key: `${properties.kind} ${properties.code}`, finding: properties, geometry, bounds, at };
}

/** Every lon, lat of a geometry. */
function positions({ coordinates }: Geometry): number[][] {
  const flat = (value: unknown): number[][] => {
    const list = value as unknown[];
    return typeof list[0] === "number" ? [list as number[]] : list.flatMap(flat);
  };
  return flat(coordinates);
}
