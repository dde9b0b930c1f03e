import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { shortcutOf } from "../src/keys.ts";
import { ordered } from "../src/rows.ts";

describe("a key", () => {
  it("is a shortcut whether or not Shift or Caps Lock is down", () => {
    assert.deepEqual(shortcutOf("l"), shortcutOf("L"));
    assert.deepEqual(shortcutOf("2"), { act: "worst", at: 1 });
  });

  it("is none where nobody made it one, be it called as what every object has", () => {
    for (const key of ["x", "4", "Enter", "constructor", "toString"]) assert.equal(shortcutOf(key), null);
  });
});

describe("the rows of the table", () => {
  const chinese = new Intl.Collator("zh-CN");

  it("go by the number, unknown ones last in both directions, ties by code", () => {
    const values = new Map([["d", null], ["c", 2], ["b", 10], ["a", 2]] as const);
    assert.deepEqual(ordered(values, true, chinese), ["b", "a", "c", "d"]);
    assert.deepEqual(ordered(values, false, chinese), ["a", "c", "b", "d"]);
  });

  it("go by pinyin in Chinese", () => {
    const values = new Map([["1", "张"], ["2", "陈"], ["3", "李"]]);
    assert.deepEqual(ordered(values, false, chinese), ["2", "3", "1"]);
  });
});
