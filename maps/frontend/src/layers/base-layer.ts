/** The operator's base map: tiles beneath our own layers, each moved to where it lies in WGS84. Data never move. */

import * as L from "leaflet";

import { type Bounds, type Point, TILE, worldSize } from "../mercator.ts";
import { BACKDROP, type Stage } from "../stage.ts";
import { type Datum, finer, onBaseMap, tileBox } from "../tile-place.ts";

export interface BaseOptions {
  /** URLs; later ones are drawn over earlier ones. */
  templates: string[];
  subdomains: string[];
  datum: Datum;
  attribution: string;
  minZoom: number;
  maxZoom: number;
}

const RETRY_MS = 60_000;
const NEAREST = 22; // beyond every zoom of the map: from maxZoom on, tiles are enlarged
const SPARE = 16; // pixels around the view for which there are tiles, too: the offset is that of its middle

export class BaseLayer extends L.LayerGroup {
  readonly attribution: string;
  /** Called when tiles begin or cease to be missing; set by the page. */
  onChange: () => void = () => {};
  private readonly missing = new Set<HTMLElement>();
  private readonly shown = new Set<HTMLElement>();
  private wasMissing = false;
  private timer = 0;

  constructor(options: BaseOptions) {
    super(options.templates.map((template) => new MovedTiles(template, options)));
    this.attribution = options.attribution;
    for (const layer of this.getLayers()) {
      layer.on("tileload", ({ tile }: L.TileEvent) => this.count(tile, this.shown));
      layer.on("tileerror", ({ tile }: L.TileErrorEvent) => this.count(tile, this.missing));
      layer.on("tileunload", ({ tile }: L.TileEvent) => this.count(tile, null));
    }
  }

  /** Whether most tiles in view could not be had. The local vectors are seen where they would lie. */
  get isMissing(): boolean {
    return this.missing.size > this.shown.size;
  }

  /** Ask for tiles as fine as the screen is, now and whenever the map is enlarged otherwise. */
  follow(stage: Stage): void {
    const refine = () => {
      const offset = finer(stage.scale, window.devicePixelRatio || 1);
      for (const layer of this.getLayers()) (layer as MovedTiles).refine(offset);
    };
    refine();
    stage.onScale(refine);
  }

  override onAdd(map: L.Map): this {
    // What our own layers draw as the ground goes beneath the tiles.
    if (!map.getPane(BACKDROP)) map.createPane(BACKDROP);
    this.timer = window.setInterval(() => this.retry(), RETRY_MS);
    return super.onAdd(map);
  }

  override onRemove(map: L.Map): this {
    window.clearInterval(this.timer);
    return super.onRemove(map);
  }

  private count(tile: HTMLElement, into: Set<HTMLElement> | null): void {
    this.missing.delete(tile);
    this.shown.delete(tile);
    into?.add(tile);
    if (this.isMissing === this.wasMissing) return;
    this.wasMissing = this.isMissing;
    this.onChange();
  }

  private retry(): void {
    for (const tile of this.missing) tile.setAttribute("src", tile.getAttribute("src")!); // asked for once more
  }
}

// What Leaflet's types leave out, and plug-ins override, too.
declare module "leaflet" {
  interface GridLayer {
    _level: { origin: L.Point };
    _getTilePos(coords: L.Coords): L.Point;
    _getTiledPixelBounds(centre: L.LatLng): L.Bounds;
  }
}

class MovedTiles extends L.TileLayer {
  private readonly datum: Datum;
  /** The zooms that the base map has. */
  private readonly zooms: readonly [number, number];
  /** Zooms by which the tiles are finer than the map. */
  private offset = 0;

  constructor(template: string, { datum, subdomains, minZoom, maxZoom }: BaseOptions) {
    // Makers of tiles want to know who asks: our origin, never the address of what somebody looks at.
    const referrerPolicy = template.startsWith("/") ? "no-referrer" : "origin";
    super(template, { subdomains, minZoom, maxZoom: NEAREST, maxNativeZoom: maxZoom, referrerPolicy });
    this.datum = datum;
    this.zooms = [minZoom, maxZoom];
    this.on("tileloadstart", ({ tile, coords }: L.TileEvent) => {
      const { left, top, right, bottom } = this.boxOf(coords);
      tile.style.width = `${right - left}px`;
      tile.style.height = `${bottom - top}px`;
    });
  }

  refine(offset: number): void {
    if (offset === this.offset) return;
    this.offset = offset;
    const [least, most] = this.zooms;
    Object.assign(this.options, { tileSize: TILE / 2 ** offset, zoomOffset: offset, minZoom: Math.max(0, least - offset), maxNativeZoom: most - offset });
    const map = this._map as L.Map | undefined;
    if (map) this.remove().addTo(map); // or Leaflet would keep the lattice of tiles that it has
  }

  override _getTilePos(coords: L.Coords): L.Point {
    const { left, top } = this.boxOf(coords);
    return L.point(left, top).subtract(this._level.origin);
  }

  /** Which tiles are in view: those that the base map has where the view is. */
  override _getTiledPixelBounds(centre: L.LatLng): L.Bounds {
    const { min, max } = super._getTiledPixelBounds(centre);
    const zoom = this._tileZoom!; // or nobody would ask
    const world = worldSize(zoom);
    const { x, y } = this._map.project(centre, zoom);
    const there: Point = onBaseMap({ x: x / world, y: y / world }, this.datum);
    const shift = L.point(there.x * world - x, there.y * world - y);
    return L.bounds(min!.add(shift).subtract([SPARE, SPARE]), max!.add(shift).add([SPARE, SPARE]));
  }

  private boxOf({ x, y, z }: L.Coords): Bounds {
    return tileBox(x, y, z, this.datum, this.offset);
  }
}
