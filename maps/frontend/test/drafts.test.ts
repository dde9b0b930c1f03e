import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { actorName, registerWordsOf } from "../src/i18n/registers.ts";
import { reasonOf } from "../src/workbench/reasons.ts";
import { COLUMNS, Drafts, KINDS, type Look, type Preview, confirming, heldOf, optionsOf, renaming } from "../src/workbench/drafts.ts";

function look(datum: string, verdict: Look["verdict"], better: string | null = null): Look {
  return { datum, verdict, better, points: 9, naming: 9, fits: [], confirmed: false, samples: [] };
}

function previewOf(...datum: Look[]): Preview {
  return { datum, register: null };
}

describe("what is said of a register file", () => {
  it("leaves columns of the same name to the server, but for those that have none", () => {
    assert.deepEqual(optionsOf("units", "wgs84", { code: " 房号 ", lon: "", rooms: "  " }), { datum: "wgs84", code: "房号" });
    assert.deepEqual(optionsOf("reports", "", { ref: "工单号" }), { ref: "工单号", lon: "lon", lat: "lat" });
  });

  it("names no datum where nobody said one, nor of people, and no column of another kind", () => {
    assert.deepEqual(optionsOf("places", "", {}), {});
    assert.deepEqual(optionsOf("people", "wgs84", { rooms: "间数", phone: "电话" }), { phone: "电话" });
  });

  it("has a word for every kind and every column in both languages", () => {
    for (const language of ["zh", "en"] as const) {
      const words = registerWordsOf(language);
      for (const kind of KINDS) {
        assert.ok(words.kinds[kind], kind);
        for (const column of COLUMNS[kind]) if (column !== "label") assert.ok(words.fields[column], column);
      }
    }
  });
});

describe("the question of the datum", () => {
  it("holds what looks like another one, until it is confirmed", () => {
    const draft = { preview: previewOf(look("wgs84", "held", "gcj02"), look("bd09", "fits")), options: { datum: "wgs84" } };
    assert.deepEqual(heldOf(draft).map(({ datum }) => datum), ["wgs84"]);
    const options = confirming(draft);
    assert.deepEqual(options, { datum: "wgs84", confirm_datum: "wgs84" });
    assert.deepEqual(heldOf({ ...draft, options }), []);
  });

  it("confirms all that are held in a file whose rows name their own", () => {
    const draft = { preview: previewOf(look("wgs84", "held", "gcj02"), look("bd09", "held", "gcj02")), options: { datum_column: "d" } };
    assert.deepEqual(confirming(draft).confirm_datum, "wgs84,bd09");
    assert.equal(renaming(draft, "gcj02"), null);
  });

  it("forgets what was confirmed when another datum is named", () => {
    assert.deepEqual(renaming({ options: { datum: "wgs84", confirm_datum: "wgs84", code: "id" } }, "gcj02"), { datum: "gcj02", code: "id" });
  });

  it("holds nothing that only cannot be proven, nor what nobody has looked at", () => {
    assert.deepEqual(heldOf({ preview: previewOf(look("wgs84", "unproven"), look("bd09", "no_rival")), options: {} }), []);
    assert.deepEqual(heldOf({ preview: null, options: {} }), []);
  });
});

describe("the files on a desk", () => {
  it("are the newest first, change and go one by one, and say so", () => {
    const drafts = new Drafts();
    let changes = 0;
    drafts.onChange = () => changes++;
    const [one, two] = ["a.csv", "b.csv"].map((name) => drafts.add(new File([], name), "units", {}));
    assert.deepEqual(drafts.list.map(({ file }) => file.name), ["b.csv", "a.csv"]);
    drafts.change(one!.id, { busy: true });
    assert.deepEqual([drafts.get(one!.id)!.busy, drafts.get(two!.id)!.busy], [true, false]);
    drafts.drop(two!.id);
    drafts.change(two!.id, { busy: true }); // an answer that comes after it was discarded
    assert.deepEqual(drafts.list.map(({ id }) => id), [one!.id]);
    assert.equal(changes, 5);
  });
});

it("who did it goes by name, programs of ours by a word, and who may not be known by none", () => {
  const words = registerWordsOf("zh");
  assert.deepEqual(["张三", "cli", "sample-data", null].map((actor) => actorName(actor, words)), ["张三", "命令行", "合成数据", ""]);
});

it("a refusal is told in the reader's language, whatever it is", () => {
  for (const language of ["zh", "en"] as const) {
    const words = registerWordsOf(language);
    assert.equal(reasonOf("missing-column", language), words.reasons["missing-column"]);
    assert.equal(reasonOf("something-new", language), words.refused);
  }
});
