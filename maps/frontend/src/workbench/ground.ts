/** The small map: land, roads, grids and names as on the battle map, without figures. One for all tabs, made once. */

import * as L from "leaflet";

import { BackgroundLayer } from "../layers/background-layer.ts";
import { BaseLayer, type BaseOptions } from "../layers/base-layer.ts";
import { GridLayer } from "../layers/grid-layer.ts";
import { LabelLayer } from "../layers/label-layer.ts";
import type { OwnLayer } from "../layers/own-layer.ts";
import { followMotion } from "../motion.ts";
import type { Session } from "../session.ts";
import { stageOf } from "../stage.ts";

/** Where the small map gets what lies beneath the grids: written into the page by the server. */
export interface GroundOptions {
  background: string | null;
  tiles: BaseOptions | null;
}

const OPTIONS: L.MapOptions = {
  zoomControl: false,
  attributionControl: false,
  zoomSnap: 0.1,
  zoomDelta: 0.8,
  wheelPxPerZoomLevel: 120,
  minZoom: 5,
  maxZoom: 18.5,
  boxZoom: false,
};

export class Ground {
  readonly layers: readonly OwnLayer[];
  private readonly session: Session;
  private readonly element = document.createElement("div");
  private readonly base: BaseLayer | null;
  private made: L.Map | null = null;

  constructor(session: Session, gridsUrl: string, { background, tiles }: GroundOptions) {
    this.session = session;
    this.element.className = "map";
    this.base = tiles && new BaseLayer(tiles);
    this.layers = [new BackgroundLayer(background ?? ""), new GridLayer(gridsUrl), new LabelLayer()];
    for (const layer of this.layers) layer.attach(session);
    session.layers = this.layers;
    session.base = this.base;
  }

  /** Show the map in an element; it leaves where it was before. */
  enter(slot: HTMLElement, label: string): void {
    slot.prepend(this.element);
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-label", label);
    this.map.invalidateSize({ animate: false });
  }

  /** Draw again: something arrived, or the theme or the language changed. */
  redraw(): void {
    if (this.made) stageOf(this.made).readTheme();
  }

  get map(): L.Map {
    this.made ??= this.make();
    return this.made;
  }

  private make(): L.Map {
    const map = L.map(this.element, OPTIONS);
    followMotion(map);
    if (this.base) map.addLayer(this.base);
    for (const layer of this.layers) map.addLayer(layer);
    this.base?.follow(stageOf(map));
    const [west, south, east, north] = this.session.board.config?.core ?? [0, 0, 0, 0];
    map.fitBounds(L.latLngBounds([south, west], [north, east]), { animate: false });
    return map;
  }
}
