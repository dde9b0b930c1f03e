/**
 * One open draft: what is known of it, what the reader is doing with it, and how both change.
 *
 * The map and the panels meet here and nowhere else. Operations go to the server one after another, each on the revision
 * that the one before it left; what the answer brings is taken at once, what needs counting 150 ms after rest.
 */

import { Problem, newKey } from "../api.ts";
import type { Session } from "../session.ts";
import type { MapView } from "../url.ts";
import type { BoundaryApi } from "./api.ts";
import { errorsOf, merged } from "./faults.ts";
import { type Notice, noticeOf } from "./notice.ts";
import { OfficialLines } from "./official.ts";
import type {
  Box, ChangedMap, Clash, DraftDetail, Fault, Millimetres, Operation, Position, Preview, StepAnswer, Suggestion, Vertices,
} from "./payloads.ts";
import { boxOfChanges } from "./places.ts";

export const TOOLS = ["select", "node", "reshape", "split", "merge", "transfer", "describe"] as const;
export type Tool = (typeof TOOLS)[number];

export const SIDES = ["draft", "in-force", "both"] as const;
export type Compare = (typeof SIDES)[number];

/** What the panels ask before something is done: codes of a split, who takes an area, what is said of a grid. */
export type Request =
  | { kind: "split"; code: string; line: readonly Position[] }
  | { kind: "transfer"; area: readonly Position[] }
  | { kind: "merge"; codes: readonly string[] }
  | { kind: "describe"; code: string }
  | { kind: "place"; node: Millimetres }
  | { kind: "balance" }
  | { kind: "file" }
  | { kind: "submit" }
  | { kind: "return" }
  | { kind: "publish" }
  | { kind: "discard" };

/** What an editor has of the vertex table; ``VertexTable`` is one. */
export interface Table {
  readonly grids: ReadonlyMap<string, { readonly code: string; readonly name: string }>;
  take(answer: Vertices): void;
  clear(): void;
}

export type Saved = "saved" | "saving" | "unsaved";

const REST_MS = 150;
const LOOK_MS = 30_000; // then an answer that does not come is given up

export class Editing<T extends Table = Table> {
  readonly session: Session;
  readonly api: BoundaryApi;
  readonly table: T;
  readonly official: OfficialLines;
  draft: DraftDetail;
  /** All that are known: those of the last whole check, with what later steps said. */
  faults: readonly Fault[];
  tool: Tool = "node";
  /** Codes, in the order in which they were chosen. */
  chosen: readonly string[] = [];
  compare: Compare = "both";
  /** The changed grids before and after; null until it is loaded. */
  changedMap: ChangedMap | null = null;
  /** What publication would move; null while that is not known, as with faults. */
  preview: Preview | null = null;
  /** Grids that others changed meanwhile; null where the draft is not stale. */
  clashes: readonly Clash[] | null = null;
  notice: Notice | null = null;
  request: Request | null = null;
  saved: Saved = "saved";
  /** Whether what the draft comes to is being asked for, or will be in a moment. */
  isCounting = false;
  /** Where the map is, and where it begins; null: on the changes, or the whole. */
  view: MapView | null = null;
  /** Show a place; set by the map. */
  showBox: (box: Box, options?: { tight?: boolean }) => void = () => {};
  /** Counts up whenever the table, the faults or the changed map may have changed. */
  version = 0;
  private readonly listeners = new Set<() => void>();
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private timer = 0;
  /** Counts up with all that makes an answer that is still awaited one of the past. */
  private turn = 0;
  private box: Box | null = null;
  private isClosed = false;
  /** Whether the table may hold what is no more: what comes of the server next replaces it. */
  private isTableOld = false;
  /** Whether a step was taken that the steps of the draft, as last asked for, do not hold yet. */
  private hasStepped = false;

  constructor(session: Session, api: BoundaryApi, table: T, draft: DraftDetail) {
    this.session = session;
    this.api = api;
    this.table = table;
    this.draft = draft;
    this.faults = draft.faults;
    this.official = new OfficialLines(() => api.officialMap(), () => this.changed());
    if (this.isReadOnly) this.tool = "select";
  }

  /** Whether the draft is not edited now, or not by this reader. */
  get isReadOnly(): boolean {
    const isOpen = this.draft.state === "open" || this.draft.state === "returned";
    return !isOpen || !this.session.board.may("boundaries.draft");
  }

  /** Whether nothing is on its way to the server. */
  get isAtRest(): boolean {
    return this.waiting === 0;
  }

  get canUndo(): boolean {
    return !this.isReadOnly && (this.hasStepped || this.draft.steps.some(({ undone_at }) => undone_at === null));
  }

