/**
 * The canvases of the map. Painters draw on them in a fixed order; this file decides when.
 *
 * Everything is drawn at rest, with a margin around the view. While the map is dragged the canvases move with it and
 * nothing is drawn, until the margin is used up; while it is zoomed they are scaled. So a drag costs no more than moving
 * pictures, however much is on them. Labels are placed at rest and have no margin: they may stand nowhere else.
 */

import * as L from "leaflet";

import { type Palette, readPalette } from "./theme.ts";
import { View } from "./view.ts";

/** Beneath the tiles of a base map, and only where there is one: its layer makes the pane of this name. */
export const BACKDROP = "backdrop";

/** Few, because without a graphics card each costs as much as the screen is large. */
export const SURFACES = [BACKDROP, "ground", "points", "labels"] as const;
export type Surface = (typeof SURFACES)[number];

const MARGIN = 0.15; // of the longer side of the view,
const MAX_MARGIN = 256; // and so many pixels at most

/** Lines and shades look the same with more to a pixel of the page, and cost a phone half its time. Words do not. */
const MAX_DENSITY = 2;

export interface Frame {
  context: CanvasRenderingContext2D;
  view: View;
  palette: Palette;
  /** False while the map moves. */
  atRest: boolean;
  /** Whether tiles lie between the backdrop and the ground. */
  overTiles: boolean;
}

export interface Painter {
  surface: Surface;
  /** Lower is drawn first. */
  order: number;
  /**
   * What of the reader's choices and of live changes it draws in a view: once that differs the surface is drawn again, and
   * only then. Anything else, such as a part that came, is said with ``invalidate``. Without it: neither is in the picture.
   */
  shows?(view: View): string;
  paint(frame: Frame): void;
}

/** What of a sheet no choice and no live change alters, between what one does. */
interface Picture {
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
}

interface Sheet {
  surface: Surface;
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
  drawn: View | null;
  stale: boolean;
  /** What its painters showed when it was drawn. */
  shown: string;
  /** Kept so that a choice draws anew only what shows it: the shades, and not all roads and lines. */
  pictures: Picture[];
}

export class Stage extends L.Layer {
  private readonly map: L.Map;
  palette: Palette | null = null;
  /** Pixels of the page for one of the map: the map of a wall screen is a desk's, drawn so much larger. */
  scale = 1;
  private readonly painters: Painter[] = [];
  private readonly sheets = new Map<Surface, Sheet>();
  private frame = 0;
  private moving = false;
  /** Nothing is drawn: there is nothing to draw yet. */
  private held = false;
  /** Called before anything is drawn: what may move panels, which labels keep clear of. Set by the page. */
  prepare: () => void = () => {};
  private readonly restListeners: (() => void)[] = [];
  private readonly scaleListeners: (() => void)[] = [];

  /** map: where it is going to be; layers ask before the map has a view and takes it in. */
  constructor(map: L.Map) {
    super();
    this.map = map;
  }

  add(painter: Painter): void {
    this.painters.push(painter);
    this.painters.sort((a, b) => a.order - b.order);
    this.invalidate(painter.surface);
  }

  removePainter(painter: Painter): void {
    this.painters.splice(this.painters.indexOf(painter), 1);
    this.invalidate(painter.surface);
  }

  /** Called after every drawing at rest. */
  onRest(listener: () => void): void {
    this.restListeners.push(listener);
  }

  /** Called whenever the map is enlarged otherwise than before. */
  onScale(listener: () => void): void {
    this.scaleListeners.push(listener);
  }

  invalidate(...surfaces: Surface[]): void {
    for (const surface of surfaces.length ? surfaces : SURFACES) {
      const sheet = this.sheets.get(surface);
      if (sheet) sheet.stale = true;
    }
    this.schedule();
  }

  hold(): void {
    this.held = true;
  }

  /** There is something to draw now: in this frame. */
  release(): void {
    this.held = false;
    this.invalidate();
    this.drawNow();
  }

  get atRest(): boolean {
    return !this.moving;
  }

