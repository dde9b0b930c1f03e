import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

import { Api, Problem } from "../src/api.ts";
import type { Clock } from "../src/format.ts";
import { wordsOf } from "../src/i18n/index.ts";
import { Live, REST_MS } from "../src/live.ts";
import { asOf, askedDay, endOf, goTo, isDay, lastDay, offlineText, pageOf } from "../src/past.ts";
import { INITIAL } from "../src/state.ts";
import { formatAddress, parseAddress } from "../src/url.ts";

const HERE = { pathname: "/", search: "?lang=en&as_of=2026-03-01", hash: "#14/28.9/118.8?g=W1" };

describe("a day of the past", () => {
  it("stands in the page's address, and everything else of it stays", () => {
    assert.equal(askedDay(HERE.search), "2026-03-01");
    assert.equal(askedDay("?as_of="), null);
    assert.equal(askedDay("?lang=en"), null);
    assert.equal(pageOf("2026-04-02", HERE), "/?lang=en&as_of=2026-04-02#14/28.9/118.8?g=W1");
    assert.equal(pageOf(null, HERE), "/?lang=en#14/28.9/118.8?g=W1");
    assert.equal(pageOf(null, { ...HERE, search: "?as_of=x" }), "/#14/28.9/118.8?g=W1");
  });

  it("is a day of the calendar", () => {
    for (const day of ["2026-03-01", "2024-02-29", "1999-12-31"]) assert.ok(isDay(day), day);
    for (const text of ["", "soon", "2026-02-30", "2026-3-1", "0001-01-01", "2026-03-01T01:00:00Z"]) assert.ok(!isDay(text), text);
  });

  it("ends when it ends there, also where the clocks are changed", () => {
    const end = (day: string, zone: string) => new Date(endOf(day, zone)).toISOString();
    assert.equal(end("2026-03-01", "Asia/Shanghai"), "2026-03-01T15:59:59.999Z");
    assert.equal(end("2026-03-07", "America/New_York"), "2026-03-08T04:59:59.999Z");
    assert.equal(end("2026-03-08", "America/New_York"), "2026-03-09T03:59:59.999Z");
    assert.equal(end("2026-11-01", "America/New_York"), "2026-11-02T04:59:59.999Z");
  });

  it("is over once the next has begun there", () => {
    assert.equal(lastDay(Date.parse("2026-03-01T15:59:59Z"), "Asia/Shanghai"), "2026-02-28");
    assert.equal(lastDay(Date.parse("2026-03-01T16:00:00Z"), "Asia/Shanghai"), "2026-03-01");
  });
});

describe("what is asked of the server", () => {
  async function asked(day: string | null): Promise<string[]> {
    const urls: string[] = [];
    const before = globalThis.fetch;
    globalThis.fetch = ((url: string) => {
      urls.push(url);
      return Promise.resolve(new Response(JSON.stringify({ items: [] }), { headers: { "Gridwarden-Now": "x" } }));
    }) as typeof fetch;
    const api = new Api("/api", day);
    await api.config("/map/config");
    await api.grids("/map/grids");
    await api.places("/map/places");
    await api.coverage("/map/coverage?days=30");
    await api.grid("W 1");
    await api.trends("W1", "today");
    await api.trends();
    await api.issue(1);
    await api.unit(2, "walk through");
    await api.unitsOf("W1", "red");
    await api.background("/map/background");
    await api.buildings("/map/background");
    await api.search("x");
    globalThis.fetch = before;
    return [...urls, api.coverageTable("days=30")];
  }

  it("is of the day that the page shows, but of what has no past", async () => {
    const [now, then] = [await asked(null), await asked("2026-03-01")];
    assert.deepEqual(then.length, now.length);
    const ofToday = /^\/map\/background|^\/api\/search/;
    for (const [at, url] of now.entries()) {
      assert.ok(!url.includes("as_of"), url);
      assert.equal(then[at], ofToday.test(url) ? url : asOf(url, "2026-03-01"));
    }
    assert.ok(then.includes("/api/trends?grid=W1&boundaries=today&as_of=2026-03-01"));
    assert.ok(then.includes("/map/grids?as_of=2026-03-01"));
  });
});

