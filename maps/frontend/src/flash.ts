/** A ring that closes in on what was chosen in a list, once, so that the eye finds it after the map has moved. */

import * as L from "leaflet";

import type { LonLat } from "./pin.ts";

export class Flash {
  private readonly map: L.Map;
  private marker: L.Marker | null = null;

  constructor(map: L.Map) {
    this.map = map;
  }

  show({ lon, lat }: LonLat): void {
    this.marker?.remove();
    const icon = L.divIcon({ className: "flash", iconSize: [0, 0], html: document.createElement("i") });
    const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(this.map);
    marker.getElement()!.addEventListener("animationend", () => marker.remove());
    this.marker = marker;
  }
}
