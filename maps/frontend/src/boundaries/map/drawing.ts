/**
 * Lines and areas that somebody draws, with geoman: to reshape, to split, to hand over. Its own snapping is off: every press
 * is led to our nodes and lines before geoman hears of it, so that what is drawn begins and ends on them to the millimetre.
 */

import * as L from "leaflet";

import { type Point, project, unproject } from "../../mercator.ts";
import type { Tool } from "../editing.ts";
import type { Target } from "../snapping.ts";
import { outlasts } from "./drawn.ts";
import { addGeoman } from "./geoman.ts";
import { type Surface, placeAt, snapAt } from "./surface.ts";

export const DRAWN: ReadonlySet<Tool> = new Set(["reshape", "split", "transfer"]);

/** A place of what was drawn, and what it snapped to. */
export interface Spot {
  readonly at: Point;
  readonly target: Target | null;
}

export class Drawing {
  /** Called with what was drawn. */
  readonly finished: (tool: Tool, spots: readonly Spot[]) => void;
  private readonly surface: Surface;
  /** What presses snapped to, by where geoman was told that they were. */
  private targets = new Map<string, Target | null>();
  private tool: Tool | null = null;
  /** Whether geoman is on the map, and the map there. */
  private isReady = false;
  /** Geoman on its way. */
  private preparing: Promise<void> | null = null;
  private isClosed = false;

  constructor(surface: Surface, finished: (tool: Tool, spots: readonly Spot[]) => void) {
    this.surface = surface;
    this.finished = finished;
    const { map } = surface;
    const hold = (event: Event) => this.waits && event.stopPropagation(); // before the map hears of it, and geoman
    for (const press of ["click", "dblclick"]) map.getContainer().addEventListener(press, hold, true);
    map.on("click mousemove", (event) => this.lead(event as L.LeafletMouseEvent)); // before geoman listens
    map.on("pm:create", ({ layer }) => this.take(layer as L.Polyline));
    if (!surface.editing.isReadOnly) void this.prepare().catch(() => undefined); // asked for again with a tool
  }

  close(): void {
    this.isClosed = true;
    this.isReady = false;
  }

  /** Whether something is drawn that is not finished. */
  get hasBegun(): boolean {
    return this.targets.size > 0;
  }

  /** Whether what was begun neither goes on nor ends, as its nodes and lines are not to be seen. */
  private get waits(): boolean {
    return this.tool !== null && !this.surface.isEditable;
  }

  /** Draw with a tool, or not at all. What has been begun stays while the map is looked at from farther away. */
  use(tool: Tool): void {
    const { editing, isEditable } = this.surface;
    const goesOn = this.hasBegun && tool === this.tool && outlasts(editing);
    const wanted = DRAWN.has(tool) && (isEditable || goesOn) ? tool : null;
    if (wanted === this.tool) return;
    this.tool = wanted;
    if (wanted) this.require();
    this.restart();
  }

  /** Begin anew. Returns whether anything had been drawn. */
  restart(): boolean {
    const { map, marks } = this.surface;
    const had = this.hasBegun;
    this.targets = new Map();
    if (!this.isReady) return had;
    map.pm.disableDraw();
    if (marks.snap) marks.set({ snap: null });
    if (this.tool) map.pm.enableDraw(this.tool === "transfer" ? "Polygon" : "Line", OPTIONS);
    return had;
  }

  /** Enter sets a point beneath the cross in the middle of the map; twice at one place ends what is drawn. */
  key({ key }: KeyboardEvent): boolean {
    if (!this.tool) return false;
    if (key === "Escape") {
      const had = this.restart();
      this.use(this.surface.editing.tool); // from too far away nothing new is begun
      return had;
    }
    if (key !== "Enter") return false;
    if (this.waits) return true;
    const { map } = this.surface;
    const containerPoint = map.getSize().divideBy(2);
    const latlng = map.containerPointToLatLng(containerPoint);
    const layerPoint = map.containerPointToLayerPoint(containerPoint);
    map.fire("click", { latlng, containerPoint, layerPoint });
    return true;
  }

  /** End what is drawn where it is, as a double click does; too little goes on. */
  end(): void {
    if (this.tool && !this.waits) this.surface.map.fire("dblclick");
  }

  private prepare(): Promise<void> {
    this.preparing ??= this.add().finally(() => (this.preparing = null));
    return this.preparing;
  }

  private async add(): Promise<void> {
    await addGeoman(this.surface.map);
    if (this.isClosed) return;
    this.isReady = true;
    this.restart();
  }

  /** Have geoman, and say so where it does not come; whoever presses then asks for it again. */
  private require(): void {
    if (!this.isReady) void this.prepare().catch((error: unknown) => this.surface.editing.failed(error));
  }

  private lead(event: L.LeafletMouseEvent): void {
    if (!this.tool || this.waits) return;
    if (event.type === "click") this.require();
    if (!this.isReady) return;
    const { marks } = this.surface;
    const snap = snapAt(this.surface, placeAt(this.surface, event.containerPoint));
    if (snap || marks.snap) marks.set({ snap });
    if (snap) {
      const { lon, lat } = unproject(snap.place);
      event.latlng = L.latLng(lat, lon);
    }
    if (event.type === "click") this.targets.set(keyOf(event.latlng), snap);
  }

  private take(layer: L.Polyline): void {
    layer.remove();
    const { tool, targets } = this;
    const latlngs = (layer.getLatLngs() as L.LatLng[] | L.LatLng[][]).flat();
    const spots = latlngs.map((latlng): Spot => {
      const target = targets.get(keyOf(latlng)) ?? null;
      return { at: target?.place ?? project(latlng.lng, latlng.lat), target };
    });
    this.targets = new Map();
    this.surface.marks.set({ snap: null });
    if (tool) this.finished(tool, spots);
  }
}

const OPTIONS: L.PM.DrawModeOptions = {
  snappable: false,
  tooltips: false,
  cursorMarker: false,
  finishOn: "dblclick",
  continueDrawing: true,
  templineStyle: { className: "drawn-line", interactive: false },
  hintlineStyle: { className: "drawn-line hint", interactive: false },
  pathOptions: { className: "drawn-line", interactive: false },
};

function keyOf({ lat, lng }: L.LatLng): string {
  return `${lat} ${lng}`;
}
