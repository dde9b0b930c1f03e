/** The field that finds things, and the list beneath it: a combobox whose choices are grouped. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Problem } from "../api.ts";
import { nameOf, number } from "../format.ts";
import { type Choice, Finder, type FoundItem, type SearchAnswer, categoriesLike, isLikeCoordinate, isMetric } from "../search.ts";
import type { Session } from "../session.ts";
import { Icon } from "./icons.tsx";
import { categoryName } from "./parts.tsx";

export const SEARCH_FIELD = "search-field";
const LIST = "search-list";

export function Search({ session, go }: { session: Session; go: (choice: Choice) => void }) {
  const { words, state } = session;
  const [, draw] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const taken = useRef(go);
  taken.current = (choice) => {
    setOpen(false);
    field.current?.blur();
    go(choice);
  };
  const finder = useMemo(
    () => new Finder((query) => ask(session, query), () => draw((n) => n + 1), (choice) => taken.current(choice)),
    [session],
  );
  const isShown = isOpen && finder.status !== "idle";
  const hasChoices = isShown && finder.choices.length > 0;

  const key = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (isShown) setOpen(false);
      else field.current?.blur();
    } else if (event.key === "Enter") {
      setOpen(true);
      finder.enter();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      setOpen(true);
      finder.move(event.key === "ArrowDown" ? 1 : -1);
    } else return;
    event.preventDefault();
  };

  return (
    <>
      <Icon name="search" />
      <input
        ref={field}
        id={SEARCH_FIELD}
        type="text"
        role="combobox"
        aria-label={words.search}
        aria-autocomplete="list"
        aria-expanded={hasChoices}
        aria-controls={LIST}
        aria-activedescendant={hasChoices && finder.active >= 0 ? choiceId(finder.active) : undefined}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        enterkeyhint="search"
        maxLength={100}
        placeholder={matchMedia("(min-width:1280px)").matches ? words.search : words.searchShort}
        onInput={(event) => {
          setOpen(true);
          finder.type(event.currentTarget.value);
        }}
        onFocus={(event) => {
          setOpen(true);
          event.currentTarget.select();
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={key}
      />
      <kbd aria-hidden="true">/</kbd>
      {/* A press on the list leaves the focus in the field, so that the list stays. */}
      <div class="found" hidden={!isShown} onPointerDown={(event) => event.preventDefault()} onMouseDown={(event) => event.preventDefault()}>
        <Message session={session} finder={finder} isOffline={state.link === "offline"} />
        {session.day !== null && <p class="found-note"><small>{words.searchIsOfNow}</small></p>}
        <div id={LIST} role="listbox" aria-label={words.search} aria-busy={finder.status === "waiting"}>
          {hasChoices && <Choices session={session} finder={finder} />}
        </div>
      </div>
    </>
  );
}

/** What the server finds, and the categories of issues that the page knows, where this reader has issues. */
async function ask(session: Session, query: string): Promise<SearchAnswer> {
  const { board, api } = session;
  const answer = await api.search(query);
  return { ...answer, categories: board.issues ? categoriesLike(query, board.config!.categories) : [] };
}

/** What the list cannot say by itself. */
function Message({ session, finder, isOffline }: { session: Session; finder: Finder; isOffline: boolean }) {
  const { words } = session;
  const { status, choices } = finder;
  const unreachable = isOffline || !(finder.error instanceof Problem);
  return (
    <p role="status" class={choices.length ? "sr" : "found-note"}>
      {status === "waiting" && !choices.length && words.searching}
      {status === "found" && (choices.length ? words.foundCount(choices.length) : words.notFound)}
      {status === "found" && !choices.length && <small>{isLikeCoordinate(finder.query) ? words.coordinateHelp : words.searchHelp}</small>}
      {status === "failed" && (unreachable ? words.searchOffline : words.searchFailed)}
      {status === "failed" && (
        <button type="button" class="link" onClick={() => finder.again()}>
          {words.retry}
        </button>
      )}
    </p>
  );
}

