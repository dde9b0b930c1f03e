/** The whole district, small, with the frame of the view: where am I, and a click away. */

import type * as L from "leaflet";

import { type Bounds, unproject } from "./mercator.ts";
import type { Session } from "./session.ts";
import { type Palette, shade } from "./theme.ts";
import type { View } from "./view.ts";

const WIDTH = 128; // in sixteenths of a rem, as all below
const MAX_HEIGHT = 200;
const REM = 16;
const MIN_SIDE = 24; // of a district that is a line or a point
const MIN_FRAME = 7;

/** Where the district lies in the picture: its upper left corner in fractions of the world, pixels for one of them. */
export interface Fit {
  left: number;
  top: number;
  scale: number;
  width: number;
  height: number;
}

/** Null for a district without any extent, which nobody can be shown. */
export function fitOf({ left, top, right, bottom }: Bounds): Fit | null {
  const [across, down] = [right - left, bottom - top];
  const scale = Math.min(WIDTH / across, MAX_HEIGHT / down);
  if (!Number.isFinite(scale)) return null;
  const [width, height] = [Math.max(MIN_SIDE, Math.ceil(across * scale)), Math.max(MIN_SIDE, Math.ceil(down * scale))];
  const spare = (size: number, extent: number) => (size / scale - extent) / 2;
  return { left: left - spare(width, across), top: top - spare(height, down), scale, width, height };
}

export class Locator {
  private readonly session: Session;
  private readonly host: HTMLElement;
  private readonly canvas = document.createElement("canvas");
  private readonly caption = document.createElement("p");
  private base: HTMLCanvasElement | null = null;
  private madeFor = "";
  private drawnFor = "";
  private frame = 0;

  constructor(session: Session, host: HTMLElement, map: L.Map) {
    this.session = session;
    this.host = host;
    host.append(this.canvas, this.caption);
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.addEventListener("click", (event) => {
      const fit = this.fit();
      if (!fit) return;
      const scale = (fit.scale * this.canvas.clientWidth) / fit.width;
      const at = unproject({ x: fit.left + event.offsetX / scale, y: fit.top + event.offsetY / scale });
      map.panTo([at.lat, at.lon]);
    });
  }

  /** Come or go with the view, before the labels are placed between the panels. What is in it may be drawn a frame later. */
  draw(view: View, palette: Palette): void {
    const fit = this.fit();
    const bounds = this.session.board.bounds();
    const seen = view.bounds();
    const all = bounds && seen.left < bounds.left && seen.right > bounds.right && seen.top < bounds.top && seen.bottom > bounds.bottom;
    this.host.hidden = !fit || Boolean(all);
    if (!fit || this.host.hidden) return;
    const { words } = this.session;
    const shown = [this.key(view.ratio), Object.values(seen), words.locale].join();
    if (shown === this.drawnFor) return;
    this.drawnFor = shown;
    const caption = this.session.board.config!.me.whole ? words.wholeDistrict : words.yourArea;
    // The same words put again are a new text: all panels would be laid out once more before the labels go between them.
    if (this.caption.textContent !== caption) this.caption.textContent = caption;
    this.canvas.style.width = `${fit.width / REM}rem`;
    this.canvas.style.height = `${fit.height / REM}rem`;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint(fit, view, palette));
  }

  private paint(fit: Fit, view: View, palette: Palette): void {
    const { canvas } = this;
    const seen = view.bounds();
    canvas.width = fit.width * view.ratio;
    canvas.height = fit.height * view.ratio;
    const context = canvas.getContext("2d")!;
    context.drawImage(this.made(fit, view.ratio, palette), 0, 0);
    context.scale(view.ratio, view.ratio);
    context.strokeStyle = palette.colours.accent;
    context.lineWidth = 2;
    const [left, right] = side(seen.left, seen.right, fit.left, fit.scale, fit.width);
    const [top, bottom] = side(seen.top, seen.bottom, fit.top, fit.scale, fit.height);
    context.strokeRect(left, top, right - left, bottom - top);
  }

  private fit(): Fit | null {
    const bounds = this.session.board.bounds();
    return bounds && fitOf(bounds);
  }

  private key(ratio: number): string {
    const { board, state } = this.session;
    return [board.figuresKey(state.figure), state.figure, state.theme, ratio].join();
  }

  /** The shaded district, made again when figures, figure or theme change. */
  private made(fit: Fit, ratio: number, palette: Palette): HTMLCanvasElement {
    const { board, state } = this.session;
    const key = this.key(ratio);
    if (this.base && key === this.madeFor) return this.base;
    this.madeFor = key;
    this.base = document.createElement("canvas");
    this.base.width = fit.width * ratio;
    this.base.height = fit.height * ratio;
    const context = this.base.getContext("2d")!;
    context.scale(ratio, ratio);
    context.lineWidth = 0.3;
    context.strokeStyle = palette.colours["m-street"];
    const steps = new Map(
      board.subdistricts.map(({ area, grids }) => [area.code, board.shaded(state.figure, grids, true).step]),
    );
    for (const grid of board.grids.values()) {
      const step = steps.size > 1 ? steps.get(grid.subdistrict) : board.shaded(state.figure, [grid], false).step;
      context.fillStyle = palette.colours[shade(step ?? 0)];
      context.beginPath();
      for (const ring of grid.rings) {
        for (let i = 0; i < ring.length; i += 2) {
          const x = (ring[i]! - fit.left) * fit.scale;
          const y = (ring[i + 1]! - fit.top) * fit.scale;
          if (i === 0) context.moveTo(x, y);
          else context.lineTo(x, y);
        }
      }
      context.fill();
      context.stroke();
    }
    return this.base;
  }
}

/** One side of the frame: never smaller than can be seen, never beyond the picture. */
function side(from: number, to: number, origin: number, scale: number, length: number): [number, number] {
  const middle = ((from + to) / 2 - origin) * scale;
  const half = Math.max(MIN_FRAME, (to - from) * scale) / 2;
  const clamp = (value: number) => Math.max(1, Math.min(length - 1, value));
  return [clamp(middle - half), clamp(middle + half)];
}
