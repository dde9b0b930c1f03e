import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NOWHERE, formatEditor, parseEditor } from "../src/boundaries/address.ts";
import type { Desk } from "../src/boundaries/desk.ts";
import { formerLines, groundMoved, isSame, lineChanged, saidOtherwise, valueOf, whyOf } from "../src/boundaries/edition-changes.ts";
import { type GridVersion, happeningsOf, isOfAnother, lifeOf } from "../src/boundaries/history-steps.ts";
import { editionWordsOf } from "../src/i18n/editions.ts";
import type { Change, ChangedMap, Shape } from "../src/boundaries/payloads.ts";

const SQUARE: Shape = { type: "Polygon", coordinates: [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]] };
const WITH_NODE: Shape = { type: "Polygon", coordinates: [[[0, 0], [0.5, 0], [1, 0], [1, 1], [0, 1], [0, 0]]] };
const CHANGE: Change = { code: "A1", change: "reshaped", was: "A1", name: "甲", area_m2: 9, moved_m2: 0.036, fields: {} };

function mapOf(before: Shape, after: Shape): ChangedMap {
  const feature = (side: "before" | "after", geometry: Shape) => ({ type: "Feature" as const, properties: { code: "A1", change: "reshaped" as const, side }, geometry });
  return { type: "FeatureCollection", features: [feature("before", before), feature("after", after)] };
}

function version(change: Partial<GridVersion>): GridVersion {
  return {
    edition: 1, until_edition: null, published_at: "", actor: null, reason: null, draft: null, title: null, takes_back: null, code: "A1", name: "甲", name_en: null, area: "P",
    households: 3, area_m2: 9, ground: [], geometry: SQUARE, ...change,
  };
}

describe("the address", () => {
  it("keeps two editions, and the grid whose history is read beside a draft or an edition", () => {
    const two = { ...NOWHERE, edition: 7, from: 3, history: "330802007001001" };
    assert.equal(formatEditor(two), "#edition=7&from=3&history=330802007001001");
    assert.deepEqual(parseEditor(formatEditor(two)), two);
    assert.deepEqual(parseEditor("#draft=3&history=A%201%26b"), { ...NOWHERE, draft: 3, history: "A 1&b" });
    assert.equal(parseEditor(formatEditor({ ...NOWHERE, history: "A 1&b#" })).history, "A 1&b#");
    const then = { ...NOWHERE, history: "A1", historyIn: 4 };
    assert.equal(formatEditor(then), "#history=A1&in=4");
    assert.deepEqual(parseEditor("#history=A1&in=4"), then);
    assert.equal(parseEditor("#edition=7&from=0").from, 0);
    assert.equal(parseEditor(`#history=${"9".repeat(200)}`).history, null);
  });
});

describe("what differs between two editions", () => {
  it("is told as what was said before and after, the known fields first", () => {
    const fields = { grade: [null, "B"], households: [310, null], name: ["新荷社区01网格", "甲"] };
    assert.deepEqual(saidOtherwise({ ...CHANGE, fields }), [
      { field: "name", before: "新荷社区01网格", after: "甲" }, { field: "households", before: 310, after: null }, { field: "grade", before: null, after: "B" },
    ]);
  });

  it("has no ground of less than half a square metre: a node more on a line is told as that", () => {
    assert.equal(groundMoved(CHANGE), null);
    assert.equal(groundMoved({ ...CHANGE, moved_m2: 0.5 }), 0.5);
    assert.deepEqual(lineChanged(CHANGE, mapOf(SQUARE, WITH_NODE)), { nodes: 1 });
    assert.deepEqual(lineChanged(CHANGE, mapOf(WITH_NODE, SQUARE)), { nodes: -1 });
    assert.deepEqual(lineChanged(CHANGE, mapOf(SQUARE, SQUARE)), { nodes: 0 });
    assert.equal(lineChanged({ ...CHANGE, moved_m2: 33 }, mapOf(SQUARE, WITH_NODE)), null);
    assert.equal(lineChanged({ ...CHANGE, change: "described", moved_m2: 0 }, mapOf(SQUARE, SQUARE)), null);
  });

  it("is of one grid where another is gone that had the same code", () => {
    const recoded = { ...CHANGE, change: "recoded" as const, was: "A2" };
    assert.ok(isSame(CHANGE, { ...CHANGE }) && !isSame(CHANGE, recoded) && !isSame(CHANGE, null));
  });

  it("draws the lines that are no more, and not one that only has a node more", () => {
    const wider: Shape = { type: "Polygon", coordinates: [[[0, 0], [1, 0], [1.5, 1], [0, 1], [0, 0]]] };
    assert.deepEqual(formerLines([SQUARE], [WITH_NODE]), []);
    assert.deepEqual(formerLines([WITH_NODE], [SQUARE]), []);
    assert.deepEqual(formerLines([SQUARE], [wider]), [[[1, 0], [1, 1], [0, 1]]]);
    assert.deepEqual(formerLines([SQUARE], []), [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]);
  });

  it("finds a line that is still there among very many, however it runs", () => {
    const [lon, lat, side] = [118.8, 28.9, 40];
    type Place = [number, number];
    const placeOf = (column: number, row: number): Place => [lon + column * 0.003 + row * 0.0011, lat + row * 0.0027 - column * 0.0007];
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]] as const;
    const middle = ([x, y]: Place, [u, v]: Place): Place => [(x + u) / 2, (y + v) / 2];
    const shapes = Array.from({ length: side * side }, (_, at) => corners.map(([x, y]) => placeOf((at % side) + x, Math.floor(at / side) + y)));
    const polygon = (ring: Place[]): Shape => ({ type: "Polygon", coordinates: [ring] });
    const finer = (ring: Place[]) => ring.flatMap((to, at) => (at ? [middle(ring[at - 1]!, to), to] : [to]));
    const [before, after] = [shapes.map(polygon), shapes.map((ring) => polygon(finer(ring)))];
    assert.deepEqual(formerLines(before, after), []);
    assert.deepEqual(formerLines(after, before), []);
    const moved = shapes.map((ring, at) => polygon(at ? finer(ring) : ring.map(([x, y]): Place => [x + 1e-5, y])));
    assert.equal(formerLines(before, moved).length, 1);
  });

  it("has a reason: the title of its draft, what that took back in the reader's words, else what was recorded", () => {
    const [zh, en] = [editionWordsOf("zh"), editionWordsOf("en")];
    const draft = { reason: "draft 3: 荷花社区拆分", draft: 3, title: "荷花社区拆分", takes_back: null };
    const back = { reason: "draft 10: edition 3 taken back", draft: 10, title: "edition 3 taken back", takes_back: 3 };
    assert.equal(whyOf(en, draft), "荷花社区拆分");
    assert.deepEqual([whyOf(zh, back), whyOf(en, back)], ["收回第 3 版", "Edition 3 taken back"]);
    assert.equal(whyOf(zh, { reason: "synthetic district", draft: null, title: null, takes_back: null }), "synthetic district");
    assert.equal(whyOf(zh, { reason: null, draft: null, title: null, takes_back: null }), null);
  });
});