function Choices({ session, finder }: { session: Session; finder: Finder }) {
  return (
    <>
      {groupsOf(finder.choices).map((group) => (
        <div key={group[0]!.at} role="group" aria-labelledby={`${choiceId(group[0]!.at)}-head`}>
          <Head session={session} choice={group[0]!.choice} id={`${choiceId(group[0]!.at)}-head`} />
          <div class={group[0]!.choice.kind === "datum" ? "datums" : ""}>
            {group.map(({ at, choice }) => (
              <Option key={at} session={session} finder={finder} at={at} choice={choice} />
            ))}
          </div>
          <Reason session={session} group={group.map(({ choice }) => choice)} />
        </div>
      ))}
    </>
  );
}

function Head({ session, choice, id }: { session: Session; choice: Choice; id: string }) {
  const { words } = session;
  if (choice.kind !== "datum") {
    const kind = choice.kind === "item" ? choice.item.kind : "category";
    return <p id={id} class="found-kind">{words.foundKinds[kind]}</p>;
  }
  const { x, y, in_degrees } = choice.reading;
  return (
    <p id={id} class="found-kind">
      <b>{words.coordinate(String(x), String(y), in_degrees)}</b>
      {words.whichDatum}
    </p>
  );
}

/** Why some datums cannot be chosen. */
function Reason({ session, group }: { session: Session; group: readonly Choice[] }) {
  const { words } = session;
  const first = group[0]!;
  if (first.kind !== "datum") return null;
  const crs = group.flatMap((choice) => (choice.kind === "datum" && isMetric(choice.datum) ? [choice.datum] : []))[0];
  if (!crs) return null;
  return <p class="found-note"><small>{first.reading.in_degrees ? words.degreesOnly(crs) : words.metresOnly(crs)}</small></p>;
}

function Option({ session, finder, at, choice }: { session: Session; finder: Finder; at: number; choice: Choice }) {
  const { words, state } = session;
  const isActive = finder.active === at;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) element.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  const isOff = choice.kind === "datum" && !choice.fits;
  return (
    <div
      ref={element}
      id={choiceId(at)}
      role="option"
      class={choice.kind === "datum" ? "button" : "found-item"}
      aria-selected={isActive}
      aria-disabled={isOff || undefined}
      onClick={() => finder.choose(choice)}
    >
      {choice.kind === "datum" && (words.datums[choice.datum] ?? words.metricDatum(choice.datum))}
      {choice.kind === "item" && (
        <>
          <b>{nameOf(choice.item, state.language)}</b>
          <small>{secondLine(session, choice.item)}</small>
        </>
      )}
      {choice.kind === "category" && (
        <>
          <b>{categoryName(session, choice.category.code)}</b>
          <small>{words.filterByThis(number(session.board.counted.issueCounts()?.categories.get(choice.category.code) ?? 0))}</small>
        </>
      )}
    </div>
  );
}

/** What it is, where that is not plain, and where. */
function secondLine(session: Session, item: FoundItem): string {
  const { words, state } = session;
  const about: Record<FoundItem["kind"], (string | undefined)[]> = {
    grid: [item.about === "micro_grid" ? words.levels[item.about] : undefined],
    area: [words.levels[item.about ?? ""]],
    place: [words.placeKinds[item.about ?? ""]],
    person: [words.posts[item.about ?? ""]],
    issue: [
      words.states[item.about as keyof typeof words.states],
      item.category === null ? undefined : categoryName(session, item.category),
    ],
    unit: [],
  };
  const where = words.within(item.where.map((each) => nameOf(each, state.language)));
  return [...about[item.kind], where].filter(Boolean).join("　");
}

/** Choices that stand under one heading. */
function groupsOf(choices: readonly Choice[]): { at: number; choice: Choice }[][] {
  const groups: { at: number; choice: Choice }[][] = [];
  choices.forEach((choice, at) => {
    const last = groups.at(-1)?.[0]?.choice;
    if (last && sameGroup(last, choice)) groups.at(-1)!.push({ at, choice });
    else groups.push([{ at, choice }]);
  });
  return groups;
}

function sameGroup(a: Choice, b: Choice): boolean {
  if (a.kind === "item" && b.kind === "item") return a.item.kind === b.item.kind;
  if (a.kind === "datum" && b.kind === "datum") return a.reading === b.reading;
  return a.kind === b.kind;
}

function choiceId(at: number): string {
  return `search-choice-${at}`;
}
