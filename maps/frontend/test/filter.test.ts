import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { admit } from "../src/admission.ts";
import { Board } from "../src/board.ts";
import { Counted } from "../src/counted.ts";
import { AGES, type Ask, ageOf, isInScope } from "../src/filter.ts";
import type { Area, Config, FigureKey, GridProperties } from "../src/payloads.ts";
import { PointTable } from "../src/snapshot.ts";
import { type Filter, INITIAL, NO_FILTER, type State, Store, isOff } from "../src/state.ts";
import { formatAddress, parseAddress } from "../src/url.ts";

const OVERDUE = 1;
const DAY_S = 86_400;
const NOW_S = 1_800_000_000;

/** The same numbers in every run: mulberry32. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const AREAS = new Map<string, Area>(
  [["d", null], ["s1", "d"], ["s2", "d"], ["c1", "s1"], ["c2", "s1"], ["c3", "s2"]].map(([code, parent]) => [
    code!,
    { code: code!, name: code!, name_en: null, level: parent === null ? "district" : code!.startsWith("s") ? "subdistrict" : "community", parent: parent! },
  ]),
);
const CATEGORIES = ["0101", "0498", ""];
const LEADS = ["王一", "李二", null];

function gridsOf(pick: (below: number) => number, count: number): GridProperties[] {
  return Array.from({ length: count }, (_, at) => {
    const lead = LEADS[pick(LEADS.length)]!;
    return {
      id: at, code: `g${at}`, name: `网格${at}`, name_en: null, area: ["c1", "c2", "c3"][pick(3)]!,
      lead: lead === null ? null : { id: 1, name: lead, name_en: null, post: "lead" },
      open: 999, overdue: 999, on_time: pick(10), rated: 10, households: pick(500), oldest_due_at: null,
      units: { red: pick(9), orange: pick(9), yellow: 1, blue: 2, green: 3 },
      units_overdue: { red: pick(5), orange: 0, yellow: 1, blue: 0, green: 0 },
    };
  });
}

interface Issue {
  grid: string;
  state: number;
  category: string;
  opened: number;
  due: number;
  late: boolean;
}

function issuesOf(pick: (below: number) => number, grids: number, count: number): Issue[] {
  return Array.from({ length: count }, () => ({
    grid: ["", ...Array.from({ length: grids }, (_, at) => `g${at}`)][pick(grids + 1)]!,
    state: pick(2),
    category: CATEGORIES[pick(CATEGORIES.length)]!,
    opened: NOW_S - pick(60 * DAY_S),
    due: NOW_S - 30 * DAY_S + pick(60 * DAY_S),
    late: pick(3) === 0,
  }));
}

function tableOf(issues: readonly Issue[], codes: string[]): PointTable {
  const zero = () => new Uint32Array(issues.length);
  return new PointTable(
    {
      x: zero(), y: zero(), id: Uint32Array.from(issues, (_, at) => at + 1),
      grid: Uint16Array.from(issues, ({ grid }) => codes.indexOf(grid)),
      class: Uint8Array.from(issues, ({ state }) => state),
      flags: Uint8Array.from(issues, ({ late }) => (late ? OVERDUE : 0)),
      category: Uint8Array.from(issues, ({ category }) => CATEGORIES.indexOf(category)),
      opened: Uint32Array.from(issues, ({ opened }) => opened),
      due: Uint32Array.from(issues, ({ due }) => due),
    },
    { n: issues.length, rev: "1", grids: codes, categories: [...CATEGORIES] },
  );
}

function askOf(pick: (below: number) => number): Ask {
  const maybe = <T>(value: T): T | null => (pick(2) ? value : null);
  const filter: Filter = {
    categories: CATEGORIES.filter(() => pick(3) === 0),
    ages: pick(16),
    overdue: pick(3) === 0,
    area: maybe(["d", "s1", "c3"][pick(3)]!),
    grid: pick(6) === 0 ? "g1" : null,
    lead: pick(3) === 0 ? (LEADS[pick(3)] ?? "") : null,
  };
  return { filter, statesOff: pick(3), classesOff: pick(32), now: NOW_S * 1000, overdueFlag: OVERDUE };
}

/** Word for word what a filter means, without any of the look-ups. */
function naive(issues: readonly Issue[], grids: readonly GridProperties[], ask: Ask, ignoring = "") {
  const { filter } = ask;
  const byCode = new Map(grids.map((grid) => [grid.code, grid]));
  return issues.filter((issue) => {
    if (issue.grid === "" && ignoring !== "grid") return false;
    const grid = byCode.get(issue.grid);
    const narrowed = filter.area !== null || filter.grid !== null || filter.lead !== null;
    if (narrowed && !grid) return false;
    if (filter.grid !== null && issue.grid !== filter.grid) return false;
    if (filter.lead !== null && (grid!.lead?.name ?? "") !== filter.lead) return false;
    const path = grid ? [grid.area, AREAS.get(grid.area)!.parent, "d"] : [];
    if (filter.area !== null && !path.includes(filter.area)) return false;
    const days = Math.floor((NOW_S - issue.opened) / DAY_S);
    const age = AGES.findIndex(([from, to]) => days >= from && days <= to);
    if (ignoring !== "state" && isOff(ask.statesOff, issue.state)) return false;
    if (ignoring !== "category" && filter.categories.length && !filter.categories.includes(issue.category)) return false;
    if (ignoring !== "age" && filter.ages && !isOff(filter.ages, age)) return false;
    return ignoring === "overdue" || !filter.overdue || issue.late;
  });
}

