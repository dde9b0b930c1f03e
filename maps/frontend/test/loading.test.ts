import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

import { type Api, type AsOf, Problem } from "../src/api.ts";
import { Board, type Part } from "../src/board.ts";
import type { Constants } from "../src/constants.ts";
import { Live } from "../src/live.ts";
import { Loading } from "../src/loading.ts";
import type { Change, Config, GridCollection, GridProperties } from "../src/payloads.ts";
import { Session } from "../src/session.ts";
import { PointTable } from "../src/snapshot.ts";
import { Store } from "../src/state.ts";

const STEP_MS = 20_000; // longer than any pause between two tries
const IDS = 6;
const SQUARE = [[[118.8, 28.9], [118.9, 28.9], [118.9, 29], [118.8, 29], [118.8, 28.9]]];

/** Numbers that look random and are the same for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2654435761 + 1;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Let everything happen that waits for nothing from outside. */
async function calm(): Promise<void> {
  for (let n = 0; n < 4; n++) await new Promise((done) => setImmediate(done));
}

/**
 * A server whose every read and every message happens when the test says so: a question is read at one moment and
 * answered at a later one, and other things happen between. Overdue is a matter of time: it changes without an event.
 */
class FakeServer {
  rev = 1;
  edition = 1;
  day = 1;
  /** The last event that changed issues, and the figures of grids with them. */
  changed = 1;
  /** Of each issue: its class, -1 when it is closed, whether it is overdue, and when any of this changed. */
  readonly issues = Array.from({ length: IDS }, () => ({ klass: 0, flags: 0, at: 0 }));
  /** Before this event nobody can resume. */
  forgotten = 0;
  readonly pending: (() => void)[] = [];
  readonly failing = new Set<string>();
  /** What failing parts answer. */
  status = 500;
  private time = 0;
  private readonly times = new Map([[1, 0]]);
  private readonly streams = new Set<Stream>();

  happens(id: number, klass: number): void {
    const issue = this.issues[id]!;
    Object.assign(issue, { klass, at: ++this.time });
    this.times.set(++this.rev, this.time);
    this.changed = this.rev;
    this.tell(["change", this.changeSince(this.time), this.rev]);
  }

  becomesOverdue(id: number): void {
    Object.assign(this.issues[id]!, { flags: 1, at: ++this.time });
    this.tell(["change", this.changeSince(this.time), this.rev]);
  }

  publishes(): void {
    this.edition++;
    this.times.set(++this.rev, ++this.time);
    this.tell(["edition", {}, null]);
    this.tell(["change", this.changeSince(this.time), this.rev]);
  }

  tell(message: Message): void {
    for (const stream of this.streams) this.send(stream, message);
  }

  breaks(): void {
    for (const stream of this.streams) stream.end();
  }

  get open(): number {
    return this.issues.filter(({ klass }) => klass >= 0).length;
  }

  /** An answer as it is when the question is read, which arrives later. */
  answer<T>(name: string, read: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pending.push(() => {
        if (this.failing.has(name)) return reject(new Problem(this.status, "", name));
        const found = read();
        this.pending.push(() => resolve(found));
      });
    });
  }

  config(): Config {
    return { ...this.hello(), bounds: null } as Config; // as much of it as loading looks at
  }

  /** The header of every part. */
  asOf(): AsOf {
    const { rev, today } = this.hello();
    return { rev, today };
  }

  grids(): GridCollection {
    const properties = { code: "a", name: String(this.edition), open: this.open } as GridProperties;
    return { ...this.hello(), rev: String(this.changed), areas: [], features: [{ geometry: { type: "Polygon", coordinates: SQUARE }, properties }] };
  }

  /** One unit, of which only the day tells: at midnight nothing happens, and everybody is told to load anew. */
  units(): PointTable {
    const one = Uint32Array.of(1);
    const columns = { x: one, y: one, id: one, grid: Uint16Array.of(0), class: Uint8Array.of(this.day), flags: Uint8Array.of(0) };
    return new PointTable(columns, { n: 1, rev: "1", grids: ["a"] });
  }

  table(): PointTable {
    const ids = this.issues.flatMap(({ klass }, id) => (klass < 0 ? [] : [id]));
    const columns = {
      x: Uint32Array.from(ids, () => 1),
      y: Uint32Array.from(ids, () => 1),
      id: Uint32Array.from(ids),
      grid: Uint16Array.from(ids, () => 0),
      class: Uint8Array.from(ids, (id) => this.issues[id]!.klass),
      flags: Uint8Array.from(ids, (id) => this.issues[id]!.flags),
    };
    return new PointTable(columns, { n: ids.length, rev: String(this.changed), grids: ["a"] });
  }

  /** Stands in for fetch: the stream joins when the test says so. */
  readonly connect = (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    const from = Number(new Headers(init.headers).get("Last-Event-ID"));
    return new Promise((resolve, reject) => {
      init.signal!.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      this.pending.push(() => {
        if (init.signal!.aborted) return;
        const stream = new Stream(init.signal!);
        this.streams.add(stream);
        this.send(stream, ["hello", this.hello(), null]);
        const since = this.times.get(from)!;
        if (from < this.forgotten) this.send(stream, ["reset", {}, this.rev]);
        else this.send(stream, ["change", this.changeSince(since + 1), this.rev]);
        resolve(new Response(stream.body));
      });
    });
  };

  private hello() {
    return { rev: String(this.rev), edition: this.edition, today: dayOf(this), now: "2026-11-22T00:00:00Z" };
  }

  private changeSince(time: number): Change {
    const row = { x: 1, y: 1, grid: "a" };
    const items = this.issues.flatMap(({ klass, flags, at }, id) =>
      at < time ? [] : [{ layer: "issues" as const, id, row: klass < 0 ? null : { ...row, class: klass, flags } }],
    );
    return { rev: String(this.rev), at: "", items, grids: [{ code: "a", open: this.open }] };
  }

  private send(stream: Stream, message: Message): void {
    stream.queue.push(message);
    this.pending.push(() => stream.deliver());
  }
}

