import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { formatBench, parseBench } from "../src/workbench/address.ts";
import { after, elsewhere, namesakes, placeable, step } from "../src/workbench/choice.ts";
import { queueKey } from "../src/workbench/keys.ts";
import type { AddressAnswer, Candidate } from "../src/workbench/payloads.ts";

function candidate(change: Partial<Candidate> = {}): Candidate {
  const base: Candidate = {
    place: "P", area: null, about: "compound", name: "Jinxiu", name_en: null, score: 1, reasons: ["name"], where: [], grid: null, lon: 118.9, lat: 28.9,
  };
  return { ...base, ...change };
}

function answer(parsed: Record<string, string>, candidates: Candidate[] = []): AddressAnswer {
  return { address: "", parsed, decides: null, candidates };
}

describe("the address of the workbench", () => {
  it("comes back as it went", () => {
    for (const at of [{ tab: "place", item: "" }, { tab: "place", item: "4711" }, { tab: "names", item: "a/b #?" }]) {
      assert.deepEqual(parseBench(formatBench(at)), at);
    }
  });

  it("is none where no tab is named, and breaks on nothing", () => {
    for (const hash of ["", "#", "#/", "#4711", "#gws_secret"]) assert.equal(parseBench(hash), null);
    assert.deepEqual(parseBench("#/place/%E0%A4%A"), { tab: "place", item: "" });
  });

  it("always has a stroke, so that the sign-in page takes it for no secret", () => {
    assert.ok(formatBench({ tab: "place", item: "" }).includes("/"));
  });
});

describe("the next in the queue", () => {
  it("is the one behind, and at the end the one before", () => {
    assert.equal(after([1, 2, 3], 1), 2);
    assert.equal(after([1, 2, 3], 3), 2);
    assert.equal(after([7], 7), null);
    assert.equal(after([], 7), null);
  });

  it("is the first where what was done is not in it", () => {
    assert.equal(after([1, 2], 9), 1);
  });

  it("stays at the ends when somebody steps on", () => {
    assert.equal(step([1, 2], 2, 1), 2);
    assert.equal(step([1, 2], 1, -1), 1);
    assert.equal(step([1, 2], null, 1), 1);
    assert.equal(step([], 5, 1), null);
  });
});

describe("candidates", () => {
  it("are placed at places only, never at an area", () => {
    const area = candidate({ place: null, area: "330802001" });
    assert.deepEqual(placeable([area, candidate()]).length, 1);
  });

  it("of one name are told apart, areas aside", () => {
    const list = [candidate(), candidate({ place: "Q" }), candidate({ place: "R", name: "Other" }), candidate({ place: null, name: "Other" })];
    assert.deepEqual([...namesakes(list)], ["Jinxiu"]);
  });
});

describe("an address of another city", () => {
  const ours = new Set(["Kecheng"]);

  it("is told where it names a district that is not ours, or all that fits is told to lie elsewhere", () => {
    assert.equal(elsewhere(answer({ city: "Hangzhou", district: "Xihu" }), ours), "HangzhouXihu");
    assert.equal(elsewhere(answer({ city: "Hangzhou" }, [candidate({ reasons: ["name", "other_city"] })]), ours), "Hangzhou");
  });

  it("is not told of our own, of one without any, or before our own districts are known", () => {
    assert.equal(elsewhere(answer({ district: "Kecheng" }), ours), null);
    assert.equal(elsewhere(answer({ compound: "Jinxiu" }), ours), null);
    assert.equal(elsewhere(answer({ district: "Xihu" }), new Set()), null);
    assert.equal(elsewhere(answer({ district: "Xihu" }, [candidate()]), ours), null);
  });
});

describe("a key over the queue", () => {
  it("steps, or takes a candidate", () => {
    assert.deepEqual(queueKey("j", true), { act: "step", by: 1 });
    assert.deepEqual(queueKey("K", true), { act: "step", by: -1 });
    assert.deepEqual(queueKey("ArrowUp", true), { act: "step", by: -1 });
    assert.deepEqual(queueKey("Enter", true), { act: "take", at: 0 });
    assert.deepEqual(queueKey("3", true), { act: "take", at: 2 });
    for (const key of ["0", "x", "constructor", "F1"]) assert.equal(queueKey(key, true), null);
  });

  it("is none for letters and digits that are switched off", () => {
    for (const key of ["j", "k", "1"]) assert.equal(queueKey(key, false), null);
    assert.deepEqual(queueKey("Enter", false), { act: "take", at: 0 });
    assert.deepEqual(queueKey("ArrowDown", false), { act: "step", by: 1 });
  });
});