describe("counting under a filter", () => {
  it("is the naive count, for each grid and each choice, over random tables", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const pick = random(seed);
      const grids = gridsOf(pick, 1 + pick(8));
      const issues = issuesOf(pick, grids.length, pick(120));
      const ask = askOf(pick);
      const table = tableOf(issues, [...grids.map(({ code }) => code), ""]);
      const counted = new Counted({ grids, areas: AREAS, issues: table }, ask);
      const kept = naive(issues, grids, ask);
      const drawn = naive(issues, grids, ask, "grid");
      const counts = counted.issueCounts()!;
      assert.equal(counts.total, kept.length, `seed ${seed}`);
      assert.deepEqual(issues.map((_, row) => counted.passesIssue(row)), issues.map((issue) => drawn.includes(issue)), `seed ${seed}`);
      const outside = issues.flatMap((issue, row) => (issue.grid === "" && drawn.includes(issue) ? [row + 1] : []));
      const board = new Board();
      board.issues = table;
      board.narrow(ask);
      assert.deepEqual(board.issuesOf("")!.sort((a, b) => a - b), outside, `seed ${seed}`);
      const of = (ignoring: string) => naive(issues, grids, ask, ignoring);
      assert.deepEqual(counts.states, [0, 1].map((state) => of("state").filter((issue) => issue.state === state).length));
      assert.deepEqual([...counts.categories], CATEGORIES.map((code) => [code, of("category").filter(({ category }) => category === code).length]));
      assert.deepEqual(counts.ages, AGES.map((_, bit) => of("age").filter(({ opened }) => ageOf(opened, NOW_S) === bit).length));
      assert.equal(counts.overdueOnly, of("overdue").filter(({ late }) => late).length);
      if (!counted.narrowsIssues) continue;
      for (const grid of counted.each()) {
        const mine = kept.filter((issue) => issue.grid === grid.code);
        const late = mine.filter((issue) => issue.late);
        const first = late.length ? Math.min(...late.map(({ due }) => due)) : null;
        assert.deepEqual([grid.open, grid.overdue], [mine.length, late.length]);
        assert.equal(grid.oldest_due_at, first === null ? null : new Date(first * 1000).toISOString());
      }
    }
  });

  it("draws points anew where who answers decides which count", () => {
    const board = new Board();
    const properties = { ...gridsOf(random(3), 1)[0]!, lead: { id: 1, name: "王一", name_en: null, post: "lead" } };
    board.grids = new Map([["g0", { properties }]]) as unknown as typeof board.grids;
    const narrowed = (lead: string | null) => {
      board.narrow({ ...INITIAL, filter: { ...NO_FILTER, lead }, now: 0, overdueFlag: OVERDUE });
      const before = board.pointsKey;
      board.apply({ rev: "1", at: "", items: [], grids: [{ code: "g0", lead: null }] });
      return board.pointsKey !== before;
    };
    assert.deepEqual([narrowed("王一"), narrowed(null)], [true, false]);
  });

  it("draws nothing anew for a change that tells what is known", () => {
    const board = new Board();
    const properties = gridsOf(random(3), 1)[0]!;
    board.grids = new Map([["g0", { properties }]]) as unknown as typeof board.grids;
    board.issues = tableOf([], ["g0"]);
    const told = { x: 1, y: 1, grid: "g0", class: 1, flags: 0, category: "0101", opened: NOW_S, due: NOW_S };
    const tell = (open: number, row: typeof told | null) => {
      const before = [board.figuresKey("open"), board.pointsKey];
      const figures = { open, lead: { id: 1, name: "王一", name_en: null, post: "lead" }, units: { ...properties.units! } };
      board.apply({ rev: "1", at: "", items: [{ layer: "issues", id: 9, row }], grids: [{ code: "g0", ...figures }] });
      return [board.figuresKey("open"), board.pointsKey].map((key, at) => key !== before[at]);
    };
    assert.deepEqual(tell(5, told), [true, true]);
    assert.deepEqual(tell(5, told), [false, false]);
    assert.deepEqual(tell(6, { ...told, flags: OVERDUE }), [true, true]);
    assert.deepEqual([tell(6, null), tell(6, null)], [[false, true], [false, false]]);
  });

  it("lists the issues of a grid that count, the earliest limit first", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const pick = random(seed);
      const issues = issuesOf(pick, 4, pick(120));
      const codes = ["g0", "g1", "g2", "g3", ""];
      const board = new Board();
      assert.equal(board.issuesOf("g1"), null, "who has no issues has no list of them");
      board.issues = tableOf(issues, codes);
      const ask = { ...askOf(pick), filter: { ...askOf(pick).filter, area: null, grid: null, lead: null } };
      board.narrow(ask);
      for (const code of ["g0", "g3", "g9"]) {
        const rows = issues.map((issue, at) => ({ ...issue, id: at + 1 })).filter(({ grid }) => grid === code);
        const mine = rows.filter(({ id }) => naive([issues[id - 1]!], [], ask, "grid").length);
        mine.sort((a, b) => a.due - b.due || a.id - b.id);
        assert.deepEqual(board.issuesOf(code), mine.map(({ id }) => id));
      }
    }
  });

  it("takes the grids of an area, of a lead and of neither, and leaves the others", () => {
    const grids = gridsOf(random(7), 40);
    const table = tableOf([], [""]);
    for (const change of [{ area: "s1" }, { area: "c3" }, { lead: "李二" }, { lead: "" }, { grid: "g5" }, {}]) {
      const filter = { ...NO_FILTER, ...change };
      const counted = new Counted({ grids, areas: AREAS, issues: table }, { ...INITIAL, filter, now: 0, overdueFlag: OVERDUE });
      assert.deepEqual([...counted.each()], grids.filter((grid) => isInScope(grid, filter, AREAS)));
      assert.ok([...counted.each()].length > 0);
    }
  });

  it("leaves the classes that are on, and no figure but those of units changes", () => {
    const grids = gridsOf(random(3), 5);
    const ask = { ...INITIAL, classesOff: 0b00001, now: 0, overdueFlag: OVERDUE };
    const counted = new Counted({ grids, areas: AREAS, issues: null }, ask);
    const [first] = counted.each();
    assert.deepEqual(first, {
      ...grids[0], units: { ...grids[0]!.units, red: 0 }, units_overdue: { ...grids[0]!.units_overdue, red: 0 },
    });
    assert.deepEqual([...counted.scope()], grids);
  });

  it("narrows no issue for a reader who has none", () => {
    const grids = gridsOf(random(3), 5);
    const ask = { ...INITIAL, statesOff: 1, filter: { ...NO_FILTER, overdue: true }, now: 0, overdueFlag: OVERDUE };
    const counted = new Counted({ grids, areas: AREAS, issues: null }, ask);
    assert.equal(counted.narrowsIssues, false);
    assert.deepEqual([...counted.each()], grids);
    assert.equal(counted.issueCounts(), null);
  });

  it("follows live rows, of categories and grids that were not there before", () => {
    const grids = gridsOf(random(5), 2);
    const table = tableOf([], ["g0", ""]);
    table.put(9, { x: 1, y: 1, grid: "g1", class: 1, flags: OVERDUE, category: "0777", opened: NOW_S - 3 * DAY_S, due: NOW_S - 5 });
    const filter = { ...NO_FILTER, categories: ["0777"], ages: 0b0010 };
    const counted = new Counted({ grids, areas: AREAS, issues: table }, { ...INITIAL, filter, now: NOW_S * 1000, overdueFlag: OVERDUE });
    assert.deepEqual([counted.of("g1")!.open, counted.of("g1")!.overdue, counted.of("g0")!.open], [1, 1, 0]);
    table.put(9, { x: 1, y: 1, grid: null, class: 0, flags: 0, category: null, opened: NOW_S, due: NOW_S });
    table.remove(9);
    assert.equal(new Counted({ grids, areas: AREAS, issues: table }, { ...INITIAL, now: 0, overdueFlag: 1 }).issueCounts()!.total, 0);
  });
});

