import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

import { Clock } from "../src/format.ts";
import type { GridProperties } from "../src/payloads.ts";
import { IDLE_MS, Idle } from "../src/wall/idle.ts";
import { Nightly } from "../src/wall/nightly.ts";
import { SHOWN, TURN_MS, Ticker } from "../src/wall/ticker.ts";
import { HOME_MS, STOP_MS, Tour } from "../src/wall/tour.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] }));
afterEach(() => mock.timers.reset());

/** Millisecond by millisecond: a timer that is set by another one counts from when that one ran. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed++) mock.timers.tick(1);
}

describe("the tour", () => {
  function touring(worst: () => number): string[] {
    const seen: string[] = [];
    const home = () => void seen.push("home");
    const show = (rank: number) => rank < worst() && seen.push(`place ${rank + 1}`) > 0;
    const tour = new Tour({ home, show }, 3);
    tour.start();
    return seen;
  }

  it("shows the whole for 40 s and each of the worst three for 20 s, again and again", () => {
    const seen = touring(() => 3);
    const round = ["home", "place 1", "place 2", "place 3"];
    assert.deepEqual(seen, ["home"]);
    pass(HOME_MS - 1);
    assert.deepEqual(seen, ["home"]);
    pass(1);
    assert.deepEqual(seen, ["home", "place 1"]);
    pass(STOP_MS);
    pass(STOP_MS);
    assert.deepEqual(seen, round);
    pass(STOP_MS - 1);
    assert.deepEqual(seen, round);
    pass(1);
    pass(HOME_MS + 3 * STOP_MS);
    assert.deepEqual(seen, [...round, ...round, "home"]);
  });

  it("goes home where there are fewer places, and stays there where there is none", () => {
    let worst = 1;
    const seen = touring(() => worst);
    pass(HOME_MS + STOP_MS);
    assert.deepEqual(seen, ["home", "place 1", "home"]);
    worst = 0;
    pass(HOME_MS);
    assert.deepEqual(seen, ["home", "place 1", "home", "home"]);
  });

  it("waits while it is stopped and begins with the whole", () => {
    const seen: string[] = [];
    const tour = new Tour({ home: () => seen.push("home"), show: (rank) => seen.push(`${rank}`) > 0 }, 3);
    tour.start();
    pass(HOME_MS);
    tour.stop();
    pass(10 * HOME_MS);
    assert.deepEqual(seen, ["home", "0"]);
    tour.start();
    tour.start(); // twice is once
    pass(HOME_MS);
    assert.deepEqual(seen, ["home", "0", "home", "home", "0"]);
  });
});

describe("the ticker", () => {
  const grid = (code: string, open: number, overdue: number) => ({ code, open, overdue }) as GridProperties;
  const codes = (ticker: Ticker) => ticker.shown().map((news) => news.grid.code);

  it("tells which counts changed, and by how much", () => {
    const ticker = new Ticker(() => {});
    ticker.know([grid("a", 5, 2)]);
    ticker.notice(grid("a", 4, 2), 10);
    ticker.notice(grid("a", 4, 3), 20);
    ticker.notice(grid("a", 4, 3), 30); // a unit was inspected: not told
    const told = ticker.shown().map(({ at, counts }) => ({ at, counts }));
    assert.deepEqual(told, [
      { at: 20, counts: { overdue: { now: 3, by: 1 } } },
      { at: 10, counts: { open: { now: 4, by: -1 } } },
    ]);
  });

  it("tells nothing of what was loaded, nor of a grid it never saw", () => {
    const ticker = new Ticker(() => {});
    ticker.know([grid("a", 5, 2)]);
    ticker.know([grid("a", 7, 2)]);
    ticker.notice(grid("a", 7, 2), 1);
    ticker.notice(grid("new", 1, 0), 2);
    assert.deepEqual(ticker.shown(), []);
  });

  it("moves on by one every six seconds, and starts anew with what is new", () => {
    let turns = 0;
    const ticker = new Ticker(() => turns++);
    const all = ["a", "b", "c", "d", "e"];
    ticker.know(all.map((code) => grid(code, 0, 0)));
    ticker.start();
    for (const code of ["a", "b", "c"]) ticker.notice(grid(code, 1, 0), 0);
    pass(TURN_MS);
    assert.equal(turns, 0, "what is all in sight stays where it is");
    ticker.notice(grid("d", 1, 0), 0);
    assert.deepEqual(codes(ticker), ["d", "c", "b"]);
    pass(TURN_MS);
    assert.deepEqual(codes(ticker), ["c", "b", "a"]);
    pass(TURN_MS);
    assert.deepEqual(codes(ticker), ["b", "a", "d"]);
    ticker.notice(grid("e", 1, 0), 0);
    assert.deepEqual(codes(ticker), ["e", "d", "c"]);
    assert.equal(turns, 2);
    ticker.stop();
    pass(10 * TURN_MS);
    assert.equal(turns, 2);
  });

  it("keeps a few, however long it runs", () => {
    const ticker = new Ticker(() => {});
    ticker.know([grid("a", 0, 0)]);
    for (let open = 1; open <= 1000; open++) ticker.notice(grid("a", open, 0), open);
    const seen = new Set<number>();
    ticker.start();
    for (let n = 0; n < 20; n++) {
      for (const news of ticker.shown()) seen.add(news.id);
      pass(TURN_MS);
    }
    assert.equal(ticker.shown().length, SHOWN);
    assert.ok(seen.size <= 12);
    assert.ok(seen.has(999));
  });
});

describe("the pointer", () => {
  it("is idle after a minute without a sign of it, and busy at the next", () => {
    const target = new EventTarget();
    const seen: string[] = [];
    new Idle(target, { busy: () => seen.push("busy"), idle: () => seen.push("idle") });
    pass(IDLE_MS - 1);
    assert.deepEqual(seen, []);
    pass(1);
    assert.deepEqual(seen, ["idle"]);
    target.dispatchEvent(new Event("pointermove"));
    pass(IDLE_MS / 2);
    target.dispatchEvent(new Event("wheel"));
    pass(IDLE_MS - 1);
    assert.deepEqual(seen, ["idle", "busy"]);
    pass(1);
    assert.deepEqual(seen, ["idle", "busy", "idle"]);
  });
});

describe("the nightly start", () => {
  const HOUR_MS = 3_600_000;
  const MINUTE_MS = 60_000;

  /** The local times at which it was due, of pages opened one after the other from a moment on, watched each minute. */
  function starts(zone: string, from: string, days: number): string[] {
    const clock = new Clock("en", zone);
    let now = Date.parse(from);
    const end = now + days * 24 * HOUR_MS;
    const open = () => new Nightly(now, (at) => clock.hour(at), (at) => clock.date(at));
    const found: string[] = [];
    for (let nightly = open(); now < end; now += MINUTE_MS) {
      if (!nightly.isDue(now)) continue;
      found.push(`${clock.date(now)} ${clock.time(now)}`);
      nightly = open();
    }
    return found;
  }

  it("is at four in the morning in the jurisdiction", () => {
    const found = starts("Asia/Shanghai", "2026-11-21T15:30:00Z", 3); // 23:30 there
    assert.deepEqual(found, ["22 Nov 2026 04:00", "23 Nov 2026 04:00", "24 Nov 2026 04:00"]);
    assert.deepEqual(starts("Asia/Shanghai", "2026-11-21T19:00:00Z", 1), ["22 Nov 2026 04:00"]); // 03:00 there
  });

  it("is at four on the nights that are longer or shorter, too", () => {
    const spring = starts("America/New_York", "2026-03-07T12:00:00Z", 3);
    assert.deepEqual(spring, ["8 Mar 2026 04:00", "9 Mar 2026 04:00", "10 Mar 2026 04:00"]);
    const autumn = starts("America/New_York", "2026-10-31T12:00:00Z", 3);
    assert.deepEqual(autumn, ["1 Nov 2026 04:00", "2 Nov 2026 04:00", "3 Nov 2026 04:00"]);
  });

  it("stays due until it is done: the service may be away at four", () => {
    const clock = new Clock("en", "Asia/Shanghai");
    const nightly = new Nightly(Date.parse("2026-11-21T15:30:00Z"), (at) => clock.hour(at), (at) => clock.date(at));
    assert.ok(nightly.isDue(Date.parse("2026-11-22T02:00:00Z"))); // 10:00 there
  });
});
