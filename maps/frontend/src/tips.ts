/** What the pointer is over, as a name and a line of facts. */

import { daysSince, nameOf, number } from "./format.ts";
import type { GridShape } from "./grid-shape.ts";
import type { RiskName } from "./payloads.ts";
import type { Session } from "./session.ts";
import { categoryName } from "./ui/parts.tsx";

export type Tip = [name: string, facts: string];

/** The nearest issue, or the nearest units of one symbol, and how many more a click would list; null where none is. */
export function pointTip(
  session: Session,
  issues: readonly { id: number; distance: number }[],
  units: readonly { ids: readonly number[]; distance: number }[],
): Tip | null {
  const [issue, place] = [issues[0], units[0]];
  if (!issue && !place) return null;
  const isIssue = issue !== undefined && (!place || issue.distance <= place.distance);
  const [name, facts] = isIssue ? issueTip(session, issue.id) : unitTip(session, place!.ids);
  const all = issues.length + units.reduce((sum, { ids }) => sum + ids.length, 0);
  const more = all - (isIssue ? 1 : place!.ids.length);
  return [name, more ? `${facts}　${session.words.tipMore(number(more))}` : facts];
}

function issueTip(session: Session, id: number): Tip {
  const { words, board, constants } = session;
  const issues = board.issues!;
  const row = issues.rowOf(id);
  const days = daysSince(new Date(issues.due[row]! * 1000).toISOString(), session.now());
  const isLate = (issues.flags[row]! & constants.flags.overdue) !== 0;
  const state = issues.klass[row] === 1 ? words.states.reopened : words.states.open;
  const category = categoryName(session, issues.categories[issues.category[row]!] || null);
  return [category, `${state}　${isLate ? words.overdueBy(days) : words.dueIn(-days - 1)}`];
}

function unitTip({ words, board, constants }: Session, ids: readonly number[]): Tip {
  const units = board.units!;
  const rows = ids.map((id) => units.rowOf(id));
  const late = rows.filter((row) => (units.flags[row]! & constants.flags.overdue) !== 0).length;
  const strictest = constants.classes[Math.min(...rows.map((row) => units.klass[row]!))];
  const klass = strictest ? words.classes[strictest.name as RiskName] : "";
  if (ids.length === 1) return [words.tipUnit(klass), late ? words.tipUnitLate : words.tipUnitFine];
  return [words.tipUnits(number(ids.length), klass), late ? `${words.tipUnitLate} ${number(late)}` : words.tipUnitFine];
}

/** Who answers for a grid and what counts of it. */
export function gridTip(session: Session, grid: GridShape): Tip {
  const { words, state, board } = session;
  const { properties } = grid;
  const lead = session.leadOf(properties);
  const counted = board.counted.of(properties.code);
  const open = counted ? words.tipOpen(number(counted.overdue), number(counted.open)) : words.notInFilter;
  const figures = [open, ...(counted ? share(session, grid) : [])].join("　");
  return [nameOf(properties, state.language), lead ? `${lead}　${figures}` : figures];
}

/** The share that the map is shaded by, which the numbers beside it do not say. */
function share({ words, state, board }: Session, grid: GridShape): string[] {
  if (!board.breaksOf(state.figure).percent) return [];
  const { value } = board.shaded(state.figure, [grid], false);
  return [`${words.figures[state.figure]} ${value === null ? words.tooFew : `${value}%`}`];
}
