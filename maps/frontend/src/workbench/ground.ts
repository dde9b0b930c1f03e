/** The small map: land, roads, grids and names as on the battle map, without figures. One for all tabs, made once. */

import * as L from "leaflet";

import { BackgroundLayer } from "../layers/background-layer.ts";
import { BaseLayer, type BaseOptions } from "../layers/base-layer.ts";
import { GridLayer } from "../layers/grid-layer.ts";
import { LabelLayer } from "../layers/label-layer.ts";
import type { OwnLayer } from "../layers/own-layer.ts";
import { OWN_MAP } from "../map-options.ts";
import { grow, unproject } from "../mercator.ts";
import { followMotion } from "../motion.ts";
import { type LonLat, Pin } from "../pin.ts";
import type { Session } from "../session.ts";
import { stageOf } from "../stage.ts";

/** Where the small map gets what lies beneath the grids: written into the page by the server. */
export interface GroundOptions {
  background: string | null;
  tiles: BaseOptions | null;
}

/** A point on the map with its number. */
export interface Spot extends LonLat {
  label: string;
}

/** What a tab has on the map. */
export interface Scene {
  spots: readonly Spot[];
  /** Within so many metres of the first spot it may be. */
  accuracyM?: number | null;
  /** Where nothing is known but an area: its code. */
  area?: string | null;
}

const NEAR_ZOOM = 16;
const DISC_ZOOM = 17.3;
/** Beneath the spots is a line of words. */
const PADDING: L.FitBoundsOptions = { paddingTopLeft: [48, 32], paddingBottomRight: [48, 72] };
const [NUMBER_PX, DOT_PX] = [28, 16];

const OPTIONS: L.MapOptions = {
  ...OWN_MAP,
  maxZoom: 18.5,
  trackResize: false, // its own box changes more often than the window
};

/** Where to look, and how near at most. */
interface Sight {
  bounds: L.LatLngBounds;
  maxZoom: number;
}

export class Ground {
  readonly layers: readonly OwnLayer[];
  private readonly session: Session;
  private readonly element = document.createElement("div");
  private readonly base: BaseLayer | null;
  private made: L.Map | null = null;
  private marks: L.LayerGroup | null = null;
  /** What was shown last. It is shown again in another box, until the reader looks elsewhere. */
  private sight: Sight | null = null;

  constructor(session: Session, gridsUrl: string, { background, tiles }: GroundOptions) {
    this.session = session;
    this.element.className = "map";
    this.base = tiles && new BaseLayer(tiles);
    this.layers = [new BackgroundLayer(background ?? ""), new GridLayer(gridsUrl), new LabelLayer(false)];
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

  /** Put these on the map in place of what was there, and show them. choose: with the place of the spot that is clicked. */
  show({ spots, accuracyM, area }: Scene, choose: (at: number) => void): void {
    const { drawn } = this;
    drawn.clearLayers();
    spots.forEach((spot, at) => drawn.addLayer(numbered(spot).on("click", () => choose(at))));
    const disc = spots[0] && accuracyM ? L.circle([spots[0].lat, spots[0].lon], { radius: accuracyM, className: "accuracy" }) : null;
    if (disc) drawn.addLayer(disc);
    const bounds = disc?.getBounds() ?? (spots.length ? L.latLngBounds(spots.map(({ lat, lon }) => [lat, lon])) : this.boundsOf(area));
    this.sight = { bounds, maxZoom: disc ? DISC_ZOOM : NEAR_ZOOM };
    this.look();
  }

  /** Show what is to be seen, or wait for room: where the list hides it, as on a phone, the box has none. */
  private look(): void {
    const { sight, map } = this;
    if (!sight || !map.getSize().x || !map.getSize().y) return;
    map.fitBounds(sight.bounds, { ...PADDING, maxZoom: sight.maxZoom, animate: false });
    this.sight = sight; // it was not the reader who moved the map
  }

  private fill(): void {
    const { map, element } = this;
    if (!element.clientWidth || !element.clientHeight) return;
    if (map.getSize().equals([element.clientWidth, element.clientHeight])) return;
    map.invalidateSize({ animate: false });
    this.look();
  }

  /** Have clicks set a pin, and tell where it is. Returns what ends it. */
  pick(label: string, picked: (at: LonLat) => void): () => void {
    const { map } = this;
    const pin = new Pin(map);
    const click = ({ latlng }: L.LeafletMouseEvent) => {
      const { lng, lat } = latlng.wrap();
      if (!pin.isActive) pin.start({ lon: lng, lat }, label, picked);
      pin.moveTo(latlng);
    };
    map.on("click", click);
    return () => {
      map.off("click", click);
      pin.stop();
    };
  }

  zoom(by: 1 | -1): void {
    this.map.setZoom(this.map.getZoom() + by * this.map.options.zoomDelta!);
  }

  get map(): L.Map {
    this.made ??= this.make();
    return this.made;
  }

  private get drawn(): L.LayerGroup {
    this.marks ??= L.layerGroup().addTo(this.map);
    return this.marks;
  }

  /** Of the grids in an area, be it a community or what holds many; of the core where there are none. */
  private boundsOf(area: string | null | undefined): L.LatLngBounds {
    const { board } = this.session;
    const isWithin = (code: string | undefined): boolean =>
      code !== undefined && (code === area || isWithin(board.areas.get(code)?.parent ?? undefined));
    const grids = area ? [...board.grids.values()].filter(({ properties }) => isWithin(properties.area)) : [];
    if (!grids.length) return this.core();
    const { left, top, right, bottom } = grids.map(({ bounds }) => bounds).reduce(grow);
    const [northWest, southEast] = [unproject({ x: left, y: top }), unproject({ x: right, y: bottom })];
    return L.latLngBounds([southEast.lat, northWest.lon], [northWest.lat, southEast.lon]);
  }

  private core(): L.LatLngBounds {
    const [west, south, east, north] = this.session.board.config?.core ?? [-180, -60, 180, 60];
    return L.latLngBounds([south, west], [north, east]);
  }

  private make(): L.Map {
    const map = L.map(this.element, OPTIONS);
    followMotion(map);
    if (this.base) map.addLayer(this.base);
    for (const layer of this.layers) map.addLayer(layer);
    this.base?.follow(stageOf(map));
    map.setView(this.core().getCenter(), NEAR_ZOOM); // its box may have no size to fit anything into
    map.on("movestart", () => (this.sight = null));
    new ResizeObserver(() => this.fill()).observe(this.element);
    return map;
  }
}

/** Not a stop of the keyboard: each is a button in the list beside the map. */
function numbered({ lon, lat, label }: Spot): L.Marker {
  const text = document.createElement("span");
  text.textContent = label;
  const size = label ? NUMBER_PX : DOT_PX;
  const icon = L.divIcon({ className: "spot", iconSize: [size, size], html: text });
  return L.marker([lat, lon], { icon, keyboard: false, zIndexOffset: 100 - Number(label) });
}
