/** The page around the map: mounts what is drawn with words, and follows what is chosen. */

import type * as L from "leaflet";
import { type ComponentChild, h, render } from "preact";

import { Address } from "./address.ts";
import { admit } from "./admission.ts";
import { announce } from "./announcing.ts";
import { Commands } from "./commands.ts";
import { refocus } from "./focus.ts";
import { Guide } from "./guide.ts";
import { Interaction, type MapLayers } from "./interaction.ts";
import { Keys } from "./keys.ts";
import { CoverageLayer } from "./layers/coverage-layer.ts";
import { GridLayer } from "./layers/grid-layer.ts";
import { IssueLayer } from "./layers/issue-layer.ts";
import { LabelLayer } from "./layers/label-layer.ts";
import type { OwnLayer } from "./layers/own-layer.ts";
import { PlaceLayer } from "./layers/place-layer.ts";
import { UnitLayer } from "./layers/unit-layer.ts";
import { Locator } from "./locator.ts";
import { MapTools } from "./map-tools.ts";
import { followMotion } from "./motion.ts";
import type { Change } from "./payloads.ts";
import { Pin } from "./pin.ts";
import type { DialogName, Session } from "./session.ts";
import { type Stage, type Surface, stageOf } from "./stage.ts";
import type { Selection, State } from "./state.ts";
import { Summary } from "./summary.ts";
import { applyTheme } from "./theme.ts";
import { Toasts } from "./toasts.ts";
import { FigureChoice, Freshness, Kpi, Switches, Where } from "./ui/bar.tsx";
import { Filters, type FiltersProps } from "./ui/filters.tsx";
import { GridTable } from "./ui/grid-table.tsx";
import { KeysHelp } from "./ui/keys-help.tsx";
import { Legend } from "./ui/legend.tsx";
import { Foot, MapControls, Notices } from "./ui/map-controls.tsx";
import { Panel } from "./ui/panel.tsx";
import { PastNotice } from "./ui/past.tsx";
import { Search } from "./ui/search.tsx";
import { ShareDialog } from "./ui/share.tsx";
import { type MapView, isNear } from "./url.ts";
import { Wall, isWall } from "./wall/wall.ts";

const SOON_MS = 400;
/** What can be gone back from. */
const STEPS = ["figure", "selection", "cover"] as const;

export class Page {
  private readonly session: Session;
  private readonly map: L.Map;
  private readonly layers: MapLayers;
  private readonly tools: MapTools;
  private readonly toasts: Toasts;
  private readonly guide: Guide;
  private readonly commands: Commands;
  private readonly address: Address;
  private asked: MapView | null;
  /** What makes a wall screen of the page, if it is one. */
  private readonly wall: Wall | null;
  private stage: Stage | null = null;
  private locator: Locator | null = null;
  private frame = 0;
  /** What of the view the words were drawn for. */
  private wordsFor = "";
  /** While parts arrive, those that come close together are drawn together. */
  private isArriving = false;
  private soon = 0;
  private isFilterOpen = false;
  private readonly keys: Keys;
  private readonly summary: Summary;
  private dialog: DialogName | null = null;
  /** What the panel showed before, until the focus has followed. */
  private left: Selection | null = null;

  constructor(session: Session, map: L.Map, layers: readonly OwnLayer[], asked: MapView | null) {
    this.session = session;
    this.map = map;
    this.asked = asked;
    this.layers = pickLayers(layers);
    this.tools = new MapTools(map, element("map-frame"), session);
    this.toasts = new Toasts(() => this.changed());
    this.guide = new Guide(session, map, this.tools, this.toasts);
    this.commands = new Commands(session, map, this.tools);
    this.address = new Address(session, map, () => this.stage !== null, asked);
    this.wall = isWall() ? new Wall(session, this.tools, () => this.changed()) : null;
    this.summary = new Summary(session, element("summary"));
    this.keys = new Keys({ escape: () => this.commands.escape(), run: (shortcut) => this.commands.run(shortcut) });
    this.serve(session);
    followMotion(map);
    document.querySelector(".skip")!.addEventListener("click", (event) => {
      event.preventDefault(); // the address holds the view
      element("panel").focus();
    });
    window.addEventListener("popstate", () => this.address.read(() => this.admit()));
    this.translate();
    this.changed();
  }

  /** What others ask of the page. */
  private serve(session: Session): void {
    session.open = (selection) => this.guide.open(selection);
    session.pinStart = (lon, lat) => this.guide.pinStart(lon, lat);
    session.showSpot = (spot, flies) => this.guide.showSpot(spot, flies);
    session.show = (dialog) => this.show(dialog);
    session.pin = new Pin(this.map);
    session.store.subscribe((state, before) => this.follow(state, before));
    session.waiting.onChange = () => this.changed();
    if (session.base) session.base.onChange = () => this.changed();
    if (session.blindSpots) session.blindSpots.onChange = () => this.changedSpots();
  }

