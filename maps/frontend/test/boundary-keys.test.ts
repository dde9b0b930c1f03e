import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { editorKey, listenForKeys } from "../src/boundaries/keys.ts";

describe("keys of the editor", () => {
  it("are a letter for each tool, where letters are on", () => {
    const plain = { ctrl: false, shift: false };
    assert.equal(editorKey({ key: "n", ...plain }, true), "node");
    assert.equal(editorKey({ key: "B", ...plain }, true), "balance");
    assert.equal(editorKey({ key: "n", ...plain }, false), null);
    assert.equal(editorKey({ key: "Enter", ...plain }, true), null);
    assert.equal(editorKey({ key: "z", ctrl: true, shift: false }, false), "undo");
    assert.equal(editorKey({ key: "Z", ctrl: true, shift: true }, false), "redo");
    assert.equal(editorKey({ key: "n", ctrl: true, shift: false }, true), null);
  });

  it("do nothing behind a sheet that lies over the page, wherever the focus is", () => {
    let sheet: object | null = {};
    const page = Object.assign(new EventTarget(), { querySelector: (seen: string) => (seen === "dialog[open]" ? sheet : null) });
    const before = globalThis.document;
    globalThis.document = page as unknown as Document;
    const done: string[] = [];
    const act = (name: string) => async () => done.push(name) > 0;
    const stop = listenForKeys({ undo: act("undo"), redo: act("redo"), ask: () => {}, setTool: () => {}, isReadOnly: false });
    const undo = () => {
      const event = Object.assign(new Event("keydown"), { key: "z", ctrlKey: true, metaKey: false, shiftKey: false, altKey: false, repeat: false });
      Object.defineProperty(event, "target", { value: { closest: () => null } });
      page.dispatchEvent(event);
    };
    const letters = globalThis.localStorage;
    Object.defineProperty(globalThis, "localStorage", { value: { getItem: () => null }, configurable: true });
    try {
      undo();
      assert.deepEqual(done, []);
      sheet = null;
      undo();
      assert.deepEqual(done, ["undo"]);
    } finally {
      stop();
      globalThis.document = before;
      Object.defineProperty(globalThis, "localStorage", { value: letters, configurable: true });
    }
  });
});
