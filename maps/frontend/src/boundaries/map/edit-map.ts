/** The map of an open draft: land, roads and the grids in force beneath, the draft above them, and the tools that change it. */

import * as L from "leaflet";

import { type BoundaryMapWords, boundaryMapWordsOf } from "../../i18n/boundary-map.ts";
import { boundaryWordsOf } from "../../i18n/boundaries.ts";
import { LabelLayer } from "../../layers/label-layer.ts";
import { OWN_MAP } from "../../map-options.ts";
import type { Point } from "../../mercator.ts";
import { followMotion } from "../../motion.ts";
import { type Stage, stageOf } from "../../stage.ts";
import type { Editing } from "../editing.ts";
import { boundsOfPoints, ringsOfShape } from "../geometry.ts";
import type { Box } from "../payloads.ts";
import type { VertexTable } from "../vertices.ts";
import { Coordinates } from "./coordinates.ts";
import { DraftLayer } from "./draft-layer.ts";
import { Drawing, type Spot } from "./drawing.ts";
import { cutOf, handedOver, reshapeOf, ringOf } from "./drawn.ts";
import { InForceLayer } from "./in-force-layer.ts";
import { Marks } from "./marks.ts";
import { MarksLayer } from "./marks-layer.ts";
import { NodeButton } from "./node-button.ts";
import { NodeTool } from "./node-tool.ts";
import { OfficialLayer } from "./official-layer.ts";
import { NODES_FROM, type Surface, placeAt } from "./surface.ts";
import { Swipe } from "./swipe.ts";

const OPTIONS: L.MapOptions & { pmIgnore: boolean } = {
  ...OWN_MAP,
  pmIgnore: false,
  maxZoom: 20, // a fault of a few centimetres is looked at from near by
  doubleClickZoom: false, // a double click ends what is drawn
};
const FIRST_ZOOM = 15;
const NEAREST_FIT = 18;
const AROUND = 0.25; // of the view on each side are loaded, too: one and a half screens
const RENEWED_AGAIN_MS = 10_000;
const MOST_GRIDS = 1200; // are kept; with more the table begins anew

export class EditMap implements Surface {
  readonly map: L.Map;
  readonly stage: Stage;
  readonly editing: Editing<VertexTable>;
  readonly marks: Marks;
  private readonly element = document.createElement("div");
  private readonly hint = document.createElement("p");
  private readonly said = document.createElement("p");
  private readonly draft: DraftLayer;
  private readonly nodes: NodeTool;
  private readonly button: NodeButton;
  private readonly coordinates: Coordinates;
  private readonly drawing: Drawing;
  private readonly swipe: Swipe;
  private readonly watch: ResizeObserver;
  private readonly unsubscribe: () => void;
  /** The box whose vertices are here. */
  private loaded: L.LatLngBounds | null = null;
  private hasTooMany = false;
  /** How much is being asked for. */
  private busy = 0;
  private wasAlone = false;
  /** Whether the lines of another edition are on their way, or will be asked for again in a moment. */
  private isRenewing = false;
  private refusal = "";
  private seeksChanges = false;
  /** Whether the map was last used with a pointer: then Enter means what was pressed, not what lies beneath the cross. */
  private isPointed = false;
  private isClosed = false;

