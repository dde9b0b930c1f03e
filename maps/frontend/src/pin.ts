/** A pin that the reader drags, or sets by clicking, to say where an issue really is. */

import * as L from "leaflet";

export interface LonLat {
  lon: number;
  lat: number;
}

export class Pin {
  private readonly map: L.Map;
  private marker: L.Marker | null = null;
  private moved: (at: LonLat) => void = () => {};

  constructor(map: L.Map) {
    this.map = map;
  }

  get isActive(): boolean {
    return this.marker !== null;
  }

  start(at: LonLat, label: string, moved: (at: LonLat) => void): void {
    this.stop();
    this.moved = moved;
    const icon = L.divIcon({ className: "pin", iconSize: [32, 40], iconAnchor: [16, 38], html: drawing() });
    this.marker = L.marker([at.lat, at.lon], { icon, draggable: true, autoPan: true, alt: label, keyboard: true });
    this.marker.on("drag", () => this.report());
    this.marker.addTo(this.map);
  }

  moveTo(at: L.LatLng): void {
    this.marker?.setLatLng(at);
    this.report();
  }

  stop(): void {
    this.marker?.remove();
    this.marker = null;
  }

  private report(): void {
    const at = this.marker?.getLatLng().wrap();
    if (at) this.moved({ lon: at.lng, lat: at.lat });
  }
}

/** Marks a place that was looked for, until something else is chosen. */
export class Mark {
  private readonly map: L.Map;
  private marker: L.Marker | null = null;

  constructor(map: L.Map) {
    this.map = map;
  }

  show({ lon, lat }: LonLat): void {
    this.clear();
    const icon = L.divIcon({ className: "pin found", iconSize: [32, 40], iconAnchor: [16, 38], html: drawing() });
    this.marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(this.map);
  }

  clear(): void {
    this.marker?.remove();
    this.marker = null;
  }
}

function drawing(): HTMLElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 32 40");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", "M16 38L6 22A12 12 0 1 1 26 22Z");
  const dot = document.createElementNS(namespace, "circle");
  dot.setAttribute("cx", "16");
  dot.setAttribute("cy", "15");
  dot.setAttribute("r", "4.5");
  svg.append(path, dot);
  const holder = document.createElement("div");
  holder.append(svg);
  return holder;
}
