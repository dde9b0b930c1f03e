/**
 * A wall screen: `?wall=1`. Nobody sits before it, so it moves by itself, says when it cannot, and begins anew at night.
 *
 * It is laid out in rem, and a rem goes by the screen (tokens.css). The map goes with it by one factor, the stage's scale.
 */

import { type ComponentChild, h, render } from "preact";

import type { MapTools } from "../map-tools.ts";
import type { Change } from "../payloads.ts";
import type { Session } from "../session.ts";
import type { Stage } from "../stage.ts";
import { WallClock, WallEnd, WallList, WallTicker } from "../ui/wall.tsx";
import { Idle } from "./idle.ts";
import { Nightly } from "./nightly.ts";
import { type News, Ticker } from "./ticker.ts";
import { Tour } from "./tour.ts";

const STOPS = 3;
const STOP_ZOOM = 14.1; // the shade is still full, and the names of grids are there
const DESK_REM = 16; // pixels
const LARGER = 1.2; // than all else: the map's 13 px are 39 px at 3840
const CLOCK_MS = 1000;

export function isWall(): boolean {
  return new URLSearchParams(location.search).has("wall");
}

export class Wall {
  private readonly session: Session;
  private readonly tools: MapTools;
  private readonly changed: () => void;
  private readonly app = document.querySelector<HTMLElement>(".app")!;
  private readonly foot = document.createElement("footer");
  private readonly end = document.createElement("main");
  private readonly tour: Tour;
  private readonly ticker: Ticker;
  private nightly: Nightly | null = null;
  private isTouring = false;
  /** Somebody uses the pointer. */
  private isHeld = false;
  private minute = "";
  private knownShapes = 0;
  private since: number | null = null;

  constructor(session: Session, tools: MapTools, changed: () => void) {
    this.session = session;
    this.tools = tools;
    this.changed = changed;
    document.documentElement.dataset.wall = "";
    this.foot.className = "ticker";
    this.app.append(this.foot);
    this.end.className = "wall-end";
    this.app.after(this.end);
    for (const id of ["kpi", "legend"]) document.getElementById(id)!.inert = true; // to be read, not pressed
    this.tour = new Tour({ home: () => this.home(), show: (rank) => this.show(rank) }, STOPS);
    this.ticker = new Ticker(changed);
    new Idle(document, { busy: () => this.busy(), idle: () => this.idle() });
    window.setInterval(() => this.tick(), CLOCK_MS);
  }

  /** The map is there: bring it to the size of the screen, now and whenever that changes. */
  showMap(stage: Stage): void {
    const fit = () => {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      stage.setScale((rem / DESK_REM) * LARGER);
    };
    fit();
    window.addEventListener("resize", fit);
  }

  /** Everything is there: begin. */
  begin(): void {
    const { session } = this;
    const { clock } = session;
    this.since = session.now();
    this.nightly = new Nightly(session.now(), (at) => clock.hour(at), (at) => clock.date(at));
    this.ticker.start();
    this.isTouring = true;
    if (!this.isHeld) this.tour.start();
  }

  announce(change: Change): void {
    for (const { code } of change.grids) {
      const grid = this.session.board.grids.get(code);
      if (grid) this.ticker.notice(grid.properties, Date.parse(change.at));
    }
  }

  render(): void {
    const { session } = this;
    const { link } = session.state;
    const isOver = link === "signed-out" || link === "refused";
    this.app.hidden = isOver;
    put(this.end, isOver ? h(WallEnd, { session }) : null);
    if (isOver) return this.stop();
    if (!this.isTouring && this.since !== null) this.begin(); // what was taken away was given back
    put(document.getElementById("switches")!, h(WallClock, { session }));
    put(document.getElementById("panel")!, h(WallList, { session }));
    put(this.foot, h(WallTicker, { session, news: this.news(), since: this.since }));
  }

  /** News count from where the grids were loaded last. */
  private news(): News[] {
    const { board } = this.session;
    if (this.knownShapes !== board.shapesVersion) {
      this.knownShapes = board.shapesVersion;
      this.ticker.know(board.each());
    }
    return this.ticker.shown();
  }

  // -- the tour -----------------------------------------------------------------------------------------------------

  private home(): void {
    this.session.store.select({ kind: "none" });
    this.tools.home();
  }

  private show(rank: number): boolean {
    const { board, store, worst } = this.session;
    const shape = worst[rank] && board.grids.get(worst[rank].grid.code);
    if (!shape) return false;
    store.select({ kind: "grid", code: shape.properties.code });
    this.tools.showGrid(shape, STOP_ZOOM);
    return true;
  }

  /** Whoever moves the map has it for himself until the pointer rests. */
  private busy(): void {
    delete document.documentElement.dataset.idle;
    this.isHeld = true;
    this.tour.stop();
  }

  private idle(): void {
    document.documentElement.dataset.idle = "";
    if (this.isHeld && this.isTouring) this.tour.start();
    this.isHeld = false;
  }

  private stop(): void {
    this.isTouring = false;
    this.tour.stop();
    this.ticker.stop();
  }

  // -- time ---------------------------------------------------------------------------------------------------------

  private tick(): void {
    const { session } = this;
    const minute = session.clock.time(session.now());
    if (minute === this.minute) return;
    this.minute = minute;
    this.changed();
    if (session.state.link === "live" && this.nightly?.isDue(session.now())) void this.reload();
  }

  /** Load the page anew, if it is there to be had: an error page of the browser would stay until somebody came. */
  private async reload(): Promise<void> {
    const isThere = await fetch(location.href).then(async (answer) => answer.ok && (await answer.text()) !== "", () => false);
    if (isThere) location.reload();
  }
}

function put(where: HTMLElement, what: ComponentChild): void {
  render(what, where);
}
