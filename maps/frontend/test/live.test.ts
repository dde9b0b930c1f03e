import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Clock, daysBetween, daysSince, number } from "../src/format.ts";
import { en } from "../src/i18n/en.ts";
import { zh } from "../src/i18n/zh.ts";
import { SseParser } from "../src/sse.ts";

const STREAM = ': beat\n\nid: 4-2\nevent: change\ndata: {"a":\ndata: 1}\n\nevent: reset\ndata: {}\n\ndata: plain\r\n\r\n';

describe("server-sent events", () => {
  it("are the same however the stream is cut", () => {
    const whole = new SseParser().push(STREAM);
    assert.deepEqual(whole, [
      { event: "change", data: '{"a":\n1}', id: "4-2" },
      { event: "reset", data: "{}", id: null },
      { event: "message", data: "plain", id: null },
    ]);
    for (let size = 1; size < STREAM.length; size++) {
      const parser = new SseParser();
      const found = [];
      for (let at = 0; at < STREAM.length; at += size) found.push(...parser.push(STREAM.slice(at, at + size)));
      assert.deepEqual(found, whole, `cut every ${size}`);
    }
  });

  it("wait for the empty line, and comments are no events", () => {
    const parser = new SseParser();
    assert.deepEqual(parser.push(": beat\n\n"), []);
    assert.deepEqual(parser.push("event: change\ndata: {}\n"), []);
    assert.equal(parser.push("\n").length, 1);
  });
});

describe("numbers and times", () => {
  it("are in the jurisdiction's zone, not the reader's", () => {
    const clock = new Clock("zh", "Asia/Shanghai");
    assert.equal(clock.time("2026-11-22T02:25:00.000Z"), "10:25");
    assert.equal(new Clock("en", "America/New_York").time("2026-11-22T02:25:00.000Z"), "21:25");
    assert.match(new Clock("en", "America/New_York").date("2026-11-22"), /22 Nov 2026/);
    assert.match(new Clock("en", "America/New_York").date("2026-11-22T02:25:00.000Z"), /21 Nov 2026/);
  });

  it("say the year where it is another one", () => {
    const clock = new Clock("en", "Asia/Shanghai");
    assert.doesNotMatch(clock.moment("2026-01-02T02:25:00Z", "2026-11-22"), /2026/);
    assert.match(clock.moment("2024-04-15T02:25:00Z", "2026-11-22"), /15 Apr 2024/);
    assert.match(new Clock("zh", "Asia/Shanghai").moment("2025-12-31T15:59:00Z", "2026-01-01"), /2025年12月31日/);
  });

  it("count whole days", () => {
    assert.equal(daysBetween("2026-03-28", "2026-03-30"), 2);
    assert.equal(daysBetween("2026-11-22", "2026-11-20"), -2);
    assert.equal(daysSince("2026-11-20T10:00:00Z", Date.parse("2026-11-22T09:59:00Z")), 1);
    assert.equal(daysSince("2026-11-22T12:00:00Z", Date.parse("2026-11-22T10:00:00Z")), -1);
  });

  it("have commas for thousands and a minus that is one", () => {
    assert.equal(number(-1234), "\u22121,234");
  });
});

describe("the language files", () => {
  const keysOf = (value: object): string[] =>
    Object.entries(value).flatMap(([key, inner]) =>
      inner !== null && typeof inner === "object" ? keysOf(inner).map((deep) => `${key}.${deep}`) : [key],
    );

  it("have the same keys, no word empty, no Chinese in English", () => {
    assert.deepEqual(keysOf(en).sort(), keysOf(zh).sort());
    const texts = Object.entries(en).filter(([, value]) => typeof value === "string") as [string, string][];
    for (const [key, text] of texts) {
      assert.notEqual(text, "", key);
      assert.doesNotMatch(text, /\p{Script=Han}/u, key);
    }
  });

  it("say plural and singular", () => {
    assert.equal(en.rooms(1, 0), "1 room");
    assert.equal(en.rooms(3, 1), "3 rooms, 1 vacant");
  });
});
