/** What keys and the buttons on the map do. */

import type * as L from "leaflet";

import type { Shortcut } from "./keys.ts";
import type { MapTools } from "./map-tools.ts";
import type { Session } from "./session.ts";
import type { MapActions } from "./ui/map-controls.tsx";
import { SEARCH_FIELD } from "./ui/search.tsx";

const LOCATED_ZOOM = 16;
const OPEN_LEGEND = "data-legend"; // on a phone it lies folded behind its button

export class Commands {
  private readonly session: Session;
  readonly actions: MapActions;

  constructor(session: Session, map: L.Map, tools: MapTools) {
    this.session = session;
    this.actions = {
      zoomIn: () => map.zoomIn(),
      zoomOut: () => map.zoomOut(),
      home: () => tools.home(),
      locate: () => map.locate({ setView: true, maxZoom: LOCATED_ZOOM }),
      toggleLegend: () => app().toggleAttribute(OPEN_LEGEND),
    };
  }

  /** What lies over the map, then a form, then what is chosen. */
  escape(): void {
    const form = panel().querySelector(".form");
    if (app().hasAttribute(OPEN_LEGEND)) app().removeAttribute(OPEN_LEGEND);
    else if (form) form.querySelector<HTMLElement>("button[type=button]")?.click();
    else this.session.store.back();
  }

  run(shortcut: Shortcut): void {
    const { session } = this;
    if (shortcut.act === "worst") {
      const ranked = session.worst[shortcut.at];
      if (ranked) session.open({ kind: "grid", code: ranked.grid.code });
    } else if (shortcut.act === "step") this.step(shortcut.by);
    else if (shortcut.act === "search") document.getElementById(SEARCH_FIELD)!.focus();
    else if (shortcut.act === "legend") this.toLegend();
    else session.show("keys");
  }

  private toLegend(): void {
    const legend = document.getElementById("legend")!;
    if (!legend.getClientRects().length) app().toggleAttribute(OPEN_LEGEND, true);
    legend.querySelector("button")?.focus();
  }

  private step(by: number): void {
    const { worst, state } = this.session;
    const { selection } = state;
    const at = selection.kind === "grid" ? worst.findIndex(({ grid }) => grid.code === selection.code) : -1;
    const next = worst[at < 0 ? 0 : at + by];
    if (next) this.session.open({ kind: "grid", code: next.grid.code });
  }
}

function app(): Element {
  return document.querySelector(".app")!;
}

function panel(): Element {
  return document.getElementById("panel")!;
}