type Message = [event: string, data: object, id: number | null];

/** One connection. What is sent arrives in order. */
class Stream {
  readonly queue: Message[] = [];
  readonly body: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(signal: AbortSignal) {
    this.body = new ReadableStream({ start: (controller) => void (this.controller = controller) });
    signal.addEventListener("abort", () => this.finish((controller) => controller.error(new Error("aborted"))));
  }

  deliver(): void {
    const [event, data, id] = this.queue.shift()!;
    const text = `${id === null ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.controller?.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.finish((controller) => controller.close());
  }

  private finish(how: (controller: ReadableStreamDefaultController<Uint8Array>) => void): void {
    if (this.controller) how(this.controller);
    this.controller = null;
  }
}

/** Loads a part. It was asked for with the page: the first answer is on its way before anybody loads. */
function loader<T>(server: FakeServer, part: Part, read: () => T, take: (told: T) => void) {
  const ask = () => server.answer(part, () => ({ told: read(), asOf: server.asOf() }));
  let early: ReturnType<typeof ask> | null = ask();
  early.catch(() => {}); // whoever loads is told
  return {
    part,
    isAllowed: () => true,
    load: async () => {
      const answer = early ?? ask();
      early = null;
      const { told, asOf } = await answer;
      take(told);
      return asOf;
    },
  };
}

/** The page without its pictures. */
class Reader {
  readonly board = new Board();
  readonly live: Live;
  readonly links: string[] = [];
  loading = 0;

  constructor(server: FakeServer) {
    const api = { config: () => server.answer("config", () => server.config()) } as unknown as Api;
    const session = new Session({} as Constants, api, this.board, new Store());
    const parts = [
      loader(server, "grids", () => server.grids(), (grids) => this.board.setGrids(grids)),
      loader(server, "issues", () => server.table(), (table) => (this.board.issues = table)),
      loader(server, "units", () => server.units(), (table) => (this.board.units = table)),
    ];
    const loading = new Loading(session, parts, "", { configured: () => {}, arrived: () => {} });
    this.live = new Live("", {
      load: async () => {
        assert.equal(++this.loading, 1, "nothing is loaded twice at once");
        return loading.load().finally(() => this.loading--);
      },
      hello: ({ edition, today }) => edition === this.board.config!.edition && today === this.board.config!.today,
      change: (change) => {
        assert.equal(this.loading, 0, "nothing changes what is about to be replaced");
        this.board.apply(change);
      },
      heard: () => this.links.push("live"),
      stale: () => this.links.push("stale"),
      lost: () => this.links.push("lost"),
      signedOut: () => this.links.push("signed out"),
      noSuchDay: () => 0,
      isStillOurs: async () => true,
      refused: () => this.links.push("refused"),
    });
  }

  sees() {
    const { issues, units, grids, config } = this.board;
    const rows = Array.from({ length: IDS }, (_, id) => {
      const row = issues?.rowOf(id) ?? -1;
      return row < 0 ? null : [issues!.klass[row], issues!.flags[row]];
    });
    const { open, name } = grids.get("a")?.properties ?? {};
    return { rows, open, edition: name, today: config?.today, day: units?.klass[0] };
  }
}

function truth(server: FakeServer) {
  const rows = server.issues.map(({ klass, flags }) => (klass < 0 ? null : [klass, flags]));
  return { rows, open: server.open, edition: String(server.edition), today: dayOf(server), day: server.day };
}

function dayOf({ day }: FakeServer): string {
  return `2026-11-${String(day).padStart(2, "0")}`;
}

/** Everything that is on its way arrives, and everybody who pauses tries again. */
async function settle(server: FakeServer): Promise<void> {
  for (let round = 0; round < 8; round++) {
    do {
      while (server.pending.length) server.pending.shift()!();
      await calm();
    } while (server.pending.length);
    mock.timers.tick(STEP_MS);
    await calm();
  }
}

describe("loading and following", () => {
  const fetched = globalThis.fetch;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    Object.defineProperty(navigator, "onLine", { value: true, configurable: true });
  });
  afterEach(() => {
    mock.timers.reset();
    globalThis.fetch = fetched;
  });

  async function visit(server: FakeServer): Promise<Reader> {
    globalThis.fetch = server.connect as typeof fetch;
    const reader = new Reader(server);
    void reader.live.run();
    await calm();
    return reader;
  }

  it("end with what the server has, whatever happens between a question and its answer", async () => {
    for (let seed = 0; seed < 200; seed++) {
      const server = new FakeServer();
      const reader = await visit(server);
      const roll = dice(seed);
      const often = [
        () => server.happens(roll(IDS), roll(4) - 1),
        () => server.becomesOverdue(roll(IDS)),
        () => mock.timers.tick(STEP_MS),
      ];
      const seldom = [
        () => server.publishes(),
        () => server.tell(["reset", {}, server.rev]),
        () => (server.day++, server.tell(["reset", {}, server.rev])),
        () => (server.forgotten = server.rev),
        () => server.breaks(),
        () => reader.live.reload(),
        () => reader.live.retry(),
      ];
      for (let step = 0; step < 100; step++) {
        if (server.pending.length && roll(2)) server.pending.splice(roll(server.pending.length), 1)[0]!();
        else if (roll(12)) often[roll(often.length)]!();
        else seldom[roll(seldom.length)]!();
        if (roll(3)) await calm();
      }
      await settle(server);
      assert.deepEqual(reader.sees(), truth(server), `seed ${seed}`);
      reader.live.stop();
    }
  });

  it("take in what time alone changed, which has the revision that was loaded", async () => {
    const server = new FakeServer();
    const reader = await visit(server);
    await settle(server);
    server.becomesOverdue(1);
    await settle(server);
    assert.deepEqual(reader.sees(), truth(server));
    reader.live.stop();
  });

  it("go on with the rest when a part fails, until somebody asks for it again", async () => {
    const server = new FakeServer();
    server.failing.add("issues");
    const reader = await visit(server);
    await settle(server);
    assert.deepEqual([...reader.board.failed], ["issues"]);
    server.happens(1, 2);
    await settle(server);
    assert.equal(reader.sees().open, IDS, "the figures of the grids are followed");
    server.failing.clear();
    reader.live.reload();
    await settle(server);
    assert.deepEqual(reader.sees(), truth(server));
    assert.equal(reader.board.failed.size, 0);
    reader.live.stop();
  });

  it("say that nothing may be shown, and go on once it may", async () => {
    const server = new FakeServer();
    const reader = await visit(server);
    await settle(server);
    server.status = 403;
    server.failing.add("config");
    reader.live.reload(); // as a stream does that is told of other grants
    await settle(server);
    assert.equal(reader.links.at(-1), "refused");
    assert.ok(!reader.links.includes("lost"));
    server.failing.clear();
    server.happens(1, 2);
    for (let tries = 0; tries < 2; tries++) await settle(server);
    assert.equal(reader.links.at(-1), "live");
    assert.deepEqual(reader.sees(), truth(server));
    reader.live.stop();
  });

  it("miss nothing that happens after one part was read and before another, or the configuration", async () => {
    for (let read = 0; read < 4; read++) {
      const server = new FakeServer();
      const reader = await visit(server);
      for (let n = 0; n < read; n++) server.pending.splice(0, 1)[0]!();
      server.happens(1, 2);
      server.happens(2, -1);
      await settle(server);
      assert.deepEqual(reader.sees(), truth(server), `${read} had been read`);
      reader.live.stop();
    }
  });

  it("load anew when somebody asks while the rest is still on its way", async () => {
    const server = new FakeServer();
    server.failing.add("issues");
    const reader = await visit(server);
    const grids = server.pending.shift()!; // their question was on its way before anybody loaded
    while (!reader.board.failed.size) {
      server.pending.shift()!(); // the configuration, and the failure of the issues
      await calm();
    }
    server.pending.push(grids);
    assert.equal(reader.loading, 1, "the grids are still awaited");
    server.failing.clear();
    reader.live.reload();
    await settle(server);
    assert.deepEqual(reader.sees(), truth(server));
    assert.equal(reader.board.failed.size, 0);
    reader.live.stop();
  });

  it("try again by themselves when nothing can be had at all", async () => {
    const server = new FakeServer();
    server.failing.add("config");
    const reader = await visit(server);
    await settle(server);
    assert.equal(reader.links.at(-1), "lost");
    assert.ok(!reader.links.includes("live"));
    server.failing.clear();
    await settle(server);
    assert.ok(reader.links.includes("live"));
    assert.deepEqual(reader.sees(), truth(server));
    reader.live.stop();
  });
});

describe("the grids that are here", () => {
  const of = (edition: number) => ({ rev: "1", edition, today: "", areas: [], features: [] });

  it("are older than an edition that came into force since, and not than one before", () => {
    const board = new Board();
    board.setGrids(of(3));
    assert.deepEqual([2, 3, 4].map((edition) => board.isOlderThan(edition)), [false, false, true]);
    board.setGrids(of(4));
    assert.equal(board.isOlderThan(4), false);
  });

  it("are asked for again where they did not come, and awaited where they may", () => {
    const board = new Board();
    assert.equal(board.isOlderThan(1), false);
    board.failed.add("grids");
    assert.equal(board.isOlderThan(1), true);
  });
});
