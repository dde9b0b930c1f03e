/** GCJ-02 as the browser needs it: the forward and inverse of geo/china_offsets.py. A test holds the two together. */

export interface LonLat {
  lon: number;
  lat: number;
}

const WEST = 72.004;
const SOUTH = 0.8293;
const EAST = 137.8347;
const NORTH = 55.8271;
const KRASOVSKY_A = 6378245;
const KRASOVSKY_E2 = 0.00669342162296594323;
const STEPS = 3; // leave 25 micrometres
const DEGREES = 180 / Math.PI;

/** WGS84 degrees in GCJ-02. Outside a rough box around China nothing moves. */
export function toGcj02({ lon, lat }: LonLat): LonLat {
  return plus({ lon, lat }, offset(lon, lat), 1);
}

/** GCJ-02 degrees in WGS84: the place whose offset leads here. */
export function fromGcj02(there: LonLat): LonLat {
  let found = there;
  for (let step = 0; step < STEPS; step++) found = plus(there, offset(found.lon, found.lat), -1);
  return found;
}

function plus(place: LonLat, by: LonLat, sign: 1 | -1): LonLat {
  return { lon: place.lon + sign * by.lon, lat: place.lat + sign * by.lat };
}

/** Degrees that GCJ-02 adds at a WGS84 place. */
function offset(lon: number, lat: number): LonLat {
  if (lon < WEST || lon > EAST || lat < SOUTH || lat > NORTH) return { lon: 0, lat: 0 };
  const x = lon - 105;
  const y = lat - 35;
  const root = Math.sqrt(Math.abs(x));
  const ripple = 20 * Math.sin(6 * Math.PI * x) + 20 * Math.sin(2 * Math.PI * x);
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ((ripple + waves(y) + swells(y, 160, 320)) * 2) / 3;
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ((ripple + waves(x) + swells(x, 150, 300)) * 2) / 3;
  const phi = lat / DEGREES;
  const w2 = 1 - KRASOVSKY_E2 * Math.sin(phi) ** 2;
  const meridian = (KRASOVSKY_A * (1 - KRASOVSKY_E2)) / (w2 * Math.sqrt(w2));
  const parallel = (KRASOVSKY_A / Math.sqrt(w2)) * Math.cos(phi);
  return { lon: (east / parallel) * DEGREES, lat: (north / meridian) * DEGREES };
}

function waves(t: number): number {
  return 20 * Math.sin(Math.PI * t) + 40 * Math.sin((Math.PI * t) / 3);
}

function swells(t: number, short: number, long: number): number {
  return short * Math.sin((Math.PI * t) / 12) + long * Math.sin((Math.PI * t) / 30);
}
