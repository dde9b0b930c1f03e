/** Keys of the editor: a letter for each tool where the reader has letters on, undo and redo everywhere. */

import { areShortcutsOn } from "../keys.ts";
import type { Editing, Tool } from "./editing.ts";

export const TOOL_KEYS: Readonly<Record<Tool, string>> = {
  select: "V", node: "N", reshape: "R", split: "S", merge: "M", transfer: "T", describe: "E",
};
export const BALANCE_KEY = "B";

export type EditorKey = "undo" | "redo" | "balance" | Tool;

/** Where keys have a meaning of their own. */
const OWN = "input, textarea, select, dialog";
/** What lies over the page: behind it nothing is edited, wherever the focus fell. */
const SHEET = "dialog[open]";

export interface Stroke {
  key: string;
  ctrl: boolean;
  shift: boolean;
}

export function editorKey({ key, ctrl, shift }: Stroke, lettersOn: boolean): EditorKey | null {
  const letter = key.toUpperCase();
  if (ctrl) {
    if (letter === "Z") return shift ? "redo" : "undo";
    return letter === "Y" ? "redo" : null;
  }
  if (!lettersOn || key.length !== 1) return null;
  if (letter === BALANCE_KEY) return "balance";
  return (Object.keys(TOOL_KEYS) as Tool[]).find((tool) => TOOL_KEYS[tool] === letter) ?? null;
}

/** Have the keys of the page act on a draft. Returns what ends it. */
export function listenForKeys(editing: Pick<Editing, "undo" | "redo" | "ask" | "setTool" | "isReadOnly">): () => void {
  const heard = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || (event.target as HTMLElement).closest(OWN) || document.querySelector(SHEET)) return;
    const stroke = { key: event.key, ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey };
    const key = editorKey(stroke, areShortcutsOn());
    if (!key || editing.isReadOnly) return;
    event.preventDefault();
    if (key === "undo" || key === "redo") void editing[key]();
    else if (event.repeat) return;
    else if (key === "balance") editing.ask({ kind: "balance" });
    else editing.setTool(key);
  };
  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}
