/** What can be chosen in the panel of filters, each choice with what it would leave. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

import { AGES, isWithin } from "../filter.ts";
import { nameOf, number } from "../format.ts";
import type { Area, Named } from "../payloads.ts";
import type { Session } from "../session.ts";
import { isOff } from "../state.ts";
import { DayField } from "./past.tsx";
import { categoryName } from "./parts.tsx";

const FEW_GRIDS = 40; // so many can be chosen from without choosing an area first
const ALL_AGES = (1 << AGES.length) - 1; // which is none chosen

export function FilterFields({ session }: { session: Session }) {
  const { words, board } = session;
  const seesIssues = board.issues !== null;
  return (
    <>
      {seesIssues && <Ages session={session} />}
      <Places session={session} />
      {board.may("people.see") && <Leads session={session} />}
      {seesIssues && <Categories session={session} />}
      <DayField session={session} label={words.someDay} />
      {seesIssues && <p class="hint">{`${words.toggleHelp}${words.stop}${words.filterHelp}`}</p>}
    </>
  );
}

interface ChoiceProps {
  isOn: boolean;
  count: number;
  set: () => void;
  /** Leave this one alone on, or all again; only of choices of which all are on at first, as in the legend. */
  only?: () => void;
  title?: string;
  children: ComponentChildren;
}

function Choice({ isOn, count, set, only, title, children }: ChoiceProps) {
  return (
    <button
      type="button"
      class={only ? "filter-choice row" : "filter-choice"}
      aria-pressed={isOn}
      title={title}
      onClick={(event) => (only && event.altKey ? only() : (!only || event.detail < 2) && set())}
      onDblClick={only}
    >
      <span>{children}</span>
      <small>{number(count)}</small>
    </button>
  );
}

function Ages({ session }: { session: Session }) {
  const { words, board, store, state } = session;
  const counts = board.counted.issueCounts()!;
  const { ages, overdue } = state.filter;
  const on = ages || ALL_AGES;
  const set = (chosen: number) => store.narrow({ ages: chosen % ALL_AGES });
  return (
    <fieldset>
      <legend>{words.filterAge}</legend>
      <div class="filter-ages">
        {AGES.map(([from, to], bit) => (
          <Choice
            key={from}
            isOn={isOff(on, bit)}
            count={counts.ages[bit]!}
            title={words.toggleHelp}
            set={() => set(on ^ (1 << bit))}
            only={() => set(ages === 1 << bit ? ALL_AGES : 1 << bit)}
          >
            {words.ageDays(from, to)}
          </Choice>
        ))}
      </div>
      <Choice isOn={overdue} count={counts.overdueOnly} set={() => store.narrow({ overdue: !overdue })}>
        {words.overdueOnly}
      </Choice>
    </fieldset>
  );
}

function Categories({ session }: { session: Session }) {
  const { words, board, store, state } = session;
  const counts = board.counted.issueCounts()!.categories;
  const { categories } = state.filter;
  const offered = [...board.config!.categories.map(({ code }) => code), ""].filter(
    (code) => board.issues!.categories.includes(code) || categories.includes(code),
  );
  const on = categories.length ? categories : offered;
  const toggled = (code: string) => (on.includes(code) ? on.filter((other) => other !== code) : [...on, code]);
  const set = (chosen: readonly string[]) => store.narrow({ categories: chosen.length === offered.length ? [] : chosen });
  const isAlone = (code: string) => categories.length === 1 && categories[0] === code;
  return (
    <fieldset>
      <legend>{words.filterCategory}</legend>
      <div class="filter-list">
        {offered.map((code) => (
          <Choice
            key={code}
            isOn={on.includes(code)}
            count={counts.get(code) ?? 0}
            title={words.toggleHelp}
            set={() => set(toggled(code))}
            only={() => set(isAlone(code) ? [] : [code])}
          >
            {categoryName(session, code)}
          </Choice>
        ))}
      </div>
    </fieldset>
  );
}

