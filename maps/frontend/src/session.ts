/** What belongs to one open page and is handed around: data, choices, words, and how to reach the server. */

import type { Api } from "./api.ts";
import type { BlindSpots } from "./blind-spots.ts";
import type { Board } from "./board.ts";
import type { Constants } from "./constants.ts";
import type { Spot } from "./coverage.ts";
import { Clock, nameOf } from "./format.ts";
import { type Words, sourceNamed, wordsOf } from "./i18n/index.ts";
import type { BaseLayer } from "./layers/base-layer.ts";
import type { OwnLayer } from "./layers/own-layer.ts";
import { endOf } from "./past.ts";
import type { Ranked } from "./ranking.ts";
import type { GridProperties, Named, Ranking } from "./payloads.ts";
import type { LonLat, Pin } from "./pin.ts";
import type { Selection, State, Store } from "./state.ts";
import { Waiting } from "./waiting.ts";

export type DialogName = "table" | "keys" | "share";

export class Session {
  readonly constants: Constants;
  readonly api: Api;
  readonly board: Board;
  readonly store: Store;
  /** The day of the past that the page shows; null for now. */
  readonly day: string | null;
  private dayEnd = 0;
  layers: readonly OwnLayer[] = [];
  /** The operator's base map, beneath all of them. */
  base: BaseLayer | null = null;
  /** What the coverage report found; null where it cannot be switched on. */
  blindSpots: BlindSpots | null = null;
  /** What waits on the workbench. */
  readonly waiting = new Waiting(this);
  /** The order of the list, which changes on the minute and not under the pointer. */
  worst: Ranked[] = [];
  /** How many grids there is a reason to go to; the list holds the first of them. */
  ranked = 0;
  /** Server time minus ours, milliseconds. */
  clockOffset = 0;
  /** When we last heard from the server, in server time. */
  heardAt = 0;
  /** Open something and show it on the map; set by the page. */
  open: (selection: Selection) => void = (selection) => this.store.select(selection);
  /** Show a blind spot in its list, and unless it was found on the map, there too; set by the page. */
  showSpot: (spot: Spot, flies?: boolean) => void = () => {};
  /** Start over with everything that failed to load; set by the page. */
  reload: () => void = () => {};
  /** Open a dialog over the page; set by the page. */
  show: (dialog: DialogName) => void = () => {};
  /** Go on with the secret of a new link after the session has ended; rejects with the Problem. Set at the start. */
  signIn: (secret: string) => Promise<void> = async () => {};
  pin: Pin | null = null;
  /** Where a pin starts: at the issue, or in the middle of the map where it has no place. Set by the page. */
  pinStart: (lon: number | null, lat: number | null) => LonLat = (lon, lat) => ({ lon: lon ?? 0, lat: lat ?? 0 });
  /** How often everything was loaded, */
  loads = 0;
  /** and how often each subject changed while the page was open: "issue 12", "unit 7". */
  private readonly changes = new Map<string, number>();
  private clocks = new Map<string, Clock>();

  constructor(constants: Constants, api: Api, board: Board, store: Store, day: string | null = null) {
    this.constants = constants;
    this.api = api;
    this.board = board;
    this.store = store;
    this.day = day;
  }

  get state(): State {
    return this.store.state;
  }

  get words(): Words {
    return wordsOf(this.state.language);
  }

  /** Server time now, or the end of the day of the past, milliseconds. */
  now(): number {
    const { config } = this.board;
    if (this.day !== null && config) return (this.dayEnd ||= endOf(this.day, config.timezone));
    return Date.now() + this.clockOffset;
  }

  get clock(): Clock {
    const zone = this.board.config?.timezone ?? "UTC";
    const key = `${this.state.language} ${zone}`;
    let clock = this.clocks.get(key);
    if (!clock) this.clocks.set(key, (clock = new Clock(this.state.language, zone)));
    return clock;
  }

  /** What the order of the list is made of: under a filter of issues, of issues alone. */
  get weights(): Ranking {
    const { ranking } = this.board.config!.figures;
    return this.board.counted.narrowsIssues ? { ...ranking, red_overdue: 0 } : ranking;
  }

  /** A grid's name in lists and beside the discs: as short as it can be without being another's. */
  nameOfGrid(grid: Named): string {
    return this.words.listedGrid(nameOf(grid, this.state.language));
  }

  /** Who answers for a grid, in words; null where this reader may not know. */
  leadOf(grid: GridProperties): string | null {
    if (!this.board.may("leads.see")) return null;
    return grid.lead ? nameOf(grid.lead, this.state.language) : this.words.noLead;
  }

  /** Who did something: a person, or the source that a report came from. */
  actorName(recorded: string, inEnglish: string | null): string {
    if (this.state.language !== "en") return recorded;
    return inEnglish ?? sourceNamed(recorded, this.words) ?? recorded;
  }

  /** A moment in words, in the jurisdiction's zone. */
  moment(at: string): string {
    return this.clock.moment(at, this.board.config?.today ?? "");
  }

  /** Have the board count and show what the reader asks for at this moment. */
  narrow(): void {
    const { filter, statesOff, classesOff } = this.state;
    this.board.narrow({ filter, statesOff, classesOff, now: this.now(), overdueFlag: this.constants.flags.overdue });
  }

  touch(subject: "issue" | "unit", id: number): void {
    const key = `${subject} ${id}`;
    this.changes.set(key, (this.changes.get(key) ?? 0) + 1);
  }

  changesOf(subject: "issue" | "unit", id: number): number {
    return this.loads + (this.changes.get(`${subject} ${id}`) ?? 0);
  }

  /** Why nothing can be written now, in words; null when it can. */
  get obstacle(): string | null {
    const { link } = this.state;
    if (link === "offline") return this.words.offlineReason;
    if (link === "refused") return this.words.refusedTitle;
    return link === "signed-out" ? this.words.signedOutBanner : null;
  }
}
