/**
 * Metres of the store's coordinate system at any place, by the nodes around it, of which they are known to the millimetre.
 *
 * A projection that keeps angles is, as complex numbers, a smooth function of any other: here of the mercator of the
 * ellipsoid. Through three nodes that lie far apart it is known to some millimetres in between, whatever the projection is.
 */

import { type Point, unproject } from "../mercator.ts";
import { distanceOf } from "./geometry.ts";
import type { Millimetres } from "./payloads.ts";

/** A place in fractions of the mercator world, and its millimetres. */
export interface Known extends Point {
  readonly mm: Millimetres;
}

type Complex = readonly [number, number];

/** East and north in millimetres at a place; null where fewer than three nodes lie apart. */
export type Plane = (at: Point) => Millimetres;

export function planeOf(nodes: Iterable<Known>): Plane | null {
  const all = [...nodes];
  const first = all[0];
  const second = first && farthest(all, (node) => distanceOf(node, first));
  const third = second && farthest(all, (node) => Math.min(distanceOf(node, first), distanceOf(node, second)));
  if (!third || !distanceOf(first, second) || !Math.min(distanceOf(third, first), distanceOf(third, second))) return null;
  const [a, b, c] = [first, second, third].map(placeOf) as [Complex, Complex, Complex];
  const slope = over(minus(second.mm, first.mm), minus(b, a));
  const next = over(minus(third.mm, second.mm), minus(c, b));
  const bend = over(minus(next, slope), minus(c, a));
  return (at) => {
    const place = placeOf(at);
    const rise = plus(slope, times(minus(place, b), bend));
    const [east, north] = plus(first.mm, times(minus(place, a), rise));
    return [Math.round(east), Math.round(north)];
  };
}

function farthest(nodes: readonly Known[], distance: (node: Known) => number): Known {
  return nodes.reduce((one, other) => (distance(other) > distance(one) ? other : one));
}

const ECCENTRICITY = 0.0818191908426; // of WGS84

/** The mercator of the ellipsoid, north up. The web's is that of a ball, and does not keep its angles. */
function placeOf(at: Point): Complex {
  const { lon, lat } = unproject(at);
  const sine = Math.sin((lat * Math.PI) / 180);
  return [(lon * Math.PI) / 180, Math.atanh(sine) - ECCENTRICITY * Math.atanh(ECCENTRICITY * sine)];
}

function plus([a, b]: Complex, [c, d]: Complex): Complex {
  return [a + c, b + d];
}

function minus([a, b]: Complex, [c, d]: Complex): Complex {
  return [a - c, b - d];
}

function times([a, b]: Complex, [c, d]: Complex): Complex {
  return [a * c - b * d, a * d + b * c];
}

function over([a, b]: Complex, [c, d]: Complex): Complex {
  const size = c * c + d * d;
  return [(a * c + b * d) / size, (b * c - a * d) / size];
}
