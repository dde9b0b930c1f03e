/** The clerks' workbench: reads the address, asks who is there, shows the tabs. Nothing here is live; tabs have a button. */

import { h, render } from "preact";

import { Board } from "./board.ts";
import { type Constants, readConstants } from "./constants.ts";
import { drawer, linkAfter } from "./desk-page.ts";
import { Loading } from "./loading.ts";
import { Session } from "./session.ts";
import { rememberLanguage, rememberedLanguage } from "./language.ts";
import { type State, Store } from "./state.ts";
import { applyTheme, rememberTheme, rememberedTheme } from "./theme.ts";
import { BenchApi } from "./workbench/api.ts";
import { Bench } from "./workbench/bench.ts";
import { Frame } from "./workbench/frame.tsx";
import { Ground, type GroundOptions } from "./workbench/ground.ts";
import { TABS } from "./workbench/tabs.ts";

interface PageConstants extends Constants {
  urls: { config: string; grids: string; api: string; session: string };
  ground: GroundOptions;
}

const ALL_STEPS = 0b111111; // shades of figures are for the battle map

function start(): void {
  const constants = readConstants<PageConstants>();
  const { urls } = constants;
  const initial: Partial<State> = { language: rememberedLanguage(), theme: rememberedTheme(), stepsOff: ALL_STEPS };
  const api = new BenchApi(urls.api);
  const session = new Session(constants, api, new Board(), new Store(initial));
  const ground = new Ground(session, urls.grids, constants.ground);
  const draw = drawer(() => render(h(Frame, { bench }), document.getElementById("workbench")!));
  const bench = new Bench(session, api, ground, TABS, draw);
  const configured = () => {
    session.loads++; // tabs start over now, not when the map's parts have arrived
    draw();
  };
  const loading = new Loading(session, ground.layers, urls.config, { configured, arrived: () => ground.redraw() });

  const load = async () => {
    try {
      session.store.set({ link: "loading" });
      await loading.load();
      session.store.set({ link: "live" });
    } catch (error) {
      session.store.set({ link: linkAfter(error) });
    }
    draw();
  };
  session.reload = () => void load();
  session.signIn = async (secret) => {
    await api.signIn(urls.session, secret);
    await load();
  };
  api.onSignedOut = () => session.store.set({ link: "signed-out" });
  session.store.subscribe((state, before) => {
    if (state.theme !== before.theme) rememberTheme(state.theme);
    if (state.language !== before.language) rememberLanguage(state.language);
    translate(bench);
    ground.redraw();
    draw();
  });
  for (const moved of ["hashchange", "popstate"]) window.addEventListener(moved, draw);
  // Who goes back to a page that the browser set aside may have signed out since.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  translate(bench);
  draw();
  void load();
}

function translate({ session, words }: Bench): void {
  applyTheme(session.state.theme);
  document.documentElement.lang = session.words.locale;
  const name = session.board.config?.name;
  document.title = name ? `${words.title} · ${name}` : words.title;
}

start();
