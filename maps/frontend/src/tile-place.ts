/**
 * Where a tile of another datum lies on our map: each tile is moved and stretched so that its corners come to lie where
 * their places are in WGS84. The offset of GCJ-02 changes by up to 3 mm a metre, so one offset for a whole view would be
 * 3 pixels wrong at the edges of a desk and 7 on a wall; within one tile what is left stays below a pixel.
 */

import { type LonLat, fromGcj02, toGcj02 } from "./china-offsets.ts";
import { type Bounds, type Point, TILE, project, unproject } from "./mercator.ts";

/** CGCS2000 is WGS84 here: they differ by decimetres. */
export type Datum = "wgs84" | "cgcs2000" | "gcj02";

const same = (place: LonLat) => place;

/** Fractions of the world in WGS84 where the base map has the place that is given in its own fractions. */
export function onOurMap(point: Point, datum: Datum): Point {
  return moved(point, datum === "gcj02" ? fromGcj02 : same);
}

/** The base map's own fractions for a place given in fractions of the world in WGS84. */
export function onBaseMap(point: Point, datum: Datum): Point {
  return moved(point, datum === "gcj02" ? toGcj02 : same);
}

function moved(point: Point, move: (place: LonLat) => LonLat): Point {
  if (move === same) return point;
  const { lon, lat } = move(unproject(point));
  return project(lon, lat);
}

/**
 * How many zooms finer than the map tiles are asked for, so that each of their pixels is about one of the screen: a wall
 * screen draws its map three times as large. Where the map is not enlarged, none: the words on tiles would shrink with them.
 */
export function finer(scale: number, devicePixels: number): number {
  return scale === 1 ? 0 : Math.max(0, Math.round(Math.log2(scale * devicePixels)));
}

/**
 * The box of a tile in whole pixels of the tiles' world, which has `offset` zooms more than ours, given in pixels of our
 * world at our zoom. Neighbours share their edges: right and bottom are where the upper left corners of the next tiles lie.
 */
export function tileBox(x: number, y: number, zoom: number, datum: Datum, offset = 0): Bounds {
  const { x: left, y: top } = corner(x, y, zoom + offset, datum);
  const part = 2 ** -offset;
  return {
    left: left * part,
    top: top * part,
    right: corner(x + 1, y, zoom + offset, datum).x * part,
    bottom: corner(x, y + 1, zoom + offset, datum).y * part,
  };
}

function corner(x: number, y: number, zoom: number, datum: Datum): Point {
  const tiles = 2 ** zoom;
  if (datum !== "gcj02") return { x: x * TILE, y: y * TILE };
  const at = onOurMap({ x: x / tiles, y: y / tiles }, datum);
  return { x: Math.round(at.x * tiles * TILE), y: Math.round(at.y * tiles * TILE) };
}
