import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { admit } from "../src/admission.ts";
import type { Board } from "../src/board.ts";
import { BlindSpots } from "../src/blind-spots.ts";
import { type CoverageCounts, type CoverageReport, type Finding, gapsOf, sorts, together } from "../src/coverage.ts";
import { unproject, worldSize } from "../src/mercator.ts";
import type { Geometry } from "../src/paths.ts";
import { Problem } from "../src/api.ts";
import type { Session } from "../src/session.ts";
import { NO_FILTER, Store } from "../src/state.ts";
import { formatAddress, parseAddress } from "../src/url.ts";

const COUNTS: CoverageCounts = {
  places: 9,
  places_outside: 1,
  grids: 4,
  grids_without_lead: 0,
  areas: 3,
  areas_without_grid: 0,
  areas_unknown: 0,
  places_with_units: 5,
  places_unvisited: 3,
};

function feature(kind: Finding["kind"], what: string, code: string, geometry: Geometry): CoverageReport["features"][number] {
  const nothing = { name_en: null, area: null, length_m: null, area_m2: null, share: null };
  return { geometry, properties: { kind, what, code, name: code, ...nothing } };
}

const POINT: Geometry = { type: "Point", coordinates: [118.8, 28.9] };
const LINE: Geometry = { type: "LineString", coordinates: [[118, 28], [119, 28], [119, 29]] };
const AREA: Geometry = { type: "MultiPolygon", coordinates: [[[[118, 28], [120, 28], [120, 30], [118, 30], [118, 28]]]] };

function reportOf(counts: Partial<CoverageCounts> = {}): CoverageReport {
  const features = [
    feature("place_outside", "lane", "l", LINE),
    feature("place_unvisited", "stairwell", "s", POINT),
    feature("place_unvisited", "building", "b", POINT),
    feature("place_unvisited", "compound", "c", AREA),
  ];
  return { rev: "1", since: "2026-10-23", counts: { ...COUNTS, ...counts }, features };
}

describe("the coverage report", () => {
  it("is told kind by kind, the gravest first, what holds others before what it holds", () => {
    const gaps = gapsOf(reportOf());
    assert.deepEqual(gaps.map(({ kind }) => kind), ["grid_without_lead", "area_without_grid", "place_outside", "place_unvisited"]);
    assert.deepEqual(gaps.map(({ found, of }) => [found, of]), [[0, 4], [0, 3], [1, 9], [3, 5]]);
    assert.deepEqual(gaps[3]!.spots.map(({ finding }) => finding.code), ["c", "b", "s"]);
    assert.deepEqual(sorts(gaps[3]!.spots), [["compound", 1], ["building", 1], ["stairwell", 1]]);
  });

  it("leaves out the kinds that the reader may not know of, and keeps those of which there are none", () => {
    const gaps = gapsOf(reportOf({ grids_without_lead: null, places_unvisited: null, places_with_units: null }));
    assert.deepEqual(gaps.map(({ kind }) => kind), ["area_without_grid", "place_outside"]);
  });

  it("draws as one what lies too close together, and loses nothing", () => {
    const at = (lon: number, code: string) => feature("place_unvisited", "building", code, { type: "Point", coordinates: [lon, 28.9] });
    const features = [at(118.8, "a"), at(118.8001, "b"), at(118.9, "c")];
    const { spots } = gapsOf({ ...reportOf(), features })[3]!;
    const far = together(spots, worldSize(13), 40);
    assert.deepEqual(far.map((mark) => mark.spots.map(({ finding }) => finding.code).join("")).sort(), ["ab", "c"]);
    const pair = far.find((mark) => mark.spots.length === 2)!;
    assert.ok(Math.abs(unproject(pair.at).lon - 118.80005) < 1e-6);
    assert.equal(together(spots, worldSize(22), 40).length, 3);
  });

  it("marks a line on it, an area in its middle, a point where it is", () => {
    const spots = gapsOf(reportOf()).flatMap((gap) => gap.spots);
    const at = (code: string) => {
      const { lon, lat } = unproject(spots.find(({ finding }) => finding.code === code)!.at);
      return [Math.round(lon * 10) / 10, Math.round(lat * 10) / 10];
    };
    assert.deepEqual([at("l"), at("c"), at("s")], [[119, 28], [119, 29], [118.8, 28.9]]);
  });
});