  /** The configuration is here: give the map a view, so that Leaflet adds the layers. */
  showMap(): void {
    const { map, session } = this;
    this.isArriving = true;
    this.stage = stageOf(map);
    this.stage.hold();
    this.layers.labels.panels = () => this.tools.panels();
    session.base?.follow(this.stage);
    this.wall?.showMap(this.stage);
    if (this.asked && !isNear(this.asked, session.board.config?.bounds)) this.asked = null;
    if (this.asked) map.setView([this.asked.lat, this.asked.lon], this.asked.zoom, { animate: false });
    else this.tools.home(false);
    this.locator = new Locator(session, element("locator"), map);
    new Interaction(session, this.tools, this.layers, session.pin!, element("tip"));
    this.stage.prepare = () => this.prepare();
    this.stage.onRest(() => this.keepAddress(false));
    map.on("locationfound", ({ latlng }) => this.guide.mark({ lon: latlng.lng, lat: latlng.lat }));
    map.on("locationerror", () => this.toasts.show({ text: session.words.locateFailed, open: () => {} }));
    // A panel may grow without being drawn anew: a phone's sheet while it is raised, the legend when it is unfolded.
    const resized = new ResizeObserver(() => this.keepClear());
    for (const id of ["panel", "legend", "figures", "filters"]) resized.observe(element(id));
    this.translate();
  }

  /** Everything that could be loaded is: the home view may now take in the worst three. */
  showLoaded(): void {
    element("battle_map").closest(".app")!.removeAttribute("data-state");
    this.isArriving = false;
    clearTimeout(this.soon);
    this.changed();
    requestAnimationFrame(() => {
      if (!this.asked) this.tools.home(false);
      this.stage!.release();
    });
    this.wall?.begin();
  }

  /** Drop what this reader may not have, or what is no longer there, and say so. */
  admit(): void {
    const { store, state, board, words } = this.session;
    const change = admit(state, board);
    if (!Object.keys(change).length) return;
    store.set(change);
    this.toasts.show({ text: this.session.day === null ? words.dropped : words.droppedThen, open: () => {} });
  }