describe("ages", () => {
  it("are whole days since, without gap or overlap", () => {
    const days = [-1, 0, 1.99, 2, 7.99, 8, 30.99, 31, 4000];
    assert.deepEqual(days.map((day) => ageOf(NOW_S - day * DAY_S, NOW_S)), [0, 0, 0, 1, 1, 2, 2, 3, 3]);
  });
});

describe("the address", () => {
  const FIGURES: FigureKey[] = ["overdue", "open", "overdue_share", "on_time", "red_units", "units_overdue", "households"];
  const TEXTS = ["0498", "", "a,b", "&lead=x", "王一", "+ %23#?", "<img src=x>"];

  it("gives back every choice", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const pick = random(seed);
      const text = () => TEXTS[pick(TEXTS.length)]!;
      const state: State = {
        ...INITIAL,
        figure: FIGURES[pick(FIGURES.length)]!,
        selection: pick(2) ? { kind: "grid", code: text() || "g" } : { kind: "none" },
        classesOff: pick(32),
        statesOff: pick(4),
        stepsOff: pick(64),
        filter: {
          categories: [...new Set([text(), text()])].slice(pick(3)),
          ages: pick(16),
          overdue: pick(2) === 1,
          area: pick(2) ? text() || null : null,
          grid: pick(2) ? text() || null : null,
          lead: pick(2) ? text() : null,
        },
        theme: pick(2) ? "dark" : "light",
        language: pick(2) ? "zh" : "en",
      };
      const read = { ...INITIAL, ...parseAddress(formatAddress({ zoom: 14.6, lat: 28.9686, lon: 118.8715 }, state)).state };
      assert.deepEqual(read, state, `seed ${seed}`);
    }
  });
});

