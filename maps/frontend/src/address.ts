/** The address line: it holds everything that was chosen and where the map is, and leads back to it. */

import type * as L from "leaflet";

import type { Session } from "./session.ts";
import { INITIAL } from "./state.ts";
import { type MapView, formatAddress, parseAddress } from "./url.ts";

export class Address {
  private readonly session: Session;
  private readonly map: L.Map;
  /** Whether the map has a view. */
  private readonly hasView: () => boolean;

  constructor(session: Session, map: L.Map, hasView: () => boolean) {
    this.session = session;
    this.map = map;
    this.hasView = hasView;
  }

  /** A step can be gone back from; anything else replaces what stood there. */
  write(isStep: boolean): void {
    const address = formatAddress(this.view(), this.session.state);
    if (address === location.hash) return;
    if (isStep) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  /** Choose what the address says; ``admit`` drops what this reader may not have. */
  read(admit: () => void): void {
    const { view, state } = parseAddress(location.hash);
    // What the address does not name is as it was at first.
    const { figure, selection, classesOff, statesOff, stepsOff, filter } = INITIAL;
    this.session.store.set({ figure, selection, classesOff, statesOff, stepsOff, filter, ...state, trail: [] });
    admit();
    if (view) this.map.setView([view.lat, view.lon], view.zoom);
  }

  private view(): MapView | null {
    if (!this.hasView()) return null;
    const { lat, lng } = this.map.getCenter();
    return { zoom: this.map.getZoom(), lat, lon: lng };
  }
}