  constructor(slot: HTMLElement, editing: Editing<VertexTable>) {
    this.editing = editing;
    this.element.className = "map edit-map";
    slot.append(this.element);
    this.map = L.map(this.element, OPTIONS);
    followMotion(this.map);
    this.stage = stageOf(this.map);
    this.marks = new Marks(() => this.marked());
    this.draft = new DraftLayer(this);
    this.addLayers();
    this.nodes = new NodeTool(this);
    this.button = new NodeButton(this, () => this.removeNode());
    this.coordinates = new Coordinates(this);
    this.drawing = new Drawing(this, (tool, spots) => void this.drawn(tool, spots));
    this.swipe = new Swipe(this.element, (at) => this.swiped(at));
    this.addWords();
    this.begin();
    this.map.on("moveend", () => this.rest());
    this.map.on("click", (event) => this.click(event));
    this.element.addEventListener("pointerdown", () => (this.isPointed = true));
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.element);
    this.unsubscribe = editing.subscribe(() => this.follow());
    this.rest();
  }

  get words(): BoundaryMapWords {
    return boundaryMapWordsOf(this.editing.session.state.language);
  }

  get isEditable(): boolean {
    const { editing } = this;
    return !editing.isReadOnly && editing.compare !== "in-force" && this.map.getZoom() >= NODES_FROM && !this.hasTooMany;
  }

  /** Whether something was drawn or moved that is not sent yet. */
  get hasBegun(): boolean {
    return this.drawing.hasBegun || this.marks.drag !== null;
  }

  /** Show a box; tight: as near as it fits. */
  showBox([west, south, east, north]: Box, { tight = false }: { tight?: boolean } = {}): void {
    const maxZoom = tight ? this.map.getMaxZoom() : NEAREST_FIT;
    this.map.fitBounds([[south, west], [north, east]], { maxZoom, padding: tight ? [0, 0] : [32, 32], animate: false });
  }

  /** Draw again: something arrived, or the theme or the language changed. */
  redraw(): void {
    this.addWords();
    this.stage.readTheme();
  }

  say(text: string): void {
    this.said.textContent = text;
  }

  close(): void {
    this.isClosed = true;
    this.unsubscribe();
    this.watch.disconnect();
    this.nodes.close();
    this.drawing.close();
    this.editing.session.layers = this.beneath;
    this.map.remove();
    this.element.remove();
  }

  // -- making -----------------------------------------------------------------------------------------------------------

  private beneath: typeof this.editing.session.layers = [];

  private addLayers(): void {
    const { session } = this.editing;
    this.beneath = session.layers;
    const own = [new OfficialLayer(this), this.draft, new MarksLayer(this)];
    for (const layer of own) layer.attach(session);
    for (const layer of this.beneath) {
      if (layer instanceof InForceLayer) layer.isDrawn = () => !this.draft.isAlone;
      if (layer instanceof LabelLayer) layer.grids = () => this.draft.grids();
    }
    session.layers = [...this.beneath, ...own];
    if (session.base) this.map.addLayer(session.base);
    for (const layer of session.layers) this.map.addLayer(layer);
    session.base?.follow(this.stage);
  }

  private addWords(): void {
    const { element, hint, said, words } = this;
    element.setAttribute("role", "application");
    element.setAttribute("aria-label", words.label);
    hint.className = hint.id = "map-hint";
    element.setAttribute("aria-describedby", hint.id);
    said.className = "map-said";
    said.setAttribute("role", "status");
    this.swipe.label = words.swipe;
    if (!hint.parentElement) element.append(hint, said);
    this.follow();
  }

  /** Where the address says; else in the middle of the jurisdiction, until it is known where the changes are. */
  private begin(): void {
    const { view, session } = this.editing;
    const [west, south, east, north] = session.board.config?.core ?? [-180, -60, 180, 60];
    if (view) this.map.setView([view.lat, view.lon], view.zoom);
    else this.map.setView([(south + north) / 2, (west + east) / 2], FIRST_ZOOM);
    this.seeksChanges = !view;
    this.map.once("dragstart", () => (this.seeksChanges = false));
  }

  private showChanges(): void {
    const { changedMap } = this.editing;
    if (!this.seeksChanges || !changedMap || !this.element.clientWidth) return;
    this.seeksChanges = false; // what is changed from now on is in sight already
    if (!changedMap.features.length) return;
    const rings = changedMap.features.flatMap(({ geometry }) => ringsOfShape(geometry));
    const { left, top, right, bottom } = boundsOfPoints(rings.flat().map(([lon, lat]) => ({ x: lon!, y: lat! })));
    this.showBox([left, top, right, bottom]);
  }

  // -- following --------------------------------------------------------------------------------------------------------

  private fit(): void {
    if (this.element.clientWidth) this.map.invalidateSize({ animate: false });
    this.swipe.fit();
  }

  /** The draft or a choice changed. */
  private follow(): void {
    const { editing, hint, marks } = this;
    if (this.isClosed) return;
    this.showChanges();
    if (this.element.dataset.tool !== editing.tool) this.refusal = "";
    this.element.dataset.tool = editing.tool;
    this.drawing.use(editing.tool);
    const isLost = marks.active && !editing.table.node(marks.active.mm); // it was moved or deleted, perhaps by an undo
    if (isLost || (editing.tool !== "node" && (marks.active || marks.drag))) marks.clear();
    this.swipe.isShown = editing.compare === "both";
    hint.textContent = this.hintNow();
    hint.hidden = !hint.textContent;
    if (this.draft.isAlone !== this.wasAlone) this.stage.invalidate("ground");
    this.wasAlone = this.draft.isAlone;
    void this.renew();
    this.marked();
  }

  /** Another edition came into force since the lines in force were loaded: have its lines, and follow. */
  private async renew(): Promise<void> {
    const { draft, session: { board } } = this.editing;
    const layer = this.beneath.find((each) => each instanceof InForceLayer);
    if (!layer || this.isRenewing || !board.isOlderThan(draft.edition_in_force)) return;
    this.isRenewing = true;
    await this.busyWith(layer.load()).catch(() => undefined);
    if (board.isOlderThan(draft.edition_in_force)) await new Promise((later) => setTimeout(later, RENEWED_AGAIN_MS));
    this.isRenewing = false;
    if (!this.isClosed) this.redraw();
  }

  private marked(): void {
    this.button.place();
    this.coordinates.tell();
    this.stage.revise();
  }

  private removeNode(): void {
    this.nodes.remove();
    this.element.focus({ preventScroll: true }); // the button is gone
  }

  private hintNow(): string {
    const { editing, words } = this;
    if (editing.isReadOnly) return "";
    if (editing.compare === "in-force") return editing.tool === "select" ? "" : boundaryWordsOf(editing.session.state.language).onlyLookedAt;
    if (this.map.getZoom() < NODES_FROM) return words.zoomIn;
    return this.hasTooMany ? words.tooMany : this.refusal || (words.howTo[editing.tool] ?? "");
  }

  private swiped(at: number): void {
    this.draft.swipe = at;
    this.stage.revise();
  }

  private rest(): void {
    const { lat, lng } = this.map.getCenter();
    this.editing.setView({ zoom: this.map.getZoom(), lat, lon: lng });
    void this.load();
  }

  /** Have the vertices of what is in view and some more, unless they are here. */
  private async load(): Promise<void> {
    const seen = this.map.getBounds();
    if (this.map.getZoom() < NODES_FROM || !this.element.clientWidth || this.loaded?.contains(seen)) return;
    const around = seen.pad(AROUND);
    const { table } = this.editing;
    if (table.grids.size > MOST_GRIDS) table.clear();
    this.loaded = around;
    this.hasTooMany = !(await this.busyWith(this.editing.look([around.getWest(), around.getSouth(), around.getEast(), around.getNorth()])));
    if (this.hasTooMany) this.loaded = null;
    this.follow();
  }

  private async busyWith<T>(work: Promise<T>): Promise<T> {
    const say = (by: 1 | -1) => this.element.setAttribute("aria-busy", String((this.busy += by) > 0));
    say(1);
    return work.finally(() => say(-1));
  }

  // -- tools ------------------------------------------------------------------------------------------------------------

  private click({ containerPoint, originalEvent }: L.LeafletMouseEvent): void {
    const { editing } = this;
    if (!originalEvent || !["select", "merge", "describe"].includes(editing.tool)) return;
    this.choose(placeAt(this, containerPoint), originalEvent.shiftKey || editing.tool === "merge");
  }

  /** Choose the grid at a place; adds: beside those that are chosen, or no longer among them. */
  private choose(at: Point, adds: boolean): void {
    const { editing } = this;
    const code = editing.table.gridHolding(at)?.code ?? editing.session.board.gridAt(at.x, at.y)?.properties.code;
    if (!code) return;
    const others = editing.chosen.filter((each) => each !== code);
    if (!adds) editing.choose([code]);
    else editing.choose(others.length < editing.chosen.length ? others : [...others, code]);
    if (editing.tool === "describe" && !editing.isReadOnly) editing.ask({ kind: "describe", code });
  }

  private async drawn(tool: string, spots: readonly Spot[]): Promise<void> {
    const { editing, words } = this;
    this.refusal = "";
    if (tool === "transfer") {
      if (editing.chosen.length !== 2) editing.choose(handedOver(spots, editing.table));
      return editing.transferDrawn(ringOf(spots, this.map.getCenter().lat));
    }
    if (tool === "split") {
      const grid = editing.table.gridAlong(spots.map(({ at }) => at));
      return grid ? editing.splitDrawn(grid.code, cutOf(spots, this.map.getCenter().lat)) : this.refuse(words.needsGrid);
    }
    const operations = reshapeOf(spots, editing.table);
    if (!operations) return this.refuse(words.needsEdges);
    for (const operation of operations) if (!(await editing.perform(operation))) return;
  }

  /** Say why nothing came of what was drawn, until the next thing is. */
  private refuse(reason: string): void {
    this.refusal = reason;
    this.say(reason);
    this.follow();
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow")) this.isPointed = false;
    const isDone = this.nodes.key(event) || (this.isPointed && this.goOn(event)) || this.drawing.key(event) || this.pick(event);
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation(); // arrows move the map otherwise
  }

  /** Enter ends a line that was drawn with a pointer, and merges what was chosen with one. */
  private goOn({ key }: KeyboardEvent): boolean {
    if (key !== "Enter") return false;
    if (this.editing.tool === "merge") this.editing.mergeChosen();
    else this.drawing.end();
    return true;
  }

  /** Enter chooses the grid beneath the cross. */
  private pick({ key, shiftKey }: KeyboardEvent): boolean {
    if (key !== "Enter" || !["select", "merge", "describe"].includes(this.editing.tool)) return false;
    this.choose(placeAt(this, this.map.getSize().divideBy(2)), shiftKey || this.editing.tool === "merge");
    return true;
  }
}
