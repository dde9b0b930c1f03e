import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

import { keepLooking } from "../src/boundaries/lookout.ts";

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
  turn(to: DocumentVisibilityState): void {
    this.visibilityState = to;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("what others do to a draft", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
  afterEach(() => mock.timers.reset());

  async function pass(ms: number): Promise<void> {
    mock.timers.tick(ms);
    await soon();
  }

  it("is asked for every 20 s while the page is shown, and at once when it is shown again", async () => {
    const page = new Page();
    let looks = 0;
    const end = keepLooking(async () => void looks++, page as unknown as Document);
    for (let i = 0; i < 3; i++) await pass(20_000);
    assert.equal(looks, 3);
    page.turn("hidden");
    for (let i = 0; i < 3; i++) await pass(20_000);
    assert.equal(looks, 3);
    page.turn("visible");
    await soon();
    assert.equal(looks, 4);
    await pass(20_000);
    assert.equal(looks, 5);
    end();
    await pass(60_000);
    page.turn("visible");
    assert.equal(looks, 5);
  });

  it("is asked for when the window comes to the front again, and not once the draft is closed", async () => {
    const window = new EventTarget();
    const listening = ["addEventListener", "removeEventListener"] as const;
    for (const name of listening) Object.assign(globalThis, { [name]: window[name].bind(window) });
    let looks = 0;
    const end = keepLooking(async () => void looks++, new Page() as unknown as Document);
    const comesToTheFront = () => (window.dispatchEvent(new Event("focus")), soon());
    try {
      await comesToTheFront();
      assert.equal(looks, 1);
      await pass(1000);
      await comesToTheFront();
      assert.equal(looks, 2);
      end();
      await pass(1000);
      await comesToTheFront();
      assert.equal(looks, 2);
    } finally {
      for (const name of listening) Reflect.deleteProperty(globalThis, name);
    }
  });

  it("is asked for more rarely where the answer takes long", async () => {
    let looks = 0;
    const slow = async () => {
      looks++;
      mock.timers.setTime(Date.now() + 3000);
    };
    const end = keepLooking(slow, new Page() as unknown as Document);
    await pass(20_000);
    await pass(50_000);
    assert.equal(looks, 1);
    await pass(10_000);
    assert.equal(looks, 2);
    end();
  });

  it("is asked no more often by who comes back again and again, and is not forgotten then", async () => {
    const page = new Page();
    let looks = 0;
    const end = keepLooking(async () => {
      looks++;
      mock.timers.setTime(Date.now() + 1000);
    }, page as unknown as Document);
    await pass(20_000);
    assert.equal(looks, 1);
    for (let i = 0; i < 3; i++) {
      page.turn("hidden");
      page.turn("visible");
      await pass(1000);
    }
    assert.equal(looks, 1);
    await pass(1000);
    assert.equal(looks, 2);
    end();
  });
});
