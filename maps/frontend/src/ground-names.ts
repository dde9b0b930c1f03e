/** Names of waters and main roads, and the places where each of them may stand: in mid-channel, or along the road. */

import polylabel from "polylabel";

import { type Point, project } from "./mercator.ts";
import type { BackgroundFeature } from "./payloads.ts";

export interface GroundName {
  kind: "water" | "road";
  name: string;
  /** Fractions of the world, from one end to the other. */
  places: Point[];
}

const PLACES = 16; // so many stretches of a river or road may bear its name
const KINDS: Readonly<Record<string, GroundName["kind"]>> = { water: "water", road_main: "road" };

type Corner = [number, number];

export function groundNames(features: readonly BackgroundFeature[]): GroundName[] {
  return features.flatMap(({ geometry, properties }) => {
    const kind = KINDS[properties.kind];
    if (!kind || !properties.name) return [];
    const places = geometry.type === "Polygon" ? midChannel(corners((geometry.coordinates as number[][][])[0]!)) : [];
    if (geometry.type === "LineString") places.push(...along(corners(geometry.coordinates as number[][])));
    return places.length ? [{ kind, name: properties.name, places }] : [];
  });
}

function corners(positions: readonly number[][]): Corner[] {
  return positions.map((position) => {
    const { x, y } = project(position[0]!, position[1]!);
    return [x, y];
  });
}

/** Even steps along a line. */
function along(line: readonly Corner[]): Point[] {
  const step = Math.max(1, Math.floor(line.length / PLACES));
  return line.filter((_, at) => at % step === 0).map(([x, y]) => ({ x, y }));
}

/** The water is cut across its longer side, and the middle of every piece taken. */
function midChannel(ring: readonly Corner[]): Point[] {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const axis = right - left > bottom - top ? 0 : 1;
  const [from, length] = axis === 0 ? [left, right - left] : [top, bottom - top];
  return Array.from({ length: PLACES }, (_, at) => {
    const low = from + (length * at) / PLACES;
    const high = low + length / PLACES;
    const piece = cut(cut(ring, axis, low, 1), axis, high, -1);
    if (piece.length < 3) return [];
    const [x, y] = polylabel([piece], length / PLACES / 20);
    return [{ x, y }];
  }).flat();
}

/** The part of a ring on one side of a line (Sutherland and Hodgman 1974). */
function cut(ring: readonly Corner[], axis: 0 | 1, at: number, side: 1 | -1): Corner[] {
  const isIn = (corner: Corner) => (corner[axis] - at) * side >= 0;
  return ring.flatMap((corner, i) => {
    const before = ring.at(i - 1)!;
    const kept = isIn(corner) ? [corner] : [];
    if (isIn(before) === isIn(corner)) return kept;
    const t = (at - before[axis]) / (corner[axis] - before[axis]);
    return [[before[0] + t * (corner[0] - before[0]), before[1] + t * (corner[1] - before[1])] as Corner, ...kept];
  });
}
