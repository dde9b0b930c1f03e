import assert from "node:assert/strict";
import { it } from "node:test";

import type { Api } from "../src/api.ts";
import { Board } from "../src/board.ts";
import type { Constants } from "../src/constants.ts";
import { en } from "../src/i18n/en.ts";
import { Session } from "../src/session.ts";
import { Store } from "../src/state.ts";

function reader(language: "zh" | "en"): Session {
  return new Session({} as Constants, {} as Api, new Board(), new Store({ language }));
}

it("who did something is named in the reader's language, as far as that is known", () => {
  assert.equal(reader("zh").actorName("魏己未", "Wei Jiwei"), "魏己未");
  assert.equal(reader("en").actorName("魏己未", "Wei Jiwei"), "Wei Jiwei");
  assert.equal(reader("en").actorName("热线", null), en.sources.hotline);
  assert.equal(reader("en").actorName("张三", null), "张三");
});

it("who never had any data is not told of when it is", () => {
  assert.ok(en.offlineBanner("10:11").includes("10:11"));
  assert.ok(!en.offlineBanner(null).includes("data"));
});

it("one unit is a unit", () => {
  assert.deepEqual([1, 2].map(en.redOverdue), ["red unit due", "red units due"]);
  assert.equal(en.redOverdueN("1"), "1 red unit due");
  assert.deepEqual([en.placeUnits("1"), en.placeIssues("1,200"), en.placeBoth("1", "1")], ["1 unit here", "1,200 issues here", "1 unit and 1 issue here"]);
});