describe("without the network", () => {
  const heardAt = Date.parse("2026-03-01T15:59:59Z");
  const clock = { time: () => "23:59" } as unknown as Clock;

  it("the day is told, and no time of it: that is not when the data came", () => {
    for (const language of ["zh", "en"] as const) {
      const words = wordsOf(language);
      const then = offlineText({ day: "2026-03-01", words, clock, heardAt });
      assert.ok(then.includes("2026-03-01") && !then.includes("23:59"), then);
      assert.ok(offlineText({ day: null, words, clock, heardAt }).includes("23:59"));
      assert.equal(offlineText({ day: "2026-03-01", words, clock, heardAt: 0 }), words.offlineBanner(null));
    }
  });
});

describe("a day that is chosen", () => {
  it("is loaded anew, also where it is the one that the page shows", () => {
    const done: string[] = [];
    const at = { pathname: "/", search: "?as_of=2026-03-01", hash: "#14/28/118", assign: (to: string | URL) => done.push(`to ${to}`), reload: () => done.push("again") };
    goTo(pageOf("2026-03-02", at), at as unknown as Location);
    goTo(pageOf("2026-03-01", at), at as unknown as Location);
    assert.deepEqual(done, ["to /?as_of=2026-03-02#14/28/118", "again"]);
  });
});

describe("a map of which no change is told", () => {
  function still(answers: (() => Promise<string>)[]) {
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    const unexpected = () => assert.fail("there is no stream");
    const live = new Live(null, {
      load: () => (told.push("load"), answers.shift()!()),
      heard: tell("heard"), stale: tell("stale"), lost: tell("lost"), signedOut: tell("signed out"), refused: tell("refused"),
      noSuchDay: tell("no such day"), isStillOurs: async () => true, hello: unexpected, change: unexpected,
    });
    return { live, told, run: live.run() };
  }
  const calm = () => new Promise((done) => setTimeout(done, 5));
  const loaded = () => Promise.resolve("1");

  it("is loaded once, and again for who asks", async () => {
    const { live, told } = still([loaded, loaded]);
    await calm();
    assert.deepEqual(told, ["load", "heard"]);
    live.retry(); // the machine is online again: nothing was missed
    await calm();
    assert.deepEqual(told, ["load", "heard", "heard"]);
    live.reload();
    await calm();
    assert.deepEqual(told.slice(3), ["load", "heard"]);
    live.stop();
  });

  it("is not asked for again where the day is refused", async () => {
    const { told, run } = still([() => Promise.reject(new Problem(400, "bad-input", ""))]);
    await run;
    assert.deepEqual(told, ["load", "no such day"]);
  });
});

it("the boundaries that a trend is counted by stand in the address where they are not those of each day", () => {
  assert.ok(!formatAddress(null, INITIAL).includes("boundaries"));
  const address = formatAddress(null, { ...INITIAL, boundaries: "today" });
  assert.equal(parseAddress(address).state.boundaries, "today");
});

describe("what is seen of a day of the past", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());
  const soon = () => new Promise((resolve) => setImmediate(resolve));

  function follow() {
    const told: string[] = [];
    const server: { isOurs: () => Promise<boolean> } = { isOurs: async () => true };
    const tell = (name: string) => () => void told.push(name);
    const live = new Live(null, {
      load: async () => (told.push("load"), "1"), hello: () => true, change: () => {}, heard: tell("heard"), stale: tell("stale"), lost: tell("lost"),
      signedOut: tell("signed out"), refused: tell("refused"), noSuchDay: tell("no day"), isStillOurs: () => server.isOurs(),
    });
    return { live, told, server, done: live.run() };
  }

  async function pass(): Promise<void> {
    await soon();
    mock.timers.tick(REST_MS);
    await soon();
  }

  it("goes when the session has ended, which is asked every few minutes", async () => {
    const { told, server, done } = follow();
    await pass();
    assert.deepEqual(told, ["load", "heard", "heard"]);
    server.isOurs = () => Promise.reject(new Problem(401, "", ""));
    await pass();
    await done;
    assert.deepEqual(told.slice(3), ["signed out"]);
  });

  it("goes when the grant was taken back, which is asked at once where something was refused", async () => {
    const { live, told, server } = follow();
    await soon();
    server.isOurs = () => Promise.reject(new Problem(403, "", ""));
    live.retry();
    await soon();
    assert.deepEqual(told, ["load", "heard", "refused"]);
    live.stop();
  });

  it("is loaded anew where less of it is to be seen, and stays without the network", async () => {
    const { live, told, server } = follow();
    await soon();
    server.isOurs = () => Promise.reject(new TypeError("Failed to fetch"));
    await pass();
    assert.deepEqual(told, ["load", "heard", "heard"]);
    server.isOurs = async () => false;
    await pass();
    assert.deepEqual(told.slice(3), ["load", "heard"]);
    live.stop();
  });
});