  /** The reader chose something, or a change came: draw the surfaces on which that is seen. */
  revise(): void {
    this.schedule();
  }

  /** Here alone the map is enlarged: it keeps counting in its own pixels, and its canvases have those of the screen. */
  setScale(scale: number): void {
    this.scale = scale;
    document.documentElement.style.setProperty("--map-scale", String(scale));
    (this._map as L.Map | undefined)?.invalidateSize({ animate: false }); // none before the first view
    for (const listener of this.scaleListeners) listener();
    this.invalidate();
  }

  readTheme(): void {
    this.palette = readPalette();
    this.invalidate();
  }

  /** Where land and water go: beneath the tiles of a base map, if there is one. */
  get lowest(): Surface {
    return this.map.getPane(BACKDROP) ? BACKDROP : "ground";
  }

  view(): View {
    const map = this._map;
    const { x: width, y: height } = map.getSize();
    const corner = map.getPixelBounds().min!;
    return new View(map.getZoom(), corner.x, corner.y, width, height, (window.devicePixelRatio || 1) * this.scale);
  }

  override onAdd(map: L.Map): this {
    for (const surface of SURFACES) {
      const pane = surface === BACKDROP ? map.getPane(BACKDROP) : map.getPanes().overlayPane;
      if (!pane) continue;
      const canvas = document.createElement("canvas");
      canvas.className = `leaflet-zoom-animated sheet sheet-${surface}`;
      const context = canvas.getContext("2d", { alpha: surface !== this.lowest })!;
      pane.append(canvas);
      this.sheets.set(surface, { surface, canvas, context, drawn: null, stale: true, shown: "", pictures: [] });
    }
    this.palette = readPalette();
    this.schedule();
    return this;
  }

  override onRemove(): this {
    cancelAnimationFrame(this.frame);
    for (const { canvas } of this.sheets.values()) canvas.remove();
    this.sheets.clear();
    return this;
  }

  override getEvents(): Record<string, L.LeafletEventHandlerFn> {
    return {
      movestart: () => (this.moving = true),
      move: () => this.follow(),
      zoom: () => this.carry(),
      moveend: () => {
        this.moving = false;
        this.invalidate();
      },
      resize: () => this.invalidate(),
      viewreset: () => this.invalidate(),
      zoomanim: (event) => this.scaleTo(event as L.ZoomAnimEvent),
    };
  }

  private schedule(): void {
    if (!this._map || this.held || this.frame) return;
    this.frame = requestAnimationFrame(() => this.drawNow());
  }

  private drawNow(): void {
    if (!this.frame) return;
    this.prepare();
    cancelAnimationFrame(this.frame);
    this.frame = 0; // what was found stale meanwhile is drawn now, not in a frame of its own
    this.draw();
  }

  private draw(): void {
    const view = this.view();
    if (!view.width || !view.height) return;
    for (const [surface, sheet] of this.sheets) {
      if (surface === "labels" && this.moving) continue; // placed at rest
      const shown = this.shownOn(surface, view);
      if (!sheet.stale && sheet.shown === shown) continue;
      sheet.shown = shown;
      if (sheet.stale || !sheet.drawn) this.drawSheet(sheet, view);
      else this.paintSheet(sheet, sheet.drawn, true); // where it lies, though the map may have moved on
    }
    if (!this.moving) for (const listener of this.restListeners) listener();
  }

  private shownOn(surface: Surface, view: View): string {
    return this.painters.map((painter) => (painter.surface === surface && painter.shows?.(view)) || "").join(" ");
  }

  private drawSheet(sheet: Sheet, seen: View): void {
    const { canvas } = sheet;
    const density = Math.min(seen.ratio, MAX_DENSITY * this.scale);
    const view = sheet.surface === "labels" ? seen : seen.widened(marginOf(seen), density);
    canvas.style.width = `${view.width}px`;
    canvas.style.height = `${view.height}px`;
    this.paintSheet(sheet, view, false);
    sheet.drawn = view;
    sheet.stale = false;
    L.DomUtil.setTransform(canvas, this._map.containerPointToLayerPoint([-view.margin, -view.margin]), 1);
  }

