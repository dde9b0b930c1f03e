/** The map as it stands at one moment: mercator fractions to CSS pixels, and the transform for long-lived paths. */

import { type Bounds, STEPS, worldSize } from "./mercator.ts";

/** Paths are kept in pixels of this zoom from an origin near the data: canvas counts in 32-bit floats. */
export const PATH_ZOOM = 16;

export class View {
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
  /** Pixels at each edge that are drawn beyond what is seen. */
  readonly margin: number;
  readonly world: number;
  readonly left: number;
  readonly top: number;

  /** left, top: the upper left corner in pixels of the world at this zoom. ratio: device pixels for one CSS pixel. */
  constructor(zoom: number, left: number, top: number, width: number, height: number, ratio: number, margin = 0) {
    this.zoom = zoom;
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.margin = margin;
    this.world = worldSize(zoom);
  }

  /** The same view with a margin around it, as it is drawn to have something to show while the map is dragged. */
  widened(margin: number, ratio = this.ratio): View {
    const { zoom, left, top, width, height } = this;
    return new View(zoom, left - margin, top - margin, width + 2 * margin, height + 2 * margin, ratio, margin);
  }

  /** Whether another view lies within this one, at the same zoom. */
  covers(other: View): boolean {
    const right = other.left + other.width <= this.left + this.width;
    const bottom = other.top + other.height <= this.top + this.height;
    return this.zoom === other.zoom && other.left >= this.left && other.top >= this.top && right && bottom;
  }

  x(fraction: number): number {
    return fraction * this.world - this.left;
  }

  y(fraction: number): number {
    return fraction * this.world - this.top;
  }

  /** Fractions at a pixel. */
  at(x: number, y: number): { x: number; y: number } {
    return { x: (x + this.left) / this.world, y: (y + this.top) / this.world };
  }

  /** The part of the world in view and a margin of pixels around it. */
  bounds(margin = 0): Bounds {
    const { x: left, y: top } = this.at(-margin, -margin);
    const { x: right, y: bottom } = this.at(this.width + margin, this.height + margin);
    return { left, top, right, bottom };
  }

  shows(bounds: Bounds): boolean {
    const mine = this.bounds();
    return (
      bounds.left <= mine.right && bounds.right >= mine.left && bounds.top <= mine.bottom && bounds.bottom >= mine.top
    );
  }

  /** Pixels across the longer side. */
  across({ left, top, right, bottom }: Bounds): number {
    return Math.max(right - left, bottom - top) * this.world;
  }

  /** CSS pixels for one unit of a path. */
  get pathScale(): number {
    return this.world / worldSize(PATH_ZOOM);
  }

  /** What is in view and some more, as left, top, width and height in units of a path. */
  inPaths(origin: { x: number; y: number }): [number, number, number, number] {
    const scale = this.pathScale;
    const [left, top] = [-this.x(origin.x) / scale, -this.y(origin.y) / scale];
    return [left - 1, top - 1, this.width / scale + 2, this.height / scale + 2];
  }

  useScreen(context: CanvasRenderingContext2D): void {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
  }

  usePaths(context: CanvasRenderingContext2D, origin: { x: number; y: number }): void {
    const scale = this.pathScale * this.ratio;
    context.setTransform(scale, 0, 0, scale, this.x(origin.x) * this.ratio, this.y(origin.y) * this.ratio);
  }
}

/** Ranges of snapshot steps that a view shows, for scanning columns without turning them into pixels. */
export function stepRange(bounds: Bounds): { left: number; top: number; right: number; bottom: number } {
  const clamp = (value: number) => Math.max(0, Math.min(STEPS - 1, value));
  return {
    left: clamp(Math.floor(bounds.left * STEPS)),
    top: clamp(Math.floor(bounds.top * STEPS)),
    right: clamp(Math.ceil(bounds.right * STEPS)),
    bottom: clamp(Math.ceil(bounds.bottom * STEPS)),
  };
}
