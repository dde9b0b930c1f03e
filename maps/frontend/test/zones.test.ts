import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { nameOfZone } from "../src/boundaries/zones.ts";
import { momentIn } from "../src/clocks.ts";

describe("a time that is entered", () => {
  it("is that of the service's zone, whatever the machine's is", () => {
    assert.equal(momentIn("Asia/Shanghai", "2026-11-23T13:48")?.toISOString(), "2026-11-23T05:48:00.000Z");
    assert.equal(momentIn("UTC", "2026-11-23T13:48")?.toISOString(), "2026-11-23T13:48:00.000Z");
    assert.equal(momentIn("Asia/Shanghai", "2027-01-01T00:10")?.toISOString(), "2026-12-31T16:10:00.000Z");
    for (const nothing of ["", "soon"]) assert.equal(momentIn("UTC", nothing), null);
  });

  it("holds on both sides of a change of the clock", () => {
    assert.equal(momentIn("Europe/Berlin", "2026-03-29T01:30")?.toISOString(), "2026-03-29T00:30:00.000Z");
    assert.equal(momentIn("Europe/Berlin", "2026-03-29T03:30")?.toISOString(), "2026-03-29T01:30:00.000Z");
    assert.equal(momentIn("Europe/Berlin", "2026-10-25T04:00")?.toISOString(), "2026-10-25T03:00:00.000Z");
  });

  it("names its zone in the reader's language", () => {
    for (const at of [null, new Date("2026-07-01")]) {
      assert.equal(nameOfZone("Asia/Shanghai", "zh-CN", at), "中国标准时间");
      assert.equal(nameOfZone("Asia/Shanghai", "en-GB", at), "China Standard Time");
      assert.equal(nameOfZone("UTC", "en-GB", at), "Coordinated Universal Time");
    }
  });

  it("names its zone as it is at that moment, or the whole year round", () => {
    const named = (at: string | null) => nameOfZone("Europe/Berlin", "en-GB", at === null ? null : new Date(at));
    assert.equal(named("2026-07-01"), "Central European Summer Time");
    assert.equal(named("2026-12-01"), "Central European Standard Time");
    assert.equal(named(null), "Central European Time");
  });
});
