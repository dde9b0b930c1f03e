import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { askBeforeLeaving } from "../src/boundaries/leaving.ts";

describe("leaving the page", () => {
  it("is asked about while something would be lost, in older browsers, too", () => {
    const page = new EventTarget();
    let isUnsaved = false;
    const end = askBeforeLeaving(() => isUnsaved, page);
    const leave = () => {
      const event = new Event("beforeunload", { cancelable: true });
      const told: { returnValue?: unknown } = Object.defineProperty(event, "returnValue", { value: "", writable: true });
      page.dispatchEvent(event);
      return [event.defaultPrevented, Boolean(told.returnValue)];
    };
    assert.deepEqual(leave(), [false, false]);
    isUnsaved = true;
    assert.deepEqual(leave(), [true, true]);
    end();
    assert.deepEqual(leave(), [false, false]);
  });
});
