import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { stepLabels, stepOf } from "../src/breaks.ts";
import { isDueKept } from "../src/due.ts";
import { figureOf, sum, wholePercent } from "../src/figures.ts";
import type { GridProperties } from "../src/payloads.ts";
import { rank } from "../src/ranking.ts";
import { type State, Store, isOff } from "../src/state.ts";
import { formatAddress, isNear, parseAddress } from "../src/url.ts";

const GRID: GridProperties = {
  id: 1,
  code: "a",
  name: "天皇巷社区02网格",
  name_en: null,
  area: "x",
  lead: null,
  open: 13,
  overdue: 10,
  on_time: 9,
  rated: 10,
  households: null,
  oldest_due_at: null,
  units: { red: 1, orange: 2, yellow: 3, blue: 4, green: 5 },
  units_overdue: { red: 1, orange: 0, yellow: 0, blue: 0, green: 2 },
};

describe("a rental unit's next inspection", () => {
  const visit = (at: string, result: "pass" | "not_home" = "pass") => ({ at, result, note: null, actor: null, actor_en: null });

  it("is explained where the day was set while the class was stricter", () => {
    const met = visit("2026-08-01T02:00:00.000Z");
    assert.ok(isDueKept({ next_due: "2026-08-08", cycle_days: 30, inspections: [met] }));
    assert.ok(isDueKept({ next_due: "2026-08-08", cycle_days: 30, inspections: [visit("2026-08-07T02:00:00.000Z", "not_home"), met] }));
    for (const next_due of ["2026-08-30", "2026-08-31", "2026-09-20"]) {
      assert.ok(!isDueKept({ next_due, cycle_days: 30, inspections: [met] }), next_due);
    }
    assert.ok(!isDueKept({ next_due: "2026-08-08", cycle_days: 30, inspections: [] }));
    assert.ok(!isDueKept({ next_due: null, cycle_days: null, inspections: [met] }));
  });
});

describe("the store", () => {
  it("tells listeners what changed, and nothing when nothing did", () => {
    const store = new Store();
    const seen: [string, string][] = [];
    store.subscribe((state, before) => seen.push([before.figure, state.figure]));
    store.set({ figure: "open" });
    store.set({ figure: "open" });
    assert.deepEqual(seen, [["overdue", "open"]]);
  });

  it("remembers the way back, and forgets it when another grid is opened", () => {
    const store = new Store();
    store.select({ kind: "grid", code: "a" });
    store.select({ kind: "place", units: [7, 8], issues: [] });
    store.select({ kind: "unit", id: 7 });
    store.back();
    assert.equal(store.state.selection.kind, "place");
    store.back();
    assert.deepEqual(store.state.selection, { kind: "grid", code: "a" });
    store.back();
    assert.equal(store.state.selection.kind, "none");
    store.back();
    assert.equal(store.state.selection.kind, "none");
    store.select({ kind: "issue", id: 5 });
    store.select({ kind: "grid", code: "b" });
    assert.deepEqual(store.state.trail, []);
  });

  it("filters by switches, by one alone, and clears", () => {
    const store = new Store();
    store.toggle("classesOff", 4);
    assert.ok(isOff(store.state.classesOff, 4) && !isOff(store.state.classesOff, 0));
    store.toggle("classesOff", 4);
    assert.equal(store.state.classesOff, 0);
    store.only("classesOff", 0, 5);
    assert.deepEqual([0, 1, 2, 3, 4].map((bit) => isOff(store.state.classesOff, bit)), [false, true, true, true, true]);
    store.only("classesOff", 0, 5);
    assert.equal(store.state.classesOff, 0);
    store.toggle("statesOff", 1);
    store.toggle("stepsOff", 5);
    store.clearFilters();
    assert.deepEqual([store.state.classesOff, store.state.statesOff, store.state.stepsOff], [0, 0, 0]);
  });
});