  /** Each new step passes over all that was undone before it: only an end that is undone can be done again. */
  get canRedo(): boolean {
    return !this.isReadOnly && !this.hasStepped && !!this.draft.steps.at(-1)?.undone_at;
  }

  /** Returns what ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  // -- choices ----------------------------------------------------------------------------------------------------------

  setTool(tool: Tool): void {
    if (this.isReadOnly && tool !== "select") return;
    if (tool === "describe" && this.chosen.length) this.ask({ kind: "describe", code: this.chosen.at(-1)! });
    const isUnseen = tool !== "select" && this.compare === "in-force"; // what it changes is the draft
    this.set({ tool, ...(isUnseen && { compare: "draft" as const }) });
  }

  choose(codes: readonly string[]): void {
    this.set({ chosen: codes });
  }

  setCompare(compare: Compare): void {
    this.set({ compare });
  }

  /** Where the map came to rest. */
  setView(view: MapView): void {
    this.set({ view });
  }

  ask(request: Request | null): void {
    this.set({ request });
  }

  hush(): void {
    this.set({ notice: null });
  }

  /** A line was drawn across a grid. */
  splitDrawn(code: string, line: readonly Position[]): void {
    this.ask({ kind: "split", code, line });
  }

  /** An area was drawn that is to change its grid. */
  transferDrawn(area: readonly Position[]): void {
    this.ask({ kind: "transfer", area });
  }

  /** What is chosen is to become one. */
  mergeChosen(): void {
    if (this.chosen.length > 1) this.ask({ kind: "merge", codes: this.chosen });
  }

  /** Show a grid that changes, as it was and as it is. */
  showGrid(code: string): void {
    const box = this.changedMap && boxOfChanges(this.changedMap, code);
    if (box) this.showBox(box);
  }

  // -- changes ----------------------------------------------------------------------------------------------------------

  /** Queued behind what is on its way. True once it is taken; where it is refused, the table is as on the server again. */
  perform(operation: Operation): Promise<boolean> {
    if (this.isReadOnly) return Promise.resolve(false);
    const key = newKey();
    return this.queued(async () => {
      const answer = await this.api.perform(key, this.draft.id, this.draft.revision, operation);
      this.taken(answer);
    });
  }

  /** Take what would put a fault right, as steps that can be taken back. */
  async mend({ operations }: Suggestion): Promise<void> {
    if (!this.isAtRest) return; // pressed twice, or something on its way may alter what is right
    this.choose([]);
    for (const operation of operations) if (!(await this.perform(operation))) return;
  }

  undo(): Promise<boolean> {
    return this.canUndo ? this.stepped("undo") : Promise.resolve(false);
  }

  redo(): Promise<boolean> {
    return this.canRedo ? this.stepped("redo") : Promise.resolve(false);
  }

  /** Ask for everything again: somebody else may have changed it. */
  async reload(): Promise<void> {
    await this.refresh();
    await this.look(this.box);
  }

  /** Ask whether somebody else did something with it meanwhile; where they did, for everything. */
  async check(): Promise<void> {
    if (!this.isAtRest || this.isCounting || isOver(this.draft)) return;
    const { turn, draft } = this;
    const told = await this.api.draft(draft.id, AbortSignal.timeout(LOOK_MS)).catch(() => draft); // it is asked for again
    if (this.isClosed || turn !== this.turn || isSame(told, draft)) return;
    if (!(await this.queued(() => this.restore()))) return; // it is told what went wrong, and asked for again
    this.set({
      ...(told.revision !== draft.revision && { notice: { word: "changed" as const, problem: null } }),
      ...(told.state !== draft.state && { request: null }), // what was asked belongs to the state before
    });
  }

  /** The vertices of a view. False where more grids lie there than an editor takes at once. */
  async look(box: Box | null): Promise<boolean> {
    if (!box) return false;
    this.box = box;
    const { revision } = this.draft;
    try {
      const answer = await this.api.vertices(this.draft.id, box);
      if (this.box === box && this.isAtRest && this.draft.revision === revision) this.have(answer);
      else if (this.box === box) void this.last.then(() => this.look(box)); // it may be older than what was done meanwhile
      this.changed();
      return true;
    } catch (error) {
      if (!(error instanceof Problem && error.status === 404)) this.failed(error);
      return false;
    }
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.listeners.clear();
  }

  /** Count what the draft comes to, now that it rests. */
  rest(delay = REST_MS): void {
    clearTimeout(this.timer);
    this.isCounting = true;
    this.timer = setTimeout(() => void this.refresh(), delay) as unknown as number;
  }

  // -- inside -----------------------------------------------------------------------------------------------------------

