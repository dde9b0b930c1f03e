/** What the panels and dialogs of an open draft say. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { freeCode } from "../src/boundaries/codes.ts";
import { millimetresOf, operationsToDescribe } from "../src/boundaries/describing.ts";
import { barsOf, figuresOf, hearersOf, rowsOf } from "../src/boundaries/moves.ts";
import { boxOfChanges } from "../src/boundaries/places.ts";
import { toldOf } from "../src/boundaries/steps.ts";
import { boundaryWordsOf } from "../src/i18n/boundaries.ts";
import { refusalIn } from "../src/i18n/refusals.ts";

describe("the code of a new grid", () => {
  it("is the next after those of its area", () => {
    assert.equal(freeCode("330802006003003", ["330802006003001", "330802006003012", "330802007001040"]), "330802006003013");
    assert.equal(freeCode("A9", ["A1"]), "A2");
    assert.equal(freeCode("A-02", []), "A-03");
  });

  it("is a gap where the numbers end, and nothing where there is none", () => {
    assert.equal(freeCode("G999", ["G001", "G002"]), "G003");
    assert.equal(freeCode("G9", ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"]), "");
    assert.equal(freeCode("新格", []), "");
  });
});

it("says who hears of a publication, each once with all that is his", () => {
  const lead = (id: number) => ({ id, name: `L${id}`, name_en: null, post: "" });
  const told = [{ grid: "A", lead: lead(1) }, { grid: "B", lead: null }, { grid: "C", lead: lead(1) }, { grid: "D", lead: lead(2) }];
  assert.deepEqual(hearersOf({ told }).map(({ lead: who, grids }) => [who?.id ?? null, grids.join()]), [[1, "A,C"], [2, "D"], [null, "B"]]);
  assert.deepEqual(hearersOf({ told: null }), []);
  assert.equal(boundaryWordsOf("zh").inAll("37", null, "112"), "共 37 个未办结问题、112 户改变归属。");
  assert.equal(boundaryWordsOf("en").inAll("1", "2", null), "In all: 1 open issue, 2 units.");
});

describe("what moves", () => {
  const counts = { issues: 1, units: null, households: 0 };
  const load = { grid: "A", gone: false, issues: null, units: [0, 0] as [number, number], households: [100, 50] as [number, number] };

  it("is told with who answers then", () => {
    const lead = { id: 1, name: "X", name_en: null, post: "lead" };
    const rows = rowsOf({ moves: [{ from: "A", to: "B", ...counts }, { from: "B", to: null, ...counts, issues: 3 }], told: [{ grid: "B", lead }] });
    assert.deepEqual(rows.map(({ from, lead: who }) => [from, who?.name ?? null]), [["B", null], ["A", "X"]]);
  });

  it("has bars of figures that are known, with a mark before", () => {
    assert.deepEqual(figuresOf([load]), ["households"]);
    assert.deepEqual(barsOf([load], "households"), [{ grid: "A", gone: false, before: 100, after: 50, length: 0.5, mark: 1 }]);
    assert.deepEqual(barsOf([load], "issues"), []);
    assert.deepEqual(barsOf([{ ...load, households: [0, 0] }], "households")[0]!.length, 0);
  });

  it("is found on the map by its box", () => {
    const square = (at: number) => ({ type: "Polygon" as const, coordinates: [[[at, at], [at + 1, at], [at + 1, at + 1]] as [number, number][]] });
    const feature = (code: string, at: number) => ({ type: "Feature" as const, properties: { code, change: "reshaped" as const, side: "after" as const }, geometry: square(at) });
    const map = { type: "FeatureCollection" as const, features: [feature("A", 0), feature("B", 5)] };
    assert.deepEqual(boxOfChanges(map, "A"), [0, 0, 1, 1]);
    assert.deepEqual(boxOfChanges(map), [0, 0, 6, 6]);
    assert.equal(boxOfChanges(map, "C"), null);
    assert.deepEqual(boxOfChanges(map, "A", "after"), [0, 0, 1, 1]);
    assert.equal(boxOfChanges(map, "A", "before"), null);
  });
});

describe("what is said of a grid", () => {
  const before = { code: "A", name: "N", name_en: "", households: "12" };

  it("is sent where it differs, and a code last", () => {
    assert.deepEqual(operationsToDescribe(before, before), []);
    assert.deepEqual(operationsToDescribe(before, { ...before, name: " M ", households: "" }), [{ op: "describe", code: "A", name: "M", households: null }]);
    assert.deepEqual(
      operationsToDescribe(before, { ...before, code: "B", name_en: "E" }).map(({ op }) => op),
      ["describe", "recode"],
    );
  });
});

describe("the words of steps", () => {
  it("are there for each kind in both languages, and break on nothing", () => {
    for (const language of ["zh", "en"] as const) {
      const { stepWords } = boundaryWordsOf(language);
      for (const word of Object.values(stepWords)) assert.ok(word({}, 1).trim());
      assert.ok(stepWords.move_node!({}, 3).includes("3") && !stepWords.move_node!({}, 1).includes("1"));
      assert.ok(stepWords.merge_grids!({ codes: ["A", "B"], into: "A" }, 3).includes("B"));
    }
    assert.deepEqual(Object.keys(boundaryWordsOf("zh").stepWords), Object.keys(boundaryWordsOf("en").stepWords));
    assert.deepEqual(Object.keys(boundaryWordsOf("zh").faultKinds), Object.keys(boundaryWordsOf("en").faultKinds));
  });
});

describe("what was done", () => {
  it("names grids as the map does, but where the code is what was changed", () => {
    const nameOf = (code: string) => `grid ${code}`;
    const merged = { codes: ["A", "B"], into: "A" };
    assert.deepEqual(toldOf({ kind: "merge_grids", operation: merged }, nameOf), { codes: ["grid A", "grid B"], into: "grid A" });
    const moved = { at: [1, 2], to: [3, 4] };
    assert.deepEqual(toldOf({ kind: "move_node", operation: moved }, nameOf), moved);
    const recoded = { code: "A", new: "B" };
    assert.deepEqual(toldOf({ kind: "recode", operation: recoded }, nameOf), recoded);
  });
});

describe("the words of refusals", () => {
  it("are there for each reason that the interface tells, in both languages", () => {
    const table = readFileSync(new URL("../../../docs/API.md", import.meta.url), "utf-8").split("## Drafts that refuse")[1]!.split("\n## ")[0]!;
    const reasons = table.split("\n").filter((line) => line.startsWith("| `")).flatMap((line) => [...line.split("|")[1]!.matchAll(/`(\w+)`/g)]);
    assert.ok(reasons.length > 50);
    for (const [, reason] of reasons) for (const language of ["zh", "en"] as const) assert.ok(refusalIn(language, reason), reason);
    assert.equal(refusalIn("zh", "constructor"), null);
    assert.equal(refusalIn("en", undefined), null);
  });

  it("stand behind the grids that they are of, of many the first three", () => {
    const [zh, en] = [boundaryWordsOf("zh"), boundaryWordsOf("en")];
    assert.deepEqual([zh.concerning(["甲"]), zh.concerning(["1", "2", "3", "4"])], ["甲：", "1、2、3 等 4 个："]);
    assert.deepEqual([en.concerning([]), en.concerning(["1", "2", "3", "4"])], ["", "1, 2, 3 and 1 more: "]);
  });
});

describe("coordinates as they are typed", () => {
  it("are metres, and nothing that is no number", () => {
    assert.deepEqual(["390004.754", "390 004.7541", " 390,004.754 "].map(millimetresOf), [390004754, 390004754, 390004754]);
    assert.ok(["", " ", "E", "1.2.3"].every((typed) => Number.isNaN(millimetresOf(typed))));
  });
});

describe("a step", () => {
  it("that a GIS program took names the grid, one of a file the file", () => {
    const said = (told: Record<string, unknown>) => ["zh", "en"].map((l) => boundaryWordsOf(l as "zh" | "en").stepWords.replace_grids?.(told, 1));
    assert.deepEqual(said({ by: "ogc", did: "create", code: "A1" }), ["GIS 软件新增 A1", "Added A1 in a GIS program"]);
    assert.deepEqual(said({ by: "ogc", did: "change", code: "A1" }), ["GIS 软件改动 A1", "Changed A1 in a GIS program"]);
    assert.deepEqual(said({ file: "a.gpkg" }), ["收下文件 a.gpkg", "Took the file a.gpkg"]);
  });
});
