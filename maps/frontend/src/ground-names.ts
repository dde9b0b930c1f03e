/** Names of waters and main roads, and the places where each of them may stand: in mid-channel, or along the road. */

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

/**
 * Lines across the water, at even steps along its longer side, and the middle of the widest stretch of each. One pass over
 * the banks: the best place of each piece, as for grids, took 50 ms before the first map.
 */
function midChannel(ring: readonly Corner[]): Point[] {
  const [[left, top], [right, bottom]] = [least(ring, 1), least(ring, -1)];
  const axis = right - left > bottom - top ? 0 : 1;
  const [from, step] = axis === 0 ? [left, (right - left) / PLACES] : [top, (bottom - top) / PLACES];
  const crossings: number[][] = Array.from({ length: PLACES }, () => []);
  ring.forEach((corner, i) => {
    const before = ring.at(i - 1)!;
    const [low, high] = corner[axis] < before[axis] ? [corner, before] : [before, corner];
    const nth = (at: number) => Math.ceil((at - from) / step - 0.5); // the first line at or after that
    for (let at = Math.max(0, nth(low[axis])); at < Math.min(PLACES, nth(high[axis])); at++) {
      const t = (from + (at + 0.5) * step - low[axis]) / (high[axis] - low[axis]);
      crossings[at]!.push(low[1 - axis]! + t * (high[1 - axis]! - low[1 - axis]!));
    }
  });
  return crossings.flatMap((across, at) => {
    const middle = middleOfWidest(across);
    const along = from + (at + 0.5) * step;
    return middle === null ? [] : [axis === 0 ? { x: along, y: middle } : { x: middle, y: along }];
  });
}

/** The least or (sign -1) greatest x and y. */
function least(ring: readonly Corner[], sign: 1 | -1): Corner {
  return ring.reduce(([x, y], corner) => [sign * Math.min(sign * x, sign * corner[0]), sign * Math.min(sign * y, sign * corner[1])]);
}

/** Between each two crossings, from the first on, a line lies in the water. */
function middleOfWidest(crossings: number[]): number | null {
  crossings.sort((a, b) => a - b);
  let [width, middle]: [number, number | null] = [0, null];
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const [near, far] = [crossings[i]!, crossings[i + 1]!];
    if (far - near > width) [width, middle] = [far - near, (near + far) / 2];
  }
  return middle;
}
