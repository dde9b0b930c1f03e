/**
 * Geometry to canvas paths, in pixels of PATH_ZOOM from an origin near the data.
 *
 * Paths are written as SVG path text and parsed at once: adding to a Path2D point by point takes time that grows with the
 * square of its length (Chromium 156: 2 s for 80,000 points, 27 ms as text).
 */

import { type Bounds, type Point, project, worldSize } from "./mercator.ts";
import { PATH_ZOOM } from "./view.ts";

const SIZE = worldSize(PATH_ZOOM);
const PARTS = 100; // hundredths of a pixel: two centimetres on the ground

export interface Geometry {
  type: string;
  coordinates: unknown;
}

export class PathText {
  /** What the path covers, in mercator fractions. */
  readonly bounds: Bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  private readonly origin: Point;
  private readonly parts: string[] = [];
  private readonly step: number;
  private lastX = NaN;
  private lastY = NaN;

  /** fineness: distance of the lattice that vertices go to, in units of a path; as fine as paths are if not said. */
  constructor(origin: Point, fineness = 0) {
    this.origin = origin;
    this.step = Math.max(1, Math.round(fineness * PARTS));
  }

  get text(): string {
    return this.parts.join("");
  }

  toPath(): Path2D {
    return new Path2D(this.text);
  }

  /** Flat mercator fractions as one subpath. */
  addLine(line: ArrayLike<number>, close = false): this {
    for (let i = 0; i + 1 < line.length; i += 2) this.point(i === 0 ? "M" : "L", line[i]!, line[i + 1]!);
    if (close) this.parts.push("Z");
    return this;
  }

  /** GeoJSON in lon/lat; polygons are closed, lines are not, points are left out. */
  addGeometry({ type, coordinates }: Geometry): this {
    if (type === "LineString") this.addPositions(coordinates as number[][], false);
    else if (type === "MultiLineString") this.addAll(coordinates as number[][][], false);
    else if (type === "Polygon") this.addAll(coordinates as number[][][], true);
    else if (type === "MultiPolygon") for (const rings of coordinates as number[][][][]) this.addAll(rings, true);
    return this;
  }

  private addAll(lines: readonly number[][][], close: boolean): void {
    for (const line of lines) this.addPositions(line, close);
  }

  private addPositions(positions: readonly number[][], close: boolean): void {
    positions.forEach((position, i) => {
      const { x, y } = project(position[0]!, position[1]!);
      this.point(i === 0 ? "M" : "L", x, y);
    });
    if (close) this.parts.push("Z");
  }

  private point(command: "M" | "L", x: number, y: number): void {
    const { bounds, origin, step } = this;
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
    const scale = (SIZE * PARTS) / step;
    const px = Math.round((x - origin.x) * scale);
    const py = Math.round((y - origin.y) * scale);
    if (command === "L" && px === this.lastX && py === this.lastY) return;
    this.lastX = px;
    this.lastY = py;
    this.parts.push(`${command}${(px * step) / PARTS} ${(py * step) / PARTS}`);
  }
}
