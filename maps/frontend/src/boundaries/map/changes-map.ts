/** What differs between two editions on a map: the ground beneath, lines before and after, and the names of those grids. */

import * as L from "leaflet";

import { GridShape } from "../../grid-shape.ts";
import { LabelLayer } from "../../layers/label-layer.ts";
import { OWN_MAP } from "../../map-options.ts";
import { followMotion } from "../../motion.ts";
import type { Session } from "../../session.ts";
import { type Stage, stageOf } from "../../stage.ts";
import { NEW } from "../draft-grids.ts";
import { formerLines } from "../edition-changes.ts";
import type { Box, Change, Difference } from "../payloads.ts";
import { boxOfChanges } from "../places.ts";
import { InForceLayer } from "./in-force-layer.ts";

const OPTIONS: L.MapOptions & { pmIgnore: boolean } = {
  ...OWN_MAP,
  pmIgnore: true,
  maxZoom: 20,
};
const NEAREST_FIT = 17;
const LINES = "changes"; // the pane above the ground and the names
const LINES_Z = "450";

export class ChangesMap {
  readonly map: L.Map;
  private readonly stage: Stage;
  private readonly session: Session;
  private readonly difference: Difference;
  private readonly paths: { code: string; path: L.Polygon }[] = [];
  private readonly watch: ResizeObserver;
  private readonly base: L.LayerGroup | null;
  private readonly isInForce: boolean;
  private isRenewing = false;
  private isClosed = false;
  /** What to show once the map has a size. */
  private box: Box | null = null;

  /** isInForce: whether the newer of the two is, so that the lines of all other grids are those that they had. */
  constructor(element: HTMLElement, session: Session, difference: Difference, isInForce: boolean) {
    this.session = session;
    this.difference = difference;
    this.isInForce = isInForce;
    this.map = L.map(element, OPTIONS);
    followMotion(this.map);
    this.stage = stageOf(this.map);
    this.base = session.base;
    this.addGround();
    this.addLines();
    this.show(null);
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(element);
  }

  /** Bring a grid into view and stress it; null: all that differs. */
  show(change: Change | null): void {
    const isGone = change?.change === "gone"; // another grid may have its code now
    for (const { code, path } of this.paths) path.getElement()?.classList.toggle("chosen", !isGone && code === change?.code);
    const { map } = this.difference;
    this.box = (change && boxOfChanges(map, change.code, isGone ? "before" : undefined)) || boxOfChanges(map);
    this.fit();
    if (this.isInForce) void this.renew();
  }

  /** Draw again: something arrived, or the theme or the language changed. */
  redraw(): void {
    this.stage.readTheme();
  }

  close(): void {
    this.isClosed = true;
    this.watch.disconnect();
    for (const layer of this.session.layers) this.map.removeLayer(layer);
    if (this.base) this.map.removeLayer(this.base);
    this.map.remove();
  }

  /**
   * The lines in force may have been loaded before this edition was published, or not have come: none are drawn then. They
   * are asked for again with every look at a grid, until they are those of this edition.
   */
  private async renew(): Promise<void> {
    const { board, layers } = this.session;
    const layer = layers.find((each) => each instanceof InForceLayer);
    if (!layer || this.isRenewing || !board.isOlderThan(this.difference.to)) return;
    this.isRenewing = true;
    await layer.load().catch(() => undefined); // no worse than it was
    this.isRenewing = false;
    if (!this.isClosed) this.redraw();
  }

  private addGround(): void {
    const named = this.named();
    const { layers, base, board } = this.session;
    for (const layer of layers) {
      if (layer instanceof InForceLayer) layer.isDrawn = () => this.isInForce && board.edition === this.difference.to;
      if (layer instanceof LabelLayer) layer.grids = () => named;
    }
    this.map.setView([0, 0], 0);
    if (base) this.map.addLayer(base);
    for (const layer of layers) this.map.addLayer(layer);
    base?.follow(this.stage);
  }

  /** The grids that differ, each as the newer edition has it, or as the older one had what is gone. */
  private named(): GridShape[] {
    const { changes, map } = this.difference;
    const one = ({ code, change }: Pick<Change, "code" | "change">) => `${code} ${change === "gone"}`; // another grid may have its code now
    const names = new Map(changes.map((change) => [one(change), change.name]));
    const shown = map.features.filter(({ properties: { change, side } }) => (side === "before") === (change === "gone"));
    return shown.map(({ properties, geometry }) => {
      const { code } = properties;
      const name = names.get(one(properties)) ?? code;
      const inForce = this.session.board.grids.get(code)?.properties;
      const name_en = inForce?.name === name ? inForce.name_en : null;
      return new GridShape({ properties: { ...NEW, code, name, name_en }, geometry }, "");
    });
  }

  /** The grids as they are after, and the lines that they had before where those are gone. */
  private addLines(): void {
    this.map.createPane(LINES).style.zIndex = LINES_Z;
    const options = { renderer: L.svg({ pane: LINES }), pane: LINES, interactive: false };
    const { features } = this.difference.map;
    const [before, after] = (["before", "after"] as const).map((side) => features.filter(({ properties }) => properties.side === side));
    for (const { properties, geometry } of after!) {
      const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
      const path = L.polygon(parts.map((rings) => rings.map(placesOf)), { ...options, className: "changed-line after" });
      this.paths.push({ code: properties.code, path: path.addTo(this.map) });
    }
    const shapes = (side: typeof features) => side.map(({ geometry }) => geometry);
    const former = formerLines(shapes(before!), shapes(after!));
    if (former.length) L.polyline(former.map(placesOf), { ...options, className: "changed-line before" }).addTo(this.map);
  }

  private fit(): void {
    if (!this.map.getContainer().clientWidth) return;
    this.map.invalidateSize({ animate: false });
    if (!this.box) return;
    const [west, south, east, north] = this.box;
    this.map.fitBounds([[south, west], [north, east]], { maxZoom: NEAREST_FIT, padding: [24, 24], animate: false });
  }
}

function placesOf(line: readonly (readonly number[])[]): L.LatLng[] {
  return line.map(([lon, lat]) => L.latLng(lat!, lon!));
}
