/** Keys that work anywhere on the page: none inside a field or a dialog, and all but Escape can be switched off. */

export type Shortcut =
  | { act: "worst"; at: number }
  | { act: "step"; by: 1 | -1 }
  | { act: "search" | "legend" | "help" };

const SHORTCUTS: Readonly<Record<string, Shortcut>> = {
  "1": { act: "worst", at: 0 },
  "2": { act: "worst", at: 1 },
  "3": { act: "worst", at: 2 },
  "[": { act: "step", by: -1 },
  "]": { act: "step", by: 1 },
  "/": { act: "search" },
  l: { act: "legend" },
  "?": { act: "help" },
};
const KEPT = "gridwarden.shortcuts";

/** Whether the reader has keys without a modifier on. */
export function areShortcutsOn(): boolean {
  return localStorage.getItem(KEPT) !== "off";
}

export function switchShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, "off");
}

export interface KeyActions {
  escape(): void;
  run(shortcut: Shortcut): void;
}

export class Keys {
  private readonly actions: KeyActions;

  constructor(actions: KeyActions) {
    this.actions = actions;
    document.addEventListener("keydown", (event) => this.key(event));
  }

  get areOn(): boolean {
    return areShortcutsOn();
  }

  switch(on: boolean): void {
    switchShortcuts(on);
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, textarea, select, dialog")) return;
    if (event.key === "Escape") return this.actions.escape();
    const shortcut = this.areOn ? shortcutOf(event.key) : null;
    if (!shortcut) return;
    event.preventDefault(); // else the key would be typed into the field that it opens
    this.actions.run(shortcut);
  }
}

export function shortcutOf(key: string): Shortcut | null {
  return Object.hasOwn(SHORTCUTS, key.toLowerCase()) ? SHORTCUTS[key.toLowerCase()]! : null;
}
