/** Moving the map for the reader: home, fit, fly, always into the part that no panel covers. */

import * as L from "leaflet";

import type { GridShape } from "./grid-shape.ts";
import type { Box } from "./labels.ts";
import { type Bounds, type Point, boundsOf, grow, unproject } from "./mercator.ts";
import { isReduced } from "./motion.ts";
import type { Session } from "./session.ts";
import { stageOf } from "./stage.ts";
import { ALL_UNITS_FROM, DISTRICT_UNTIL } from "./story.ts";

/** On a desk the bar, the figures and the panel lie beside the map, on a phone over it. */
const BESIDE = ".bar, .past, .kpi-item, .sheet-body, .foot > *, .banner, .toast";
const FLOATING = `.floating, ${BESIDE}`;
/** What home is moved clear of: not the locator, which comes with the first drawing and goes by the view. */
const LASTING = `.floating:not(.locator), ${BESIDE}`;
const MARGIN = 4;
const FLIGHT_S = 0.32;
const GRID_ZOOM = 14.4;
const SUBDISTRICT_ZOOM = 13.3;
const MAX_HOME_ZOOM = 15;
const MAX_GROWTH = 1.35; // so much wider may home be, to show all of the worst three

export class MapTools {
  readonly map: L.Map;
  private readonly frame: HTMLElement;
  private readonly session: Session;

  constructor(map: L.Map, frame: HTMLElement, session: Session) {
    this.map = map;
    this.frame = frame;
    this.session = session;
  }

  /** Everything that lies over the map, in pixels of the map. */
  panels(which = FLOATING): Box[] {
    const frame = this.frame.getBoundingClientRect();
    const { scale } = stageOf(this.map);
    const boxes: Box[] = [];
    for (const element of document.querySelectorAll<HTMLElement>(which)) {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const across = Math.min(right, frame.right) - Math.max(left, frame.left);
      const down = Math.min(bottom, frame.bottom) - Math.max(top, frame.top);
      if (across < MARGIN || down < MARGIN) continue; // hidden, or beside the map
      const x = (at: number) => (at - frame.left) / scale;
      const y = (at: number) => (at - frame.top) / scale;
      boxes.push([x(left) - MARGIN, y(top) - MARGIN, x(right) + MARGIN, y(bottom) + MARGIN]);
    }
    return boxes;
  }

  /** Where most open issues are, near enough for the discs of the worst three to be drawn. */
  home(animate = true): void {
    const bounds = this.homeBounds();
    if (!bounds) {
      this.map.setView([0, 0], this.map.getMinZoom(), { animate: false }); // before the first grids
      return;
    }
    const { paddingTopLeft, paddingBottomRight } = this.padding();
    const taken = L.point(paddingTopLeft).add(L.point(paddingBottomRight));
    const fitting = this.map.getBoundsZoom(latLngBounds(bounds), false, taken);
    const nearest = this.session.board.isDistrictStory(fitting) ? DISTRICT_UNTIL + 0.1 : fitting;
    const seen = nearest > fitting ? (this.worstBounds() ?? bounds) : bounds;
    const middle = unproject({ x: (seen.left + seen.right) / 2, y: (seen.top + seen.bottom) / 2 });
    this.flyTo(middle, Math.min(nearest, MAX_HOME_ZOOM), animate);
  }

  /** Show a grid: in the middle of the free part, near enough to read its neighbours. */
  showGrid(grid: GridShape, least = GRID_ZOOM): void {
    const inside = this.map.getBoundsZoom(latLngBounds(grid.bounds), false, L.point(160, 120));
    const zoom = Math.min(Math.max(this.map.getZoom(), least), Math.max(inside, 11.9));
    this.flyTo(unproject(grid.anchor), zoom);
  }

  /** Show some grids whole. */
  showGrids(grids: readonly GridShape[]): void {
    this.showBox(grids.map((grid) => grid.bounds).reduce(grow));
  }

  /** A box in mercator fractions, whole. */
  showBox({ left, top, right, bottom }: Bounds): void {
    const [from, to] = [unproject({ x: left, y: bottom }), unproject({ x: right, y: top })];
    this.showBounds([from.lon, from.lat, to.lon, to.lat]);
  }

