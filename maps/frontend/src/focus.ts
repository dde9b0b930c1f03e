/** The focus follows what the panel shows: what was focused may be gone with the list or card that it stood in. */

import type { Selection } from "./state.ts";

function nameOf(selection: Selection): string {
  if (selection.kind === "grid") return `grid ${selection.code}`;
  return "id" in selection ? `${selection.kind} ${selection.id}` : selection.kind;
}

/** Marks what opens something, so that the way back leads there. */
export function opens(selection: Selection): { "data-opens": string } {
  return { "data-opens": nameOf(selection) };
}

/** Where the focus was lost with what ``left`` showed: to the row that opened it, else to the top of the panel. */
export function refocus(panel: HTMLElement, left: Selection): void {
  if (document.activeElement && document.activeElement !== document.body) return;
  const row = panel.querySelector<HTMLElement>(`[data-opens="${CSS.escape(nameOf(left))}"]`);
  const target = row ?? panel.querySelector<HTMLElement>(".back-bar > button") ?? panel;
  target.focus({ preventScroll: row === null });
}
