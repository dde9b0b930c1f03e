/** The address line: it holds everything that was chosen and where the map is, and leads back to it. */

import type * as L from "leaflet";

import type { Session } from "./session.ts";
import { INITIAL } from "./state.ts";
import { type MapView, formatAddress, parseAddress } from "./url.ts";

/** Less than a line on the map: what Leaflet rounds by when its container changes size. */
const SAME_PX = 1.5;
const TILE_PX = 256;

export class Address {
  private readonly session: Session;
  private readonly map: L.Map;
  /** Whether the map has a view. */
  private readonly hasView: () => boolean;
  /** The view that the address names. */
  private named: MapView | null;
  /** What is chosen follows the address just now, and not the other way round. */
  private isReading = false;
  private frame = 0;

  constructor(session: Session, map: L.Map, hasView: () => boolean, named: MapView | null) {
    this.session = session;
    this.map = map;
    this.hasView = hasView;
    this.named = named;
  }

  /**
   * A step can be gone back from; anything else replaces what stood there, once the frame that shows it is out: a new address
   * is told to all of the browser, which takes as long as drawing a panel.
   */
  write(isStep: boolean): void {
    if (this.isReading) return; // a step of its own would cut off what one can go forward to
    if (isStep) return this.put(true);
    this.frame ||= requestAnimationFrame(() => window.setTimeout(() => this.put(false)));
  }

  private put(isStep: boolean): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const address = formatAddress(this.view(), this.session.state);
    if (address === location.hash) return;
    if (isStep) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  /** Choose what the address says; ``admit`` drops what this reader may not have. */
  read(admit: () => void): void {
    const { view, state } = parseAddress(location.hash);
    // What the address does not name is as it was at first.
    const { figure, selection, classesOff, statesOff, stepsOff, filter, cover, boundaries } = INITIAL;
    this.isReading = true;
    this.session.store.set({ figure, selection, classesOff, statesOff, stepsOff, filter, cover, boundaries, ...state, trail: [] });
    admit();
    this.isReading = false;
    if (!view) return;
    this.named = view;
    this.map.setView([view.lat, view.lon], view.zoom);
  }

  private view(): MapView | null {
    if (!this.hasView()) return null;
    const { lat, lng } = this.map.getCenter();
    const view = { zoom: this.map.getZoom(), lat, lon: lng };
    if (!this.named || !isSameView(view, this.named)) this.named = view;
    return this.named;
  }
}

/** Whether nobody could tell one view from the other. */
export function isSameView(one: MapView, other: MapView): boolean {
  const pxPerDegree = (TILE_PX * 2 ** one.zoom) / 360;
  const across = (one.lon - other.lon) * pxPerDegree;
  const down = ((one.lat - other.lat) * pxPerDegree) / Math.cos((one.lat * Math.PI) / 180);
  return Math.abs(one.zoom - other.zoom) < 0.05 && Math.hypot(across, down) < SAME_PX;
}
