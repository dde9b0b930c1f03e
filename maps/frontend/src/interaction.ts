/** The pointer and the keys on the map: what lies under them, and what that opens. */

import * as L from "leaflet";

import type { CoverageLayer } from "./layers/coverage-layer.ts";
import type { Disc } from "./layers/discs.ts";
import type { GridLayer } from "./layers/grid-layer.ts";
import type { IssueLayer } from "./layers/issue-layer.ts";
import type { LabelLayer } from "./layers/label-layer.ts";
import type { PlaceLayer } from "./layers/place-layer.ts";
import type { UnitLayer } from "./layers/unit-layer.ts";
import type { MapTools } from "./map-tools.ts";
import { type Point, grow } from "./mercator.ts";
import type { Pin } from "./pin.ts";
import type { Session } from "./session.ts";
import { type Stage, stageOf } from "./stage.ts";
import type { Selection } from "./state.ts";
import { type Tip, gridTip, pointTip } from "./tips.ts";
import { spotLines } from "./ui/coverage.tsx";
import type { View } from "./view.ts";

const NEAR = 6; // pixels around the pointer, twice that for a finger
const DISC = 15; // pixels around the middle of one
const TIP_OFFSET = 14;
const SECOND_CLICK_MS = 250; // within which a second click makes a double one

export interface MapLayers {
  coverage: CoverageLayer;
  grids: GridLayer;
  places: PlaceLayer;
  units: UnitLayer;
  issues: IssueLayer;
  labels: LabelLayer;
}

export class Interaction {
  private readonly session: Session;
  private readonly tools: MapTools;
  private readonly layers: MapLayers;
  private readonly pin: Pin;
  private readonly tip: HTMLElement;
  private readonly stage: Stage;
  /** A click on the ground, which opens nothing when it was the first of a double one: that only zooms. */
  private waiting = 0;

  constructor(session: Session, tools: MapTools, layers: MapLayers, pin: Pin, tip: HTMLElement) {
    this.session = session;
    this.tools = tools;
    this.layers = layers;
    this.pin = pin;
    this.tip = tip;
    this.stage = stageOf(tools.map);
    const { map } = tools;
    map.on("click", (event) => this.click(event));
    map.on("dblclick", () => window.clearTimeout(this.waiting)); // of fingers both halves may be told as first clicks
    map.on("mousemove", (event) => this.hover(event));
    map.on("mouseout movestart", () => this.unhover());
    map.getContainer().addEventListener("keydown", (event) => this.key(event));
    // Leaflet focuses the map on every press; the cross in its middle is for those who use keys.
    const keys = (on: boolean) => document.documentElement.toggleAttribute("data-keys", on);
    document.addEventListener("keydown", () => keys(true), true);
    document.addEventListener("pointerdown", () => keys(false), true);
  }

  private click(event: L.LeafletMouseEvent): void {
    if (this.pin.isActive) {
      this.pin.moveTo(event.latlng);
      return;
    }
    window.clearTimeout(this.waiting);
    if (event.originalEvent.detail > 1) return;
    const touch = (event.originalEvent as PointerEvent).pointerType === "touch";
    const { x, y } = event.containerPoint;
    const near = touch ? 2 * NEAR : NEAR;
    if (this.openDisc(x, y) || this.openSpot(x, y, near) || this.openPoints(x, y, near)) return;
    const at = this.stage.view().at(x, y); // the map may have moved by then
    this.waiting = window.setTimeout(() => this.openGrid(at), SECOND_CLICK_MS);
  }

  private discAt(x: number, y: number): Disc | undefined {
    return this.layers.labels.discs.find((at) => Math.hypot(at.x - x, at.y - y) <= DISC);
  }

  /** The card of its grid; a disc at the edge of the map leads there, too. */
  private openDisc(x: number, y: number): boolean {
    const disc = this.discAt(x, y);
    if (!disc) return false;
    const selection: Selection = { kind: "grid", code: disc.code };
    if (disc.towards === null) this.session.store.select(selection);
    else this.session.open(selection);
    return true;
  }

