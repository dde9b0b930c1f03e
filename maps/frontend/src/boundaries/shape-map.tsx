/** Grids before and after as a plain picture: what went dashed, what came in the accent. */

import type { Desk } from "./desk.ts";
import { ringsOfShape } from "./geometry.ts";
import type { Box, ChangedMap, Shape } from "./payloads.ts";
import { boxOfChanges } from "./places.ts";

const [WIDTH, HEIGHT, EDGE] = [640, 480, 16];

/** From degrees to the picture, as wide as high in metres. */
export function projectionOf([west, south, east, north]: Box): (place: readonly [number, number]) => string {
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min((WIDTH - 2 * EDGE) / Math.max((east - west) * narrow, 1e-9), (HEIGHT - 2 * EDGE) / Math.max(north - south, 1e-9));
  const [left, top] = [(WIDTH - (east - west) * narrow * scale) / 2, (HEIGHT - (north - south) * scale) / 2];
  return ([lon, lat]) => `${((lon - west) * narrow * scale + left).toFixed(1)},${((north - lat) * scale + top).toFixed(1)}`;
}

export function ShapeMap({ desk, map, code }: { desk: Desk; map: ChangedMap; code: string | null }) {
  const { words } = desk;
  const box = (code !== null && boxOfChanges(map, code)) || boxOfChanges(map);
  if (!box) return null;
  const at = projectionOf(box);
  const sides = (["before", "after"] as const).map((side) => map.features.filter(({ properties }) => properties.side === side));
  return (
    <figure class="shape-map">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words.difference}>
        {sides.flat().map(({ properties, geometry }, row) => (
          <path key={row} class={properties.code === code ? `${properties.side} chosen` : properties.side} d={pathOf(geometry, at)} />
        ))}
      </svg>
      <figcaption>
        <span class="before">{words.before}</span>
        <span class="after">{words.after}</span>
      </figcaption>
    </figure>
  );
}

/** The rings of a shape as the lines of an SVG path. */
export function pathOf(shape: Shape, at: (place: readonly [number, number]) => string): string {
  return ringsOfShape(shape)
    .map((ring) => `M${ring.map(([lon, lat]) => at([lon!, lat!])).join("L")}Z`)
    .join("");
}
