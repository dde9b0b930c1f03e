import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { minus, signed, tenths } from "../src/format.ts";
import type { Trends } from "../src/payloads.ts";
import { sparkPath, trendOf } from "../src/trends.ts";

const TRENDS: Trends = {
  days: ["2026-03-15", "2026-03-16", "2026-03-17"],
  at: { yesterday: "2026-03-17T04:00:00.000Z", last_week: "2026-03-11T04:00:00.000Z" },
  figures: {
    open: { days: [null, 4, 6], yesterday: 6, last_week: null },
    on_time: { days: [null, 3, 9], yesterday: 9, last_week: null },
    rated: { days: [null, 4, 10], yesterday: 12, last_week: null },
  },
  weeks: [],
};

describe("trends", () => {
  it("are told as they are, and null where the server tells none", () => {
    assert.deepEqual(trendOf(TRENDS, "open", 5), { days: [null, 4, 6], yesterday: 6, lastWeek: null });
    assert.equal(trendOf(TRENDS, "units_overdue", 5), null);
  });

  it("make a rate of its counts, where there are enough", () => {
    assert.deepEqual(trendOf(TRENDS, "on_time", 5), { days: [null, null, 90], yesterday: 75, lastWeek: null });
  });
});

describe("a sparkline", () => {
  it("goes from the lowest to the highest over the whole width", () => {
    assert.equal(sparkPath([1, 3, 2]), "M0.0,20.0L60.0,2.0L120.0,11.0");
  });

  it("begins where something is known, and breaks where nothing is", () => {
    assert.equal(sparkPath([null, 0, 4]), "M60.0,20.0L120.0,2.0");
    assert.equal(sparkPath([0, null, 4]), "M0.0,20.0M120.0,2.0");
    assert.equal(sparkPath([null, null]), "");
  });

  it("stays level where nothing changed", () => {
    assert.equal(sparkPath([5, 5]), "M0.0,20.0L120.0,20.0");
  });
});

describe("a difference", () => {
  it("has its sign, the minus a minus, and none for nothing", () => {
    assert.deepEqual([6, -1204, 0, tenths(0.84)].map(signed), ["+6", `${minus}1,204`, "0", "+0.8"]);
  });
});