  /** A blind spot, which its list then shows; of several drawn as one, where they come apart. */
  private openSpot(x: number, y: number, within: number): boolean {
    const spots = this.layers.coverage.pick(this.stage.view(), x, y, within);
    if (spots.length > 1) this.tools.showBox(spots.map(({ bounds }) => bounds).reduce(grow));
    else if (spots.length) this.session.showSpot(spots[0]!, false);
    return spots.length > 0;
  }

  /** An issue or unit under the pointer; where several are, the list of the place, never a guess. */
  private openPoints(x: number, y: number, within: number): boolean {
    const view = this.stage.view();
    const issues = this.layers.issues.pick(view, x, y, within).map((hit) => hit.id);
    const units = this.layers.units.pick(view, x, y, within).flatMap((hit) => hit.ids);
    const { store } = this.session;
    if (issues.length + units.length === 0) return false;
    if (issues.length === 1 && !units.length) store.select({ kind: "issue", id: issues[0]! });
    else if (units.length === 1 && !issues.length) store.select({ kind: "unit", id: units[0]! });
    else store.select({ kind: "place", units, issues });
    return true;
  }

  private openGrid(at: Point): void {
    const { board, store } = this.session;
    const grid = board.gridAt(at.x, at.y);
    if (!grid) return;
    const subdistrict = board.subdistricts.find(({ area }) => area.code === grid.subdistrict);
    if (board.isDistrictStory(this.stage.view().zoom) && subdistrict) this.tools.showSubdistrict(subdistrict.grids);
    else store.select({ kind: "grid", code: grid.properties.code });
  }

  private hover(event: L.LeafletMouseEvent): void {
    if ((event.originalEvent as PointerEvent).pointerType === "touch" || !matchMedia("(hover: hover)").matches) return;
    const view = this.stage.view();
    const { x, y } = event.containerPoint;
    const at = view.at(x, y);
    const { board } = this.session;
    const disc = this.discAt(x, y);
    const grid = disc ? (board.grids.get(disc.code) ?? null) : board.gridAt(at.x, at.y);
    if (grid !== this.layers.grids.hovered) {
      this.layers.grids.hovered = grid;
      this.stage.invalidate("points");
    }
    const ground = grid && !board.isDistrictStory(view.zoom) ? gridTip(this.session, grid) : null;
    const lines = (disc ? null : this.tipAt(view, x, y)) ?? ground;
    this.tip.hidden = lines === null;
    if (!lines) return;
    this.tip.replaceChildren(line("tip-name", lines[0]), line("", lines[1]));
    const { clientWidth: width, clientHeight: height } = this.tip.parentElement!;
    const { scale } = this.stage;
    this.tip.style.left = `${Math.min((x + TIP_OFFSET) * scale, width - this.tip.offsetWidth - 8)}px`;
    this.tip.style.top = `${Math.min((y + TIP_OFFSET) * scale, height - this.tip.offsetHeight - 8)}px`;
  }

  /** What is told of a blind spot, or of the issues and units, under the pointer. */
  private tipAt(view: View, x: number, y: number): Tip | null {
    const { coverage, issues, units } = this.layers;
    const spots = coverage.pick(view, x, y, NEAR);
    if (spots.length) return spotLines(this.session, spots);
    return pointTip(this.session, issues.pick(view, x, y, NEAR), units.pick(view, x, y, NEAR));
  }

  private unhover(): void {
    this.tip.hidden = true;
    if (!this.layers.grids.hovered) return;
    this.layers.grids.hovered = null;
    this.stage.invalidate("points");
  }

  /** Arrows and plus and minus are Leaflet's; Enter picks what the cross in the middle points at. */
  private key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.target !== this.tools.map.getContainer()) return;
    const { x, y } = this.tools.map.getSize().divideBy(2);
    this.openGrid(this.stage.view().at(x, y));
  }
}

function line(className: string, text: string): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text;
  return element;
}
