/** Where to look: boxes of degrees around the grids of a draft, and around a place. */

import type { Box, ChangeFeature, ChangedMap, Shape } from "./payloads.ts";

const METRES_A_DEGREE = 111_320;

/** So many metres from a place to each side. */
export function squareAround({ lon, lat }: { lon: number; lat: number }, half: number): Box {
  const [dLat, dLon] = [half / METRES_A_DEGREE, half / (METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180))];
  return [lon - dLon, lat - dLat, lon + dLon, lat + dLat];
}

/** Around a grid before and after, or around all that changes; null where nothing is known of it. */
export function boxOfChanges({ features }: ChangedMap, code?: string, side?: ChangeFeature["properties"]["side"]): Box | null {
  const isMeant = (own: ChangeFeature["properties"]) => (code === undefined || own.code === code) && (side === undefined || own.side === side);
  const shapes = features.filter(({ properties }) => isMeant(properties)).map(({ geometry }) => geometry);
  return boxOfShapes(shapes);
}

export function boxOfShapes(shapes: readonly Shape[]): Box | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const shape of shapes) {
    const parts = shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;
    for (const [lon, lat] of parts.flatMap(([outer]) => outer ?? [])) {
      [west, east] = [Math.min(west, lon), Math.max(east, lon)];
      [south, north] = [Math.min(south, lat), Math.max(north, lat)];
    }
  }
  return west <= east ? [west, south, east, north] : null;
}
