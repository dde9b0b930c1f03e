/** Keys of a queue: none inside a field or the map, and single letters only where the reader has them on. */

import { useEffect, useRef } from "preact/hooks";

import { areShortcutsOn } from "../keys.ts";

export type QueueKey = { act: "step"; by: 1 | -1 } | { act: "take"; at: number };

const STEPS: Readonly<Record<string, 1 | -1>> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
/** Where keys have a meaning of their own. */
const OWN = "input, textarea, select, dialog, .map";
/** Marks the row that is chosen: Enter on it takes the first candidate instead of choosing the row again. */
export const CHOSEN = '[aria-current="true"]';

export function queueKey(key: string, lettersOn: boolean): QueueKey | null {
  if (key === "Enter") return { act: "take", at: 0 };
  if (key.length === 1 && !lettersOn) return null;
  if (/^[1-9]$/.test(key)) return { act: "take", at: Number(key) - 1 };
  const name = key.length === 1 ? key.toLowerCase() : key;
  return Object.hasOwn(STEPS, name) ? { act: "step", by: STEPS[name]! } : null;
}

/** Have the keys of this page do that while the component is there. A key that is held down acts once, but for steps. */
export function useQueueKeys(does: (key: QueueKey) => void): void {
  const latest = useRef(does);
  latest.current = does;
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest(OWN)) return;
      if (event.key === "Enter" && target.closest("a, button") && !target.closest(CHOSEN)) return;
      const key = queueKey(event.key, areShortcutsOn());
      if (!key || (key.act === "take" && event.repeat)) return;
      event.preventDefault();
      latest.current(key);
    };
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, []);
}
