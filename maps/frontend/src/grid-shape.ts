/** One grid as it is drawn and clicked: rings in mercator fractions, its box, and the best place for its label. */

import polylabel from "polylabel";

import { type Bounds, type Point, project } from "./mercator.ts";
import type { GridFeature, GridProperties } from "./payloads.ts";
import { contains } from "./topology.ts";

export interface Anchor extends Point {
  /** Radius of the largest circle around the anchor that the grid holds. */
  radius: number;
}

export class GridShape {
  readonly properties: GridProperties;
  readonly subdistrict: string;
  readonly rings: Float64Array[];
  readonly bounds: Bounds;
  private readonly largest: Float64Array[];
  private found: Anchor | null = null;

  constructor(feature: GridFeature, subdistrict: string) {
    this.properties = feature.properties;
    this.subdistrict = subdistrict;
    const geometry = feature.geometry;
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const parts = polygons.map((polygon) => polygon.map(toMercator));
    this.rings = parts.flat();
    this.bounds = boundsOf(this.rings);
    this.largest = parts.reduce((a, b) => (area(b[0]!) > area(a[0]!) ? b : a));
  }

  /** Centre of the largest inscribed circle of the largest part. Found when first asked for: most grids are off screen. */
  get anchor(): Anchor {
    if (!this.found) {
      const { left, top, right, bottom } = this.bounds;
      const polygon = this.largest.map((ring) => pairs(ring));
      const precision = Math.max(right - left, bottom - top) / 20; // a label moves by less than anyone sees
      const at = polylabel(polygon, precision);
      this.found = { x: at[0]!, y: at[1]!, radius: at.distance };
    }
    return this.found;
  }

  contains(x: number, y: number): boolean {
    const { left, top, right, bottom } = this.bounds;
    return x >= left && x <= right && y >= top && y <= bottom && contains(this.rings, x, y);
  }
}

function toMercator(ring: number[][]): Float64Array {
  const flat = new Float64Array(ring.length * 2);
  ring.forEach((position, i) => {
    const { x, y } = project(position[0]!, position[1]!);
    flat[2 * i] = x;
    flat[2 * i + 1] = y;
  });
  return flat;
}

function boundsOf(rings: readonly Float64Array[]): Bounds {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      bounds.left = Math.min(bounds.left, ring[i]!);
      bounds.right = Math.max(bounds.right, ring[i]!);
      bounds.top = Math.min(bounds.top, ring[i + 1]!);
      bounds.bottom = Math.max(bounds.bottom, ring[i + 1]!);
    }
  }
  return bounds;
}

function area(ring: Float64Array): number {
  let doubled = 0;
  for (let i = 0; i + 3 < ring.length; i += 2) doubled += ring[i]! * ring[i + 3]! - ring[i + 2]! * ring[i + 1]!;
  return Math.abs(doubled) / 2;
}

function pairs(ring: Float64Array): [number, number][] {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!]);
}
