/** Web mercator as fractions of the world: x to the east, y to the south, both in [0, 1). */

export const TILE = 256;
export const STEPS = 2 ** 32; // snapshots carry fractions as unsigned 32-bit steps

const MAX_LATITUDE = 85.05112877980659;

export interface Point {
  x: number;
  y: number;
}

export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function project(lon: number, lat: number): Point {
  const sine = Math.sin((Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, lat)) * Math.PI) / 180);
  const y = 0.5 - Math.atanh(sine) / (2 * Math.PI);
  return { x: (lon + 180) / 360, y: Math.max(0, Math.min(1, y)) };
}

export function unproject({ x, y }: Point): { lon: number; lat: number } {
  return { lon: x * 360 - 180, lat: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI };
}

/** CSS pixels that span the world at a zoom. */
export function worldSize(zoom: number): number {
  return TILE * 2 ** zoom;
}

/** Metres on the ground for one CSS pixel at a latitude and zoom. */
export function metresPerPixel(lat: number, zoom: number): number {
  return (40_075_016.686 * Math.cos((lat * Math.PI) / 180)) / worldSize(zoom);
}

export function boundsOf(west: number, south: number, east: number, north: number): Bounds {
  const { x: left, y: top } = project(west, north);
  const { x: right, y: bottom } = project(east, south);
  return { left, top, right, bottom };
}

export function intersection(bounds: Bounds, other: Bounds): Bounds {
  return {
    left: Math.max(bounds.left, other.left),
    top: Math.max(bounds.top, other.top),
    right: Math.min(bounds.right, other.right),
    bottom: Math.min(bounds.bottom, other.bottom),
  };
}

/** Points spread evenly over a box, so many across and down, nearest to its middle first. */
export function lattice({ left, top, right, bottom }: Bounds, count: number): Point[] {
  const parts = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  const points = parts.flatMap((u) => parts.map((v) => ({ u, v })));
  points.sort((a, b) => Math.hypot(a.u - 0.5, a.v - 0.5) - Math.hypot(b.u - 0.5, b.v - 0.5));
  return points.map(({ u, v }) => ({ x: left + u * (right - left), y: top + v * (bottom - top) }));
}

export function grow(bounds: Bounds, other: Bounds): Bounds {
  return {
    left: Math.min(bounds.left, other.left),
    top: Math.min(bounds.top, other.top),
    right: Math.max(bounds.right, other.right),
    bottom: Math.max(bounds.bottom, other.bottom),
  };
}