  /** Draw the words again, once a frame at most. */
  changed(): void {
    if (this.isArriving) return this.drawSoon();
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => this.renderWaiting());
  }

  /** The map is about to be drawn. Its labels go between the panels: what these tell of another view is drawn first. */
  private prepare(): void {
    const stage = this.stage!;
    const isOtherView = stage.atRest && this.viewInWords() !== this.wordsFor;
    if (this.frame) this.renderWaiting();
    else if (isOtherView) this.renderView();
    if (stage.atRest && stage.palette && this.session.board.config) this.locator!.draw(stage.view(), stage.palette);
  }

  private renderWaiting(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.renderAll();
  }

  private changedSpots(): void {
    this.changed();
    this.redraw("points", "labels");
  }

  /** Draw the map again, or some of its surfaces: data came. */
  redraw(...surfaces: Surface[]): void {
    if (this.isArriving) this.drawSoon();
    else this.stage?.invalidate(...surfaces);
  }

  /** Draw what of the map the reader's choices, or a live change, alter. */
  revise(): void {
    if (!this.isArriving) this.stage?.revise();
  }

  private drawSoon(): void {
    this.soon ||= window.setTimeout(() => {
      this.soon = 0;
      this.renderAll();
      this.stage?.release();
    }, SOON_MS);
  }

  isPointerOverList(): boolean {
    return !this.wall && element("panel").matches(":hover") && this.session.state.selection.kind === "none";
  }

  /** Tell of what changed: a wall screen of counts, any other of new issues. */
  announce(change: Change): void {
    if (this.wall) return this.wall.announce(change);
    this.summary.note(change);
    announce(change, this.session, this.tools, this.toasts);
  }

  // -- following the state ------------------------------------------------------------------------------------------

  private follow(state: State, before: State): void {
    if (state.theme !== before.theme) {
      applyTheme(state.theme);
      this.stage?.readTheme();
    }
    if (state.language !== before.language) this.translate();
    document.querySelector<HTMLElement>(".app")!.dataset.link = state.link;
    this.summary.follow(state, before);
    if (state.link === "refused") this.dialog = null;
    if (state.selection !== before.selection) {
      this.guide.unmark();
      this.left ??= before.selection;
    }
    this.revise();
    this.changed();
    // The next frame may be half a frame off, which is as long as the words take: they are made meanwhile, in a task of their own.
    window.setTimeout(() => this.frame && this.renderWaiting());
    this.keepAddress(STEPS.some((key) => state[key] !== before[key]));
    if (this.stage && state.filter !== before.filter) this.guide.showScope(state.filter, before.filter);
    if (state.selection !== before.selection) element("panel").querySelector(".panel-body")?.scrollTo(0, 0);
  }

  /** What the legend and the scale tell of the view. */
  private viewInWords(): string {
    if (!this.stage) return "";
    return [this.map.getZoom(), this.map.getCenter().lat, this.layers.units.story(this.stage.view())].join();
  }

  private keepAddress(isStep: boolean): void {
    if (!this.wall) this.address.write(isStep); // a tour is nothing to go back to
  }

  // -- drawing ------------------------------------------------------------------------------------------------------

  private renderAll(): void {
    const { session } = this;
    session.blindSpots?.follow();
    if (!this.wall) session.waiting.follow();
    put("where", h(Where, { session }));
    put("past", h(PastNotice, { session }));
    put("freshness", h(Freshness, { session }));
    put("kpi", h(Kpi, { session }));
    if (this.wall) this.wall.render();
    else this.renderControls();
    const { toast, hold } = this.toasts;
    put("notices", h(Notices, { session, toast, hold, retry: () => session.reload() }));
    put("dialogs", this.dialogShown());
    if (this.left) refocus(element("panel"), this.left);
    this.left = null;
    this.renderView();
  }

  /** What tells of the view: the legend and the scale. Another view changes no other words. */
  private renderView(): void {
    const { session, map, stage } = this;
    this.wordsFor = this.viewInWords();
    const zoom = stage ? map.getZoom() : 0;
    const lat = stage ? map.getCenter().lat : 0;
    const unitStory = stage ? this.layers.units.story(stage.view()) : "none";
    const { filters } = this;
    put("legend", h(Legend, { session, zoom, unitStory, placeKinds: this.layers.places.kinds(zoom), filters, close: this.commands.actions.toggleLegend }));
    put("foot", h(Foot, { session, lat, zoom }));
    this.keepClear();
  }

  private get filters(): FiltersProps {
    return { session: this.session, isOpen: this.isFilterOpen, toggle: this.toggleFilter };
  }

  /** What can be pressed, and what that opens: not on a wall. */
  private renderControls(): void {
    const { session, filters } = this;
    put("search", h(Search, { session, go: this.guide.goTo }));
    put("switches", h(Switches, { session }));
    put("panel", h(Panel, { session }));
    put("figures", h(FigureChoice, { session }));
    put("map-controls", h(MapControls, { session, actions: this.commands.actions }));
    put("filters", h(Filters, filters));
  }

  private dialogShown(): ComponentChild {
    const { session, keys } = this;
    const close = () => this.show(null);
    if (this.dialog === "table") return h(GridTable, { session, close });
    if (this.dialog === "share") return h(ShareDialog, { session, close });
    return this.dialog === "keys" ? h(KeysHelp, { session, keys, close }) : null;
  }

  private show(dialog: DialogName | null): void {
    this.dialog = dialog;
    this.changed();
  }

  /** Place discs and labels again where a panel came, went, moved or grew: the scale with the zoom, say. */
  private keepClear(): void {
    if (!this.layers.labels.isClear) this.stage?.invalidate("labels");
  }

  private readonly toggleFilter = (): void => {
    this.isFilterOpen = !this.isFilterOpen;
    this.changed();
  };

  /** Words that stand in the page's skeleton. */
  private translate(): void {
    const { words, board } = this.session;
    document.documentElement.lang = words.locale;
    document.title = [words.title, board.config?.name, this.session.day].filter(Boolean).join(" · ");
    const texts: Record<string, string> = { skip: words.skip, title: words.title };
    for (const node of document.querySelectorAll<HTMLElement>("[data-text]")) {
      node.textContent = texts[node.dataset.text!] ?? "";
    }
    element("battle_map").setAttribute("aria-label", words.mapLabel);
    element("kpi").setAttribute("aria-label", words.kpi);
    element("legend").setAttribute("aria-label", words.legend);
    element("panel").setAttribute("aria-label", words.goFirst);
    this.stage?.readTheme(); // the font goes by the language
  }
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}

function put(id: string, what: ComponentChild): void {
  render(what, element(id));
}

function pickLayers(layers: readonly OwnLayer[]): MapLayers {
  const find = <T extends OwnLayer>(kind: new (...args: never[]) => T): T => layers.find((layer) => layer instanceof kind) as T;
  return { coverage: find(CoverageLayer), grids: find(GridLayer), places: find(PlaceLayer), units: find(UnitLayer), issues: find(IssueLayer), labels: find(LabelLayer) };
}