describe("the address", () => {
  const view = { zoom: 14.6, lat: 28.9686, lon: 118.8715 };

  it("holds the whole view and gives it back", () => {
    const state: State = {
      ...new Store().state,
      figure: "red_units",
      selection: { kind: "grid", code: "330802006005002" },
      classesOff: 0b11100,
      statesOff: 0b10,
      language: "en",
      theme: "dark",
    };
    const address = formatAddress(view, state);
    assert.match(address, /^#14\.6\/28\.9686\/118\.8715\?/);
    assert.ok(address.includes("class=RO") && address.includes("f=red"));
    const read = parseAddress(address);
    assert.deepEqual(read.view, view);
    for (const key of ["figure", "selection", "classesOff", "statesOff", "language", "theme"] as const) {
      assert.deepEqual(read.state[key], state[key], key);
    }
  });

  it("keeps issues and units apart", () => {
    for (const selection of [{ kind: "issue", id: 12 }, { kind: "unit", id: 34 }] as const) {
      assert.deepEqual(parseAddress(formatAddress(view, { ...new Store().state, selection })).state.selection, selection);
    }
  });

  it("leaves out what means nothing, and never throws", () => {
    for (const hash of ["", "#", "#abc", "#1/2", "#99/100/200?f=nonsense&lang=fr&theme=pink&i=-1&u=x", "#?class=QQ&shade=99&state=gone", "#?g=", "#/?%"]) {
      const { view: read, state } = parseAddress(hash);
      assert.equal(read, null, hash);
      assert.deepEqual(state, {}, hash);
    }
  });

  it("leads to the district, not to the other end of the world", () => {
    const bounds = [118.6, 28.8, 119, 29.1];
    assert.ok(isNear({ zoom: 13, lat: 28.95, lon: 118.8 }, bounds));
    assert.ok(isNear({ zoom: 9, lat: 28.7, lon: 118.4 }, bounds), "from beside it it may be in view");
    assert.ok(!isNear({ zoom: 13, lat: 0, lon: 0 }, bounds));
    assert.ok(isNear({ zoom: 13, lat: 0, lon: 0 }, null), "before the first grids nothing is known");
  });

  it("carries any code safely", () => {
    const code = `<img src=x onerror=alert(1)>&f=open#?`;
    const address = formatAddress(null, { ...new Store().state, selection: { kind: "grid", code } });
    assert.deepEqual(parseAddress(address).state.selection, { kind: "grid", code });
    assert.equal(parseAddress(address).state.figure, undefined);
  });
});

describe("class breaks", () => {
  it("have zero apart, whole numbers, no overlap", () => {
    const lowest = [1, 2, 4, 7, 10];
    assert.deepEqual([0, 1, 2, 3, 4, 6, 7, 9, 10, 999].map((value) => stepOf(value, lowest)), [0, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert.deepEqual(stepLabels(lowest), ["0", "1", "2–3", "4–6", "7–9", "≥ 10"]);
  });

  it("fall where more is less work: darker always means more of it", () => {
    const breaks = [98, 95, 90, 80, 65];
    assert.deepEqual([100, 98, 97, 95, 94, 90, 89, 80, 79, 65, 64, 0].map((value) => stepOf(value, breaks)), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert.deepEqual(stepLabels(breaks), ["≥ 98", "95–97", "90–94", "80–89", "65–79", "< 65"]);
  });
});

describe("figures", () => {
  it("are sums over classes, and unknown is never zero", () => {
    assert.equal(figureOf([GRID], "units_overdue", 5), 3);
    assert.equal(figureOf([GRID, GRID], "red_units", 5), 2);
    assert.equal(figureOf([GRID], "households", 5), null);
    assert.equal(figureOf([{ ...GRID, units: undefined }], "red_units", 5), null);
    assert.equal(sum([null, null]), null);
    assert.equal(sum([null, 0, 3]), 3);
  });

  it("have shares of sums, never averages of shares", () => {
    const small = { ...GRID, open: 1, overdue: 0, on_time: 0, rated: 10 };
    assert.equal(figureOf([{ ...GRID, open: 9, overdue: 5 }, small], "overdue_share", 5), 50);
    assert.equal(figureOf([GRID, small], "on_time", 5), 45);
  });

  it("rate nothing by fewer than five", () => {
    assert.equal(figureOf([{ ...GRID, open: 4, overdue: 4 }], "overdue_share", 5), null);
    assert.equal(figureOf([{ ...GRID, open: 5, overdue: 5 }], "overdue_share", 5), 100);
    assert.equal(figureOf([{ ...GRID, on_time: 0, rated: 0 }], "on_time", 5), null);
  });

  it("say none and all of nothing else", () => {
    assert.deepEqual([0, 0.2, 10.5, 99.7, 100].map(wholePercent), [0, 1, 11, 99, 100]);
  });
});

describe("the ranking", () => {
  const weights = { overdue: 3, red_overdue: 1, oldest_days: 1 };
  const now = Date.parse("2026-11-22T10:00:00Z");

  it("is the formula, worst first, ties by code", () => {
    const grids = [
      { ...GRID, code: "c", overdue: 1, units_overdue: undefined },
      { ...GRID, code: "b", overdue: 1, units_overdue: undefined },
      { ...GRID, code: "a", overdue: 2, oldest_due_at: "2026-11-20T09:00:00Z" },
      { ...GRID, code: "z", overdue: 0, units_overdue: undefined },
    ];
    const ranked = rank(grids, weights, now);
    assert.deepEqual(ranked.map(({ grid }) => grid.code), ["a", "b", "c"]);
    assert.deepEqual([ranked[0]!.score, ranked[0]!.oldestDays], [2 * 3 + 1 + 2, 2]);
    assert.equal(ranked[1]!.oldestDays, null);
  });

  it("stops at ten", () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ ...GRID, code: String(at) }));
    assert.equal(rank(many, weights, now).length, many.length);
  });
});
