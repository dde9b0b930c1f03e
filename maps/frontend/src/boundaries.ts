/** The boundary editor's page: reads the address, asks who is there, shows the drafts or the one that is open. */

import { h, render } from "preact";

import { Board } from "./board.ts";
import { BoundaryApi } from "./boundaries/api.ts";
import { Desk } from "./boundaries/desk.ts";
import { Frame } from "./boundaries/frame.tsx";
import { InForceLayer } from "./boundaries/map/in-force-layer.ts";
import { type Constants, readConstants } from "./constants.ts";
import { drawer, linkAfter } from "./desk-page.ts";
import { rememberLanguage, rememberedLanguage } from "./language.ts";
import { BackgroundLayer } from "./layers/background-layer.ts";
import { BaseLayer, type BaseOptions } from "./layers/base-layer.ts";
import { LabelLayer } from "./layers/label-layer.ts";
import { Loading } from "./loading.ts";
import { Session } from "./session.ts";
import { type State, Store } from "./state.ts";
import { applyTheme, rememberTheme, rememberedTheme } from "./theme.ts";

interface PageConstants extends Constants {
  urls: { config: string; grids: string; api: string; session: string; official: string };
  ground: { background: string | null; tiles: BaseOptions | null };
}

const ALL_STEPS = 0b111111; // shades of figures are for the battle map

function start(): void {
  const constants = readConstants<PageConstants>();
  const { urls } = constants;
  const initial: Partial<State> = { language: rememberedLanguage(), theme: rememberedTheme(), stepsOff: ALL_STEPS };
  const api = new BoundaryApi(urls.api, urls.official);
  const session = new Session(constants, api, new Board(), new Store(initial));
  addGround(session, constants);
  const draw = drawer(() => {
    translate(desk);
    render(h(Frame, { desk }), document.getElementById("boundaries")!);
  });
  const desk = new Desk(session, api, draw);
  const loading = new Loading(session, session.layers, urls.config, {
    configured: () => {
      session.loads++;
      desk.retry();
    },
    arrived: () => desk.map?.redraw(),
  });
  const load = async () => {
    session.store.set({ link: "loading" });
    await loading.load().then(
      () => session.store.set({ link: "live" }),
      (error: unknown) => session.store.set({ link: linkAfter(error) }),
    );
    draw();
  };
  session.reload = () => void load();
  session.signIn = async (secret) => {
    await api.signIn(urls.session, secret);
    await load();
  };
  api.onSignedOut = () => session.store.set({ link: "signed-out" });
  listen(desk, draw);
  draw();
  void load();
}

function listen(desk: Desk, draw: () => void): void {
  desk.session.store.subscribe((state, before) => {
    if (state.theme !== before.theme) rememberTheme(state.theme);
    if (state.language !== before.language) rememberLanguage(state.language);
    translate(desk);
    if (state.theme !== before.theme || state.language !== before.language) desk.map?.redraw();
    draw();
  });
  for (const moved of ["hashchange", "popstate"]) window.addEventListener(moved, () => desk.follow());
  // Who goes back to a page that the browser set aside may have signed out since.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/** Land, roads, the grids in force and names, for the map to lay beneath the draft. */
function addGround(session: Session, { urls, ground }: PageConstants): void {
  session.base = ground.tiles && new BaseLayer(ground.tiles);
  session.layers = [new BackgroundLayer(ground.background ?? ""), new InForceLayer(urls.grids), new LabelLayer(false)];
  for (const layer of session.layers) layer.attach(session);
}

function translate(desk: Desk): void {
  const { session, words, editing } = desk;
  applyTheme(session.state.theme);
  document.documentElement.lang = session.words.locale;
  const parts = [editing && desk.titleOf(editing.draft), words.title, session.board.config?.name];
  document.title = parts.filter(Boolean).join(" · ");
}

start();
