/** Where the grids of a draft lie, from the map of its changes. */

import type { Box, ChangedMap, Shape } from "./payloads.ts";

/** Around a grid before and after, or around all that changes; null where nothing is known of it. */
export function boxOfChanges({ features }: ChangedMap, code?: string): Box | null {
  const shapes = features.filter(({ properties }) => code === undefined || properties.code === code).map(({ geometry }) => geometry);
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