  showSubdistrict(grids: readonly GridShape[]): void {
    const bounds = grids.map((grid) => grid.bounds).reduce(grow);
    const { lon, lat } = unproject({ x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2 });
    this.flyTo({ lon, lat }, SUBDISTRICT_ZOOM);
  }

  /** West, south, east, north, as near as they fit into the free part. */
  showBounds([west, south, east, north]: readonly [number, number, number, number]): void {
    const { paddingTopLeft, paddingBottomRight } = this.padding();
    const taken = L.point(paddingTopLeft).add(L.point(paddingBottomRight));
    const fitting = this.map.getBoundsZoom([[south, west], [north, east]], false, taken);
    this.flyTo({ lon: (west + east) / 2, lat: (south + north) / 2 }, Math.min(fitting, ALL_UNITS_FROM + 1));
  }

  showPoint(lon: number, lat: number): void {
    this.flyTo({ lon, lat }, Math.max(this.map.getZoom(), ALL_UNITS_FROM + 0.6));
  }

  /** Into the middle of the free part of the map. */
  private flyTo({ lon, lat }: { lon: number; lat: number }, zoom: number, animate = true): void {
    const { paddingTopLeft, paddingBottomRight } = this.padding();
    const shift = L.point(paddingTopLeft).subtract(L.point(paddingBottomRight)).divideBy(2);
    const centre = this.map.unproject(this.map.project([lat, lon], zoom).subtract(shift), zoom);
    if (!animate || isReduced()) this.map.setView(centre, zoom, { animate: false });
    else this.map.flyTo(centre, zoom, { duration: FLIGHT_S });
  }

  /** How far panels reach in from the edges: columns at the sides, bars above and below. */
  private padding(): { paddingTopLeft: L.PointTuple; paddingBottomRight: L.PointTuple } {
    const { x: width, y: height } = this.map.getSize();
    let [left, top, right, bottom] = [24, 24, 24, 24];
    for (const [x0, y0, x1, y1] of this.panels(LASTING)) {
      const wide = x1 - x0 > width * 0.6;
      const low = y1 - y0 < height * 0.3;
      // A raised sheet comes half down for what is chosen in it.
      if (wide && !low) bottom = Math.max(bottom, height - Math.max(y0, height / 2) + 12);
      else if ((wide || low) && y0 < height / 4) top = Math.max(top, y1 + 12);
      else if (wide && y0 > height / 4) bottom = Math.max(bottom, height - y0 + 12);
      else if (x1 < width / 2 && !low) left = Math.max(left, x1 + 12);
      else if (x0 > width / 2 && !low) right = Math.max(right, width - x0 + 12);
    }
    return { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] };
  }

  private homeBounds(): Bounds | null {
    const { board, worst } = this.session;
    const core = board.config?.core ?? board.config?.bounds;
    if (!core) return board.bounds();
    let bounds = boundsOf(...core);
    for (const { grid } of worst.slice(0, 3)) {
      const shape = board.grids.get(grid.code);
      if (!shape) continue;
      const wider = grow(bounds, pointBounds(shape.anchor));
      if (growth(wider, bounds) <= MAX_GROWTH) bounds = wider;
    }
    return bounds;
  }

  private worstBounds(): Bounds | null {
    const shapes = this.session.worst.slice(0, 3).map(({ grid }) => this.session.board.grids.get(grid.code));
    const points = shapes.flatMap((shape) => (shape ? [pointBounds(shape.anchor)] : []));
    return points.length ? points.reduce(grow) : null;
  }
}

function pointBounds({ x, y }: Point): Bounds {
  return { left: x, right: x, top: y, bottom: y };
}

function growth(wider: Bounds, bounds: Bounds): number {
  const width = (wider.right - wider.left) / (bounds.right - bounds.left || 1e-9);
  const height = (wider.bottom - wider.top) / (bounds.bottom - bounds.top || 1e-9);
  return Math.max(width, height);
}

function latLngBounds({ left, top, right, bottom }: Bounds): L.LatLngBounds {
  const { lon: west, lat: north } = unproject({ x: left, y: top });
  const { lon: east, lat: south } = unproject({ x: right, y: bottom });
  return L.latLngBounds([south, west], [north, east]);
}