  private stepped(verb: "undo" | "redo"): Promise<boolean> {
    const key = newKey();
    return this.queued(async () => {
      if (!(verb === "undo" ? this.canUndo : this.canRedo)) return; // those before it in the queue were the last
      const { revision } = await this.api[verb](key, this.draft.id, this.draft.revision);
      this.draft = { ...this.draft, revision };
      await this.restore();
    });
  }

  private taken(answer: StepAnswer): void {
    this.table.take(answer);
    this.draft = { ...this.draft, revision: answer.revision };
    this.hasStepped = true;
    this.faults = merged(this.faults, answer);
    const isThere = (code: string) => !answer.gone.includes(code);
    this.chosen = this.chosen.filter(isThere);
    this.version++;
  }

  private queued(act: () => Promise<void>): Promise<boolean> {
    this.waiting++;
    this.turn++;
    this.set({ saved: "saving", notice: null });
    const done = this.last.then(async () => {
      try {
        await act();
        return true;
      } catch (error) {
        this.failed(error);
        await this.restore().catch(() => undefined);
        return false;
      } finally {
        this.waiting--;
        if (this.isAtRest && this.saved === "saving") this.saved = "saved";
        this.rest();
        this.changed();
      }
    });
    this.last = done;
    return done;
  }

  /** The table as on the server; as it was until that comes. */
  private async restore(): Promise<void> {
    const { box } = this;
    this.isTableOld = true;
    const [draft, vertices] = await Promise.all([
      this.api.draft(this.draft.id),
      box ? this.api.vertices(this.draft.id, box).catch(() => null) : null,
    ]);
    if (vertices || !box) this.have(vertices);
    else void this.last.then(() => this.look(box));
    this.draft = draft;
    this.hasStepped = false;
    this.faults = draft.faults;
    if (this.isReadOnly) this.tool = "select";
    this.version++;
  }

  private have(vertices: Vertices | null): void {
    if (this.isTableOld) this.table.clear();
    this.isTableOld = false;
    if (vertices) this.table.take(vertices);
  }

  /** What a draft comes to: its changes and steps, all faults, the map of changes, and what would move. */
  private async refresh(): Promise<void> {
    if (!this.isAtRest) return; // what is on its way asks again when it is done, and this might be told how it was before
    const { id } = this.draft;
    const turn = ++this.turn;
    const isLate = () => this.isClosed || !this.isAtRest || turn !== this.turn;
    try {
      const [draft, changedMap] = await Promise.all([this.api.draft(id), this.api.changedMap(id)]);
      if (isLate()) return;
      this.version++;
      this.hasStepped = false;
      this.set({ draft, faults: draft.faults, changedMap, saved: "saved" });
      if (this.isReadOnly) this.set({ tool: "select" }); // it was handed in, here or elsewhere
      const found = await this.previewed();
      if (!isLate()) this.set(found);
    } catch (error) {
      if (!isLate()) this.failed(error);
    } finally {
      if (!isLate()) this.set({ isCounting: false });
    }
  }

  private async previewed(): Promise<Pick<Editing, "preview" | "clashes">> {
    const none = { preview: null, clashes: null };
    const { changes, faults, base_edition, edition_in_force } = this.draft;
    const isBroken = errorsOf(faults).length > 0 && base_edition === edition_in_force; // nothing more would be told
    if (!changes.length || isBroken || isOver(this.draft)) return none;
    try {
      return { ...none, preview: await this.api.preview(this.draft.id) };
    } catch (error) {
      if (!(error instanceof Problem) || ![409, 422].includes(error.status)) throw error;
      return { ...none, clashes: clashesOf(error) };
    }
  }

  /** Say that something did not come, or was refused. */
  failed(error: unknown): void {
    const notice = noticeOf(error);
    this.set({ notice, ...(notice.word === "offline" && { saved: "unsaved" as const }) });
  }

  private set(change: Partial<Pick<Editing, Settable>>): void {
    Object.assign(this, change);
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

type Settable =
  | "draft" | "faults" | "tool" | "chosen" | "compare" | "changedMap" | "preview" | "clashes" | "notice" | "request" | "saved" | "view" | "isCounting";

export function isOver({ state }: { state: DraftDetail["state"] }): boolean {
  return state === "published" || state === "discarded";
}

/** Whether a draft stands as it stood. */
function isSame(one: DraftDetail, other: DraftDetail): boolean {
  return (["state", "revision", "edition_in_force", "publish_at", "comment"] as const).every((part) => one[part] === other[part]);
}

function clashesOf({ status, details }: Problem): readonly Clash[] | null {
  return status === 409 && Array.isArray(details.grids) ? (details.grids as Clash[]) : null;
}