/** One list a level: the areas below the one chosen above, and the grids in it. */
function Places({ session }: { session: Session }) {
  const { words, board, store, state } = session;
  const { area, grid } = state.filter;
  const chain = area === null ? [] : chainOf(area, board.areas);
  const lists = [topOf(board.areas), ...chain.map((code) => childrenOf(code, board.areas))].filter((list) => list.length);
  const grids = [...board.all()].filter((each) => area === null || isWithin(each.area, area, board.areas));
  return (
    <fieldset>
      <legend>{words.filterArea}</legend>
      {lists.map((list, at) => (
        <Select
          key={at}
          session={session}
          label={words.levels[list[0]!.level] ?? words.filterArea}
          value={chain[at] ?? null}
          options={list.map((each) => [each.code, each])}
          set={(code) => store.narrow({ area: code ?? chain[at - 1] ?? null, grid: null })}
        />
      ))}
      {(area !== null || grid !== null || grids.length <= FEW_GRIDS) && (
        <Select
          session={session}
          label={words.levels.grid!}
          value={grid}
          options={grids.map((each) => [each.code, each])}
          set={(code) => store.narrow({ grid: code })}
        />
      )}
    </fieldset>
  );
}

function Leads({ session }: { session: Session }) {
  const { words, board, store, state } = session;
  // Hundreds, which a click elsewhere in the panel does not alter.
  const options = useMemo(() => leadsOf(session), [board.shapesVersion, board.figuresVersion, state.language]);
  return (
    <fieldset>
      <legend>{words.filterLead}</legend>
      <Select
        session={session}
        label={words.lead}
        value={state.filter.lead}
        options={options}
        set={(lead) => store.narrow({ lead })}
      />
    </fieldset>
  );
}

/** Everybody who answers, by name; where nobody does comes first. */
function leadsOf({ words, board, state }: Session): [string, Named][] {
  const leads = new Map<string, Named>();
  for (const { lead } of board.all()) leads.set(lead?.name ?? "", lead ?? { name: words.noLead, name_en: null });
  return [...leads].sort(([a, one], [b, other]) => {
    if (!a || !b) return a ? 1 : -1;
    return nameOf(one, state.language).localeCompare(nameOf(other, state.language), words.locale);
  });
}

interface SelectProps {
  session: Session;
  label: string;
  value: string | null;
  options: readonly (readonly [string, Named])[];
  set: (value: string | null) => void;
}

const ALL = "all"; // an option's value may be any code, so choices are told apart by their place

function Select({ session, label, value, options, set }: SelectProps) {
  const { words, state } = session;
  const at = options.findIndex(([key]) => key === value);
  const listed = useMemo(
    () =>
      options.map(([key, named], index) => (
        <option key={key} value={String(index)}>
          {nameOf(named, state.language)}
        </option>
      )),
    [options, state.language],
  );
  return (
    <label class="filter-select">
      <span>{label}</span>
      <select
        value={at < 0 ? ALL : String(at)}
        onChange={({ currentTarget: { value: chosen } }) => set(chosen === ALL ? null : options[Number(chosen)]![0])}
      >
        <option value={ALL}>{words.filterAll}</option>
        {listed}
      </select>
    </label>
  );
}

// -- chips ------------------------------------------------------------------------------------------------------------

type Areas = ReadonlyMap<string, Area>;

/** The areas below the one that holds all, or those that this reader's map begins with. */
function topOf(areas: Areas): Area[] {
  const roots = [...areas.values()].filter(({ parent }) => parent === null || !areas.has(parent));
  return roots.length === 1 ? childrenOf(roots[0]!.code, areas) : roots;
}

function childrenOf(code: string, areas: Areas): Area[] {
  return [...areas.values()].filter(({ parent }) => parent === code);
}

/** An area and those above it that are chosen from, the largest first. */
function chainOf(code: string, areas: Areas): string[] {
  const top = new Set(topOf(areas).map((area) => area.code));
  const chain: string[] = [];
  for (let at: string | null = code; at !== null && areas.has(at); at = areas.get(at)!.parent) {
    chain.unshift(at);
    if (top.has(at)) return chain;
  }
  return []; // the one that holds all
}
