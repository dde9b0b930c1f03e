/** Puts the page together: reads the address, loads the parts, follows the stream, draws what changed. */

import type * as L from "leaflet";

import { Api, Problem } from "./api.ts";
import { Board, type Part } from "./board.ts";
import { readConstants } from "./constants.ts";
import { rememberLanguage, rememberedLanguage } from "./language.ts";
import type { BaseLayer } from "./layers/base-layer.ts";
import type { OwnLayer } from "./layers/own-layer.ts";
import { Live } from "./live.ts";
import { Loading } from "./loading.ts";
import { Page } from "./page.ts";
import { askedDay, isDay } from "./past.ts";
import type { Change, Hello } from "./payloads.ts";
import { rank } from "./ranking.ts";
import { Session } from "./session.ts";
import { type Link, type State, Store } from "./state.ts";
import { applyTheme, rememberTheme, rememberedTheme } from "./theme.ts";
import { parseAddress } from "./url.ts";
import { isWall } from "./wall/wall.ts";

export interface Urls {
  config: string;
  events: string;
  api: string;
  session: string;
}

const MINUTE_MS = 60_000;
const LISTED = 10; // of the grids that there is a reason to go to

export function start(map: L.Map, layers: readonly OwnLayer[], urls: Urls, base: BaseLayer | null): void {
  const address = parseAddress(location.hash);
  const initial: Partial<State> = { language: rememberedLanguage(), theme: isWall() ? "dark" : rememberedTheme(), ...address.state };
  const day = isWall() ? null : askedDay(location.search);
  const session = new Session(readConstants(), new Api(urls.api, day), new Board(), new Store(initial), day);
  session.layers = layers;
  session.base = base;
  for (const layer of layers) layer.attach(session);
  applyTheme(session.state.theme);
  const page = new Page(session, map, layers, address.view);
  new Starter(session, page, layers, urls).run();
}

class Starter {
  private readonly session: Session;
  private readonly page: Page;
  private readonly loading: Loading;
  private readonly live: Live;
  private isMapShown = false;
  private hadGrids = false;
  private isFollowing = false;

  constructor(session: Session, page: Page, layers: readonly OwnLayer[], urls: Urls) {
    this.session = session;
    this.page = page;
    const { store } = session;
    this.loading = new Loading(session, layers, urls.config, {
      configured: () => this.configured(),
      arrived: (part) => this.arrived(part),
    });
    this.live = new Live(session.day === null ? urls.events : null, {
      load: () => this.load(),
      hello: (hello) => this.greet(hello),
      change: (change) => this.change(change),
      heard: () => {
        session.heardAt = session.now();
        store.set({ link: this.linkNow() });
        page.changed();
      },
      isStillOurs: () => this.isStillOurs(urls.config),
      stale: () => store.set({ link: "stale" }),
      lost: () => store.set({ link: "offline" }),
      signedOut: () => store.set({ link: "signed-out" }),
      refused: () => store.set({ link: "refused" }),
      noSuchDay: () => store.set({ link: "no-day" }),
    });
    session.api.onRefused = () => this.live.retry();
    session.reload = () => (session.board.failed.size ? this.live.reload() : this.live.retry());
    session.signIn = async (secret) => {
      await session.api.signIn(urls.session, secret);
      this.follow();
    };
    store.subscribe((state, before) => {
      const { filter, statesOff, classesOff } = before;
      if (state.filter !== filter || state.statesOff !== statesOff || state.classesOff !== classesOff) this.rankAgain(true);
      if (state.theme !== before.theme) rememberTheme(state.theme);
      if (state.language !== before.language) rememberLanguage(state.language);
    });
  }

  run(): void {
    const { day, store } = this.session;
    if (day !== null && !isDay(day)) return store.set({ link: "no-day" });
    this.follow();
    window.setInterval(() => this.rankAgain(), MINUTE_MS);
    for (const turned of ["online", "offline"]) window.addEventListener(turned, () => this.live.retry());
    // Who goes back to a page that the browser set aside may have signed out since.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    // Whoever signed in in another tab finds this one as it was left.
    document.addEventListener("visibilitychange", () => !document.hidden && this.follow());
    // Whoever signed out there finds no day of the past, of which no stream tells.
    if (day !== null) document.addEventListener("visibilitychange", () => !document.hidden && this.live.retry());
  }

  /** Load and follow, until the session ends. Who signs in then may be somebody else: everything is loaded anew. */
  private follow(): void {
    if (this.isFollowing) return;
    this.isFollowing = true;
    this.live.reload();
    void this.live.run().finally(() => (this.isFollowing = false));
  }

  /** What hearing from the server means: before the first edition there is no map of a day. */
  private linkNow(): Link {
    const { day, board } = this.session;
    if (day === null) return "live";
    return board.config!.edition ? "past" : "no-day";
  }

  private async isStillOurs(url: string): Promise<boolean> {
    const { api, board } = this.session;
    return JSON.stringify((await api.config(url)).me) === JSON.stringify(board.config!.me);
  }

  private async load(): Promise<string> {
    const { session, page } = this;
    try {
      const revision = await this.loading.load();
      // The first grids of all may be published while somebody looks at the empty map.
      const isFirst = !session.loads || (!this.hadGrids && session.board.grids.size > 0);
      this.hadGrids ||= session.board.grids.size > 0;
      session.loads++;
      page.admit();
      if (isFirst) page.showLoaded();
      return revision;
    } catch (error) {
      const isRefused = error instanceof Problem && error.status === 403;
      if (!session.board.config && !isRefused) session.store.set({ link: "offline" }); // there is nothing else to show
      throw error;
    }
  }

  private configured(): void {
    if (!this.isMapShown) this.page.showMap();
    this.page.admit(); // before anything is asked for that this reader may not have
    this.isMapShown = true;
    this.page.changed();
  }

  private arrived(part: Part): void {
    if (part === "grids" || part === "issues") this.rankAgain(true);
    this.page.changed();
    this.page.redraw();
  }

  private greet(hello: Hello): boolean {
    const { session } = this;
    session.clockOffset = Date.parse(hello.now) - Date.now();
    const { edition, today } = session.board.config!;
    return hello.edition === edition && hello.today === today;
  }

  private change(change: Change): void {
    const { session, page } = this;
    session.board.apply(change);
    for (const { layer, id } of change.items) session.touch(layer === "issues" ? "issue" : "unit", id);
    page.announce(change);
    page.changed();
    page.revise(); // roads and lines are as they were
  }

  /** On the minute, and never under the pointer. */
  private rankAgain(force = false): void {
    const { session } = this;
    const { board } = session;
    session.narrow(); // issues age
    if (!board.config || (!force && this.page.isPointerOverList())) return;
    const ranked = rank(board.each(), session.weights, session.now());
    session.worst = ranked.slice(0, LISTED);
    session.ranked = ranked.length;
    this.page.changed();
    this.page.revise();
  }
}
