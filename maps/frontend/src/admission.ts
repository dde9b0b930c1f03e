/** What of an address this reader may have. The rest is dropped: a link is made by one person and opened by another. */

import type { Board } from "./board.ts";
import { type Filter, INITIAL, NO_FILTER, type Selection, type State } from "./state.ts";

/**
 * What has to change for the reader to be allowed all of it; empty where nothing has. What only the grids can tell is kept
 * until they are here.
 */
export function admit(state: State, board: Board): Partial<State> {
  const change: Partial<State> = {};
  const figures = board.figures();
  if (figures.length && !figures.includes(state.figure)) {
    change.figure = figures.includes(INITIAL.figure) ? INITIAL.figure : figures[0]!;
  }
  if (!admitsSelection(state.selection, board)) change.selection = { kind: "none" };
  if (state.classesOff && board.grids.size && !board.hasUnits) change.classesOff = 0;
  if (state.statesOff && !board.may("issues.see")) change.statesOff = 0;
  if (state.cover !== null && !board.may("places.see")) change.cover = null;
  const filter = admittedFilter(state.filter, board);
  if (JSON.stringify(filter) !== JSON.stringify(state.filter)) change.filter = filter;
  return change;
}

function admitsSelection(selection: Selection, board: Board): boolean {
  if (selection.kind === "grid") return !board.grids.size || board.grids.has(selection.code);
  if (selection.kind === "issue") return board.may("issues.see");
  if (selection.kind === "unit") return board.may("units.see_points") || board.may("units.open");
  return true;
}

function admittedFilter(filter: Filter, board: Board): Filter {
  const may = board.may("issues.see");
  const known = new Set(["", ...(board.config?.categories ?? []).map(({ code }) => code)]);
  const { area, grid, lead } = filter;
  const isHere = (found: boolean) => !board.grids.size || found;
  return {
    categories: may ? filter.categories.filter((code) => known.has(code)) : NO_FILTER.categories,
    ages: may ? filter.ages : 0,
    overdue: may && filter.overdue,
    area: area !== null && isHere(board.areas.has(area)) ? area : null,
    grid: grid !== null && isHere(board.grids.has(grid)) ? grid : null,
    lead: lead !== null && board.may("people.see") && isHere(knowsLead(lead, board)) ? lead : null,
  };
}

function knowsLead(name: string, board: Board): boolean {
  for (const { lead } of board.all()) if ((lead?.name ?? "") === name) return true;
  return false;
}
