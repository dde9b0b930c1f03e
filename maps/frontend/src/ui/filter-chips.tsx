/** What is on, as chips that can be taken away one by one: what the legend switched off and what was filtered. */

import { stepLabels } from "../breaks.ts";
import { AGES } from "../filter.ts";
import { nameOf, number } from "../format.ts";
import type { Session } from "../session.ts";
import { type Filter, isOff } from "../state.ts";
import { Icon } from "./icons.tsx";
import { categoryName } from "./parts.tsx";

const NAMED = 3; // categories that are called by name

interface Chip {
  text: string;
  remove: () => void;
}

export function Chips({ session }: { session: Session }) {
  const chips = chipsOf(session);
  if (!chips.length) return null;
  return (
    <ul class="chips" aria-label={session.words.filtersOn}>
      {chips.map(({ text, remove }) => (
        <li key={text}>
          <button type="button" class="chip floating" aria-label={session.words.removeFilter(text)} onClick={remove}>
            <span>{text}</span>
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** All that is filtered by, in words. */
export function chipsOf(session: Session): Chip[] {
  const { store } = session;
  return [...legendChips(session), ...issueChips(session), ...placeChips(session)].map(({ text, remove }) => ({
    text,
    remove: () => store.set(remove),
  }));
}

type Removal = { text: string; remove: Parameters<Session["store"]["set"]>[0] };

/** What the legend switched off: the part that is left on. */
function legendChips({ words, state, board, constants }: Session): Removal[] {
  const { classesOff, statesOff, stepsOff, figure } = state;
  const left = (names: readonly string[], off: number) => words.listed(names.filter((_, bit) => !isOff(off, bit)));
  const chips: Removal[] = [];
  if (classesOff) {
    const names = constants.classes.map(({ name }) => words.classes[name as keyof typeof words.classes]);
    chips.push({ text: words.chip(words.inspectionClass, left(names, classesOff)), remove: { classesOff: 0 } });
  }
  if (statesOff) {
    const text = words.chip(words.issueState, left([words.states.open, words.states.reopened], statesOff));
    chips.push({ text, remove: { statesOff: 0 } });
  }
  if (stepsOff) {
    const labels = stepLabels(board.breaksOf(figure).grid, String);
    chips.push({ text: words.chip(words.figures[figure], left(labels, stepsOff)), remove: { stepsOff: 0 } });
  }
  return chips;
}

function issueChips(session: Session): Removal[] {
  const { words, state } = session;
  const { filter } = state;
  const without = (change: Partial<Filter>) => ({ filter: { ...filter, ...change } });
  const chips = categoryChips(session, without);
  if (filter.ages) {
    const ages = AGES.filter((_, bit) => isOff(filter.ages, bit)).map(([from, to]) => words.ageDays(from, to));
    chips.push({ text: words.chip(words.filterAge, words.listed(ages)), remove: without({ ages: 0 }) });
  }
  if (filter.overdue) chips.push({ text: words.overdueOnly, remove: without({ overdue: false }) });
  return chips;
}

/** Each category that was chosen; where many are, those that were left out, or how many are on. */
function categoryChips(session: Session, without: (change: Partial<Filter>) => Removal["remove"]): Removal[] {
  const { words, state, board } = session;
  const { categories } = state.filter;
  if (categories.length <= NAMED) {
    return categories.map((code) => ({
      text: categoryName(session, code),
      remove: without({ categories: categories.filter((other) => other !== code) }),
    }));
  }
  const off = board.issues?.categories.filter((code) => !categories.includes(code)) ?? [];
  const text =
    off.length && off.length <= NAMED
      ? words.categoriesOff(words.listed(off.map((code) => categoryName(session, code))))
      : words.categoriesOn(number(categories.length));
  return [{ text: words.chip(words.filterCategory, text), remove: without({ categories: [] }) }];
}

function placeChips({ words, state, board }: Session): Removal[] {
  const { filter, language } = state;
  const without = (change: Partial<Filter>) => ({ filter: { ...filter, ...change } });
  const chips: Removal[] = [];
  const area = filter.area === null ? undefined : board.areas.get(filter.area);
  if (area) chips.push({ text: nameOf(area, language), remove: without({ area: null }) });
  const grid = filter.grid === null ? undefined : board.grids.get(filter.grid);
  if (grid) chips.push({ text: nameOf(grid.properties, language), remove: without({ grid: null }) });
  if (filter.lead !== null) {
    const lead = [...board.all()].find((each) => each.lead?.name === filter.lead)?.lead;
    chips.push({ text: words.chip(words.lead, lead ? nameOf(lead, language) : words.noLead), remove: without({ lead: null }) });
  }
  return chips;
}

// -- names and areas --------------------------------------------------------------------------------------------------