  /** isKept: whether what no choice alters is as it was. */
  private paintSheet(sheet: Sheet, view: View, isKept: boolean): void {
    const painters = this.painters.filter(({ surface }) => surface === sheet.surface);
    empty(sheet, view);
    // On the ground alone there is much that no choice alters.
    if (this.moving || sheet.surface !== "ground") return this.paint(painters, sheet.context, view);
    runs(painters).forEach((run, at) => {
      if (run[0]!.shows) return this.paint(run, sheet.context, view);
      const picture = (sheet.pictures[at] ??= newPicture());
      if (!isKept) {
        empty(picture, view);
        this.paint(run, picture.context, view);
      }
      sheet.context.setTransform(1, 0, 0, 1, 0, 0);
      sheet.context.drawImage(picture.canvas, 0, 0);
    });
  }

  private paint(painters: readonly Painter[], context: CanvasRenderingContext2D, view: View): void {
    const overTiles = this.lowest === BACKDROP;
    for (const painter of painters) {
      context.save();
      painter.paint({ context, view, palette: this.palette!, atRest: !this.moving, overTiles });
      context.restore();
    }
  }

  /** A drag that leaves the margin is drawn again; within it the canvases have moved along already. */
  private follow(): void {
    const ground = this.sheets.get("ground")!.drawn;
    const view = this.view();
    if (ground && ground.zoom === view.zoom && !ground.covers(view)) this.invalidate(BACKDROP, "ground", "points");
  }

  /** A zoom that moves frame by frame, such as a flight or a pinch, carries the pictures until it rests. */
  private carry(): void {
    const view = this.view();
    for (const { canvas, drawn } of this.sheets.values()) {
      if (!drawn) continue;
      const scale = view.world / drawn.world;
      const offset = L.point(drawn.left * scale - view.left, drawn.top * scale - view.top);
      L.DomUtil.setTransform(canvas, this._map.containerPointToLayerPoint(offset), scale);
    }
  }

  private scaleTo(event: L.ZoomAnimEvent): void {
    const scale = this._map.getZoomScale(event.zoom);
    for (const { canvas, drawn } of this.sheets.values()) {
      if (!drawn) continue;
      const corner = this._map.unproject([drawn.left, drawn.top], drawn.zoom);
      const to = (this._map as ZoomingMap)._latLngToNewLayerPoint(corner, event.zoom, event.center);
      L.DomUtil.setTransform(canvas, to, scale);
    }
  }
}

/** Painters next to each other that all show choices, or all show none. */
function runs(painters: readonly Painter[]): Painter[][] {
  const found: Painter[][] = [];
  for (const painter of painters) {
    const last = found.at(-1);
    if (last && !last[0]!.shows === !painter.shows) last.push(painter);
    else found.push([painter]);
  }
  return found;
}

function newPicture(): Picture {
  const canvas = document.createElement("canvas");
  return { canvas, context: canvas.getContext("2d")! };
}

/** Bring a canvas to the size of a view, with nothing on it. */
function empty({ canvas, context }: Picture, view: View): void {
  const width = Math.round(view.width * view.ratio);
  const height = Math.round(view.height * view.ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  } else {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
  }
}

function marginOf({ width, height }: View): number {
  return Math.min(MAX_MARGIN, Math.round(MARGIN * Math.max(width, height)));
}

/** Where Leaflet's own renderers ask, too. */
interface ZoomingMap extends L.Map {
  _latLngToNewLayerPoint(latlng: L.LatLng, zoom: number, center: L.LatLng): L.Point;
}

const stages = new WeakMap<L.Map, Stage>();

/** The one stage of a map. */
export function stageOf(map: L.Map): Stage {
  let stage = stages.get(map);
  if (!stage) {
    stage = new Stage(map);
    stages.set(map, stage);
    map.addLayer(stage);
  }
  return stage;
}