describe("a link that somebody else made", () => {
  const board = new Board();
  board.areas = AREAS;
  const figure = (key: FigureKey, needs: string) => ({ key, needs, grid: [1, 2, 3, 4, 5], area: [1, 2, 3, 4, 5], percent: false });
  const configFor = (...capabilities: string[]) =>
    ({
      categories: [{ code: "0498", name: "x", name_en: null }],
      me: { name: "", capabilities: ["map.see", ...capabilities], whole: true },
      figures: { version: 1, fewest_rated: 5, figures: [figure("overdue", "map.see"), figure("red_units", "units.count")], ranking: {} },
    }) as unknown as Config;
  const shape = { properties: { ...gridsOf(random(1), 1)[0]!, lead: { id: 1, name: "王一", name_en: null, post: "lead" } } };
  board.grids = new Map([["g0", shape]]) as unknown as typeof board.grids;
  const full: State = {
    ...INITIAL, figure: "red_units", selection: { kind: "unit", id: 4 }, classesOff: 1, statesOff: 1,
    filter: { categories: ["0498"], ages: 1, overdue: true, area: "s1", grid: "g0", lead: "王一" },
  };

  it("is taken as it is by who may have all of it", () => {
    board.config = configFor("issues.see", "units.count", "units.see_points", "people.see");
    assert.deepEqual(admit(full, board), {});
  });

  it("loses what its reader may not have", () => {
    board.config = configFor();
    assert.deepEqual(admit(full, board), {
      figure: "overdue", selection: { kind: "none" }, statesOff: 0, filter: { ...NO_FILTER, area: "s1", grid: "g0" },
    });
  });

  it("keeps what only the grids can tell until they are here", () => {
    const early = new Board();
    early.config = configFor();
    const { area, grid } = full.filter;
    assert.deepEqual(admit(full, early), { selection: { kind: "none" }, statesOff: 0, filter: { ...NO_FILTER, area, grid } });
  });

  it("loses what is not there", () => {
    board.config = configFor("issues.see", "people.see");
    const lost = { ...INITIAL, filter: { ...NO_FILTER, categories: ["9", "0498"], area: "x", grid: "y", lead: "z" } };
    assert.deepEqual(admit(lost, board), { filter: { ...NO_FILTER, categories: ["0498"] } });
  });
});

describe("the store", () => {
  it("clears every filter at once", () => {
    const store = new Store();
    store.narrow({ area: "s1" });
    store.narrow({ ages: 3 });
    assert.deepEqual(store.state.filter, { ...NO_FILTER, area: "s1", ages: 3 });
    store.clearFilters();
    assert.equal(store.state.filter, NO_FILTER);
  });
});