describe("a value of a column of the office's own", () => {
  const deskIn = (language: "zh" | "en") => ({ session: { state: { language }, board: { areas: new Map() } } }) as unknown as Desk;

  it("is told in the reader's language where it is true or false", () => {
    assert.deepEqual([true, false, null].map((value) => valueOf(deskIn("zh"), "patrolled", value)), ["是", "否", "无"]);
    assert.deepEqual([true, false, null].map((value) => valueOf(deskIn("en"), "patrolled", value)), ["yes", "no", "none"]);
    assert.deepEqual(["false", 0, 1250].map((value) => valueOf(deskIn("en"), "patrolled", value)), ["false", "0", "1,250"]);
  });
});

describe("the life of a grid", () => {
  it("begins new, or with whom it came from", () => {
    assert.deepEqual(happeningsOf(version({}), null), [{ kind: "made" }]);
    const split = version({ edition: 5, ground: [{ kind: "split", from: "B", to: "A1", area_m2: 9 }] });
    assert.deepEqual(happeningsOf(split, null), [{ kind: "splitFrom", other: "B", hadIn: 4, area: 9 }]);
    const created = version({ ground: [{ kind: "created", from: null, to: "A1", area_m2: 9 }] });
    assert.deepEqual(happeningsOf(created, null), [{ kind: "made" }]);
  });

  it("goes on with what was said otherwise and what ground came and went", () => {
    const now = version({
      edition: 3, code: "A2", name: "乙", households: null, geometry: WITH_NODE,
      ground: [
        { kind: "merged", from: "B", to: "A2", area_m2: 5 }, { kind: "transferred", from: "A1", to: "C", area_m2: 2 },
        { kind: "split", from: "A1", to: "D", area_m2: 3 }, { kind: "transferred", from: null, to: "A2", area_m2: 0.2 },
      ],
    });
    assert.deepEqual(happeningsOf(now, version({})), [
      { kind: "said", field: "code", before: "A1", after: "A2" }, { kind: "said", field: "name", before: "甲", after: "乙" },
      { kind: "said", field: "households", before: 3, after: null }, { kind: "tookIn", other: "B", hadIn: 2, area: 5 },
      { kind: "gave", other: "C", hadIn: 3, area: 2 }, { kind: "splitOff", other: "D", hadIn: 3, area: 3 },
    ]);
  });

  it("tells a line that changed without ground, and never nothing", () => {
    assert.deepEqual(happeningsOf(version({ geometry: WITH_NODE }), version({})), [{ kind: "line", nodes: 1 }]);
    assert.deepEqual(happeningsOf(version({}), version({})), [{ kind: "other" }]);
  });

  it("is told newest first, with its end", () => {
    const [one, two] = [version({ until_edition: 2 }), version({ edition: 2, until_edition: 4, name: "乙" })];
    const ended = { edition: 4, published_at: "", actor: null, reason: null, draft: null, title: null, takes_back: null };
    const left = [{ kind: "merged" as const, from: "A1", to: "B", area_m2: 9 }];
    const life = lifeOf({ code: "A1", scheme: "primary", in_force: false, history: [one, two], ended, ground_left: left });
    assert.deepEqual(life.map(({ edition, after, before }) => [edition, after, before]), [[4, null, two], [2, two, one], [1, one, null]]);
    assert.deepEqual(life[0]!.happenings, [{ kind: "retired" }, { kind: "wentTo", other: "B", hadIn: 4, area: 9 }]);
  });

  it("is that of another grid where the code was given again since", () => {
    const history = [version({ edition: 3, until_edition: 5, code: "A2" }), version({ edition: 5 })];
    assert.deepEqual([2, 3, 4, 5, 9].map((edition) => isOfAnother({ history }, "A1", edition)), [true, true, true, false, false]);
    assert.deepEqual([2, 3, 4, 5].map((edition) => isOfAnother({ history }, "A2", edition)), [true, false, false, true]);
  });
});