describe("the address of blind spots", () => {
  it("holds whether they are drawn, and the window where it is not the usual one", () => {
    const state = new Store().state;
    assert.match(formatAddress(null, { ...state, cover: 30 }), /cover=1&lang/);
    for (const cover of [30, 90, 180, null] as const) {
      assert.equal(parseAddress(formatAddress(null, { ...state, cover })).state.cover ?? null, cover);
    }
    assert.equal(parseAddress("#?cover=1&days=7").state.cover, 30);
    assert.equal(parseAddress("#?cover=0&days=90").state.cover, undefined);
  });

  it("is dropped for who may not see places", () => {
    const state = new Store({ cover: 90 }).state;
    const board = { figures: () => [], may: (what: string) => what !== "places.see", config: null, grids: new Map(), areas: new Map() };
    assert.equal(admit(state, board as unknown as Board).cover, null);
  });
});

/** A page that answers what it is asked by hand. */
class Desk {
  readonly asked: string[] = [];
  answers: { resolve: (report: CoverageReport) => void; reject: (error: unknown) => void }[] = [];
  readonly store = new Store({ cover: 30 });
  now = 0;
  loads = 1;
  readonly spots: BlindSpots;

  constructor() {
    const desk = this;
    const session = {
      get state() {
        return desk.store.state;
      },
      get loads() {
        return desk.loads;
      },
      now: () => desk.now,
      board: { may: () => true, all: () => [] },
      api: {
        coverage: (url: string) => {
          desk.asked.push(url);
          return new Promise<CoverageReport>((resolve, reject) => desk.answers.push({ resolve, reject }));
        },
        coverageTable: (query: string) => `table?${query}`,
      },
    };
    this.spots = new BlindSpots(session as unknown as Session, "/map/coverage");
  }

  async answer(at: number, report: CoverageReport): Promise<void> {
    this.answers[at]!.resolve(report);
    await new Promise(setImmediate);
  }
}

describe("asking for blind spots", () => {
  it("asks once while nothing may have changed, and again when a minute has passed or all was loaded anew", async () => {
    const desk = new Desk();
    desk.spots.follow();
    desk.spots.follow();
    await desk.answer(0, reportOf());
    desk.spots.follow();
    assert.deepEqual(desk.asked, ["/map/coverage?days=30"]);
    desk.now = 60_000;
    desk.spots.follow();
    desk.loads = 2;
    desk.spots.follow();
    assert.equal(desk.asked.length, 3);
    assert.equal(desk.spots.spots.length, 4); // what is known stays while it is asked again
  });

  it("asks for nothing while it is off, and draws nothing then", async () => {
    const desk = new Desk();
    desk.store.set({ cover: null });
    desk.spots.follow();
    assert.deepEqual(desk.asked, []);
    desk.store.set({ cover: 30 });
    desk.spots.follow();
    await desk.answer(0, reportOf());
    desk.store.set({ cover: null });
    desk.spots.follow();
    assert.deepEqual(desk.spots.spots, []);
    desk.store.set({ cover: 30 });
    desk.spots.follow();
    assert.equal(desk.asked.length, 2);
  });

  it("takes no answer to a question that nobody asks any more", async () => {
    const desk = new Desk();
    desk.spots.follow();
    desk.store.set({ cover: 90, filter: { ...NO_FILTER, area: "330802001" } });
    desk.spots.follow();
    assert.equal(desk.asked[1], "/map/coverage?days=90&area=330802001");
    assert.equal(desk.spots.tableUrl, "table?days=90&area=330802001");
    await desk.answer(1, reportOf({ places_unvisited: 2 }));
    await desk.answer(0, reportOf());
    assert.equal(desk.spots.gaps!.at(-1)!.found, 2);
  });

  it("keeps what it has when asking fails, and nothing of what may not be seen any more", async () => {
    const desk = new Desk();
    desk.spots.follow();
    await desk.answer(0, reportOf());
    for (const [status, left] of [[503, 4], [403, 0]] as const) {
      desk.spots.retry();
      desk.answers.at(-1)!.reject(new Problem(status, "", ""));
      await new Promise(setImmediate);
      assert.equal(desk.spots.spots.length, left);
    }
  });
});
