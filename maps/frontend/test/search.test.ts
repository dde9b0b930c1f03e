import assert from "node:assert/strict";
import { beforeEach, describe, it, mock } from "node:test";

import { type Choice, Finder, type FoundItem, type SearchAnswer, categoriesLike, choicesOf, isLikeCoordinate } from "../src/search.ts";

const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549"];

function item(name: string): FoundItem {
  return {
    kind: "grid", id: 1, code: name, name, name_en: null, about: null, category: null, where: [], grid: name,
    lon: 1, lat: 2, bounds: null,
  };
}

function answer(...names: string[]): SearchAnswer {
  return { groups: names.length ? [{ kind: "grid", items: names.map(item) }] : [], coordinates: [], datums: DATUMS };
}

const COORDINATE: SearchAnswer = { ...answer(), coordinates: [{ x: 118.8, y: 28.9, in_degrees: true }] };

/** A server that answers when the test says so. */
class Server {
  readonly asked: { query: string; answer(found: SearchAnswer): Promise<void>; fail(): Promise<void> }[] = [];

  readonly ask = (query: string): Promise<SearchAnswer> =>
    new Promise((resolve, reject) => {
      const settled = async (settle: () => void) => {
        settle();
        for (let turns = 0; turns < 5; turns++) await Promise.resolve();
      };
      this.asked.push({
        query,
        answer: (found) => settled(() => resolve(found)),
        fail: () => settled(() => reject(new Error("no"))),
      });
    });
}

function nameOf(choice: Choice | undefined): string | undefined {
  if (choice?.kind === "category") return choice.category.name;
  return choice?.kind === "item" ? choice.item.name : choice?.datum;
}

describe("looking for something", () => {
  let server: Server;
  let taken: Choice[];
  let finder: Finder;

  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout"] });
    server = new Server();
    taken = [];
    finder = new Finder(server.ask, () => {}, (choice) => taken.push(choice));
  });

  function typed(text: string): void {
    finder.type(text);
    mock.timers.tick(200);
  }

  it("asks once after a pause", () => {
    for (const text of ["t", "th", "thx", "thx "]) finder.type(text);
    assert.equal(server.asked.length, 0);
    mock.timers.tick(200);
    assert.deepEqual(server.asked.map(({ query }) => query), ["thx"]);
  });

  it("drops an answer that comes too late", async () => {
    typed("a");
    typed("ab");
    await server.asked[1]!.answer(answer("newer"));
    await server.asked[0]!.answer(answer("older"));
    assert.equal(nameOf(finder.choices[0]), "newer");
    finder.type("abc");
    finder.type("");
    assert.equal(finder.status, "idle");
    assert.equal(finder.choices.length, 0);
  });

  it("keeps what was found until the next answer", async () => {
    typed("a");
    await server.asked[0]!.answer(answer("one"));
    typed("ab");
    assert.equal(finder.status, "waiting");
    assert.equal(nameOf(finder.choices[0]), "one");
    await server.asked[1]!.answer(answer());
    assert.equal(finder.status, "found");
    assert.equal(finder.choices.length, 0);
  });

  it("goes round with the arrow keys and takes with Enter", async () => {
    typed("a");
    await server.asked[0]!.answer(answer("one", "two", "three"));
    assert.equal(finder.active, 0);
    finder.move(-1);
    assert.equal(finder.active, 2);
    finder.move(1);
    finder.move(1);
    finder.enter();
    assert.deepEqual(taken.map(nameOf), ["two"]);
  });

  it("takes the first of an answer that Enter could not wait for, and not of the one before", async () => {
    typed("a");
    await server.asked[0]!.answer(answer("one"));
    finder.type("ab");
    finder.enter();
    assert.equal(taken.length, 0);
    await server.asked[1]!.answer(answer("two"));
    assert.deepEqual(taken.map(nameOf), ["two"]);
  });

  it("never takes a datum unasked, nor one that cannot be", async () => {
    typed("28.9,118.8");
    finder.enter();
    await server.asked[1]!.answer(COORDINATE);
    assert.equal(taken.length, 0);
    assert.equal(finder.active, 0, "Enter points at the first that fits");
    finder.enter();
    assert.deepEqual(taken.splice(0).map(nameOf), ["wgs84"], "and takes it once the reader has seen which");
    for (const choice of finder.choices) finder.choose(choice);
    assert.deepEqual(taken.map(nameOf), ["wgs84", "cgcs2000", "gcj02", "bd09"]);
    const metres = choicesOf({ ...COORDINATE, coordinates: [{ x: 390004, y: 3206315, in_degrees: false }] });
    assert.deepEqual(metres.filter((choice) => choice.kind === "datum" && choice.fits).map(nameOf), ["EPSG:4549"]);
  });

  it("offers categories last, by letters of the Chinese name and words of the English one", async () => {
    const all = [
      { code: "refuse", name: "暴露垃圾", name_en: "Exposed refuse" },
      { code: "parking", name: "违法停车", name_en: "Illegal parking" },
    ];
    const codes = (query: string) => categoriesLike(query, all).map(({ code }) => code);
    assert.deepEqual(["垃圾", "REF", "park", "arking", " ", "thx"].map(codes), [["refuse"], ["refuse"], ["parking"], [], [], []]);
    const choices = choicesOf({ ...answer("one"), categories: all });
    assert.deepEqual(choices.map(nameOf), ["one", "暴露垃圾", "违法停车"]);
    typed("垃圾");
    await server.asked[0]!.answer({ ...answer(), categories: categoriesLike("垃圾", all) });
    finder.enter();
    assert.deepEqual(taken.map(nameOf), ["暴露垃圾"]);
  });

  it("knows what looks like a coordinate", () => {
    for (const text of ["118.87, 95.5", "200.5 300", "N95.1，E118.2"]) assert.ok(isLikeCoordinate(text), text);
    for (const text of ["天皇巷", "330802", "2026-000123", "02 03"]) assert.ok(!isLikeCoordinate(text), text);
  });

  it("says that it failed, and asks again", async () => {
    typed("a");
    await server.asked[0]!.fail();
    assert.equal(finder.status, "failed");
    finder.again();
    await server.asked[1]!.answer(answer("one"));
    assert.equal(finder.status, "found");
    assert.equal(nameOf(finder.choices[0]), "one");
  });
});
