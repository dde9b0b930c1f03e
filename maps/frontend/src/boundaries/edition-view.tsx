/** One edition: who published it, when and why, and what it, or any other step between two editions, changed. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { langOf, smallArea, squareMetres } from "../format.ts";
import { type EditionWords, editionWordsOf } from "../i18n/editions.ts";
import { useAct } from "../ui/form.tsx";
import { useDetail } from "../ui/hooks.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import type { Desk } from "./desk.ts";
import { LEAST_GROUND, groundMoved, isSame, lineChanged, saidOtherwise, valueOf } from "./edition-changes.ts";
import { Why } from "./edition-words.tsx";
import { HistoryLink } from "./history.tsx";
import { LongList } from "./long-list.tsx";
import { ChangesMap } from "./map/changes-map.ts";
import type { Change, Difference, Edition } from "./payloads.ts";

interface Props {
  desk: Desk;
  words: EditionWords;
}

export function EditionView({ desk, number, from }: { desk: Desk; number: number; from: number | null }) {
  const { session, api } = desk;
  const words = editionWordsOf(session.state.language);
  const older = from ?? number - 1;
  const first = Math.min(number, older);
  // Under one key: the list that is here stays until the next one comes.
  const editions = useDetail(() => api.editionsDownTo(first), "editions", `${session.loads} ${first}`);
  const found = useDetail(() => api.difference(number, older), `difference ${older} ${number}`, session.loads);
  const edition = editions.data?.find((each) => each.number === number);
  const problem = found.problem ?? editions.problem;
  const difference = editions.data || editions.problem ? found.data : null; // the map is made once it is known what is in force
  const reload = () => {
    editions.reload();
    found.reload();
  };
  return (
    <section class="edition-view" aria-labelledby="edition-title">
      <header class="edition-head">
        <h2 id="edition-title">
          {desk.words.edition(number)} {edition?.until === null && <span class="tag strong">{desk.words.inForce}</span>}
        </h2>
        {edition && <Facts key={number} desk={desk} words={words} edition={edition} />}
        {edition && number > 1 && desk.may("boundaries.draft") && <TakeBack key={number} desk={desk} number={number} />}
      </header>
      <Choice desk={desk} words={words} editions={editions.data ?? []} pair={{ older, newer: number }} />
      {problem && <Trouble session={session} problem={problem} retry={reload} missing={words.noEdition} />}
      {!difference && !problem && <Skeleton session={session} rows={5} />}
      {difference && <Differences key={`${older} ${number}`} desk={desk} words={words} difference={difference} isInForce={edition?.until === null} />}
    </section>
  );
}

function Facts({ desk, words, edition }: Props & { edition: Edition }) {
  const { session, api } = desk;
  const { actor, from, until, title, reason, draft, created_by } = edition;
  const when = [words.publishedBy(actor, session.moment(from)), until && words.until(session.moment(until))];
  const kept = useDetail(() => (draft === null ? Promise.resolve(null) : api.draft(draft)), `draft ${draft}`, session.loads);
  const comment = kept.data?.comment;
  return (
    <>
      <p>{when.filter(Boolean).join(desk.words.separator)}</p>
      <dl class="edition-facts">
        {(title ?? reason) && (
          <div>
            <dt>{words.why}</dt>
            <dd>
              <Why desk={desk} of={edition} />
            </dd>
          </div>
        )}
        {comment && (
          <div>
            <dt>{words.comment}</dt>
            <dd lang={langOf(comment)}>{comment}</dd>
          </div>
        )}
        {created_by && (
          <div>
            <dt>{words.drawnBy}</dt>
            <dd>{created_by}</dd>
          </div>
        )}
      </dl>
    </>
  );
}

function Choice({ desk, words, editions, pair: { older, newer } }: Props & { editions: readonly Edition[]; pair: { older: number; newer: number } }) {
  const dates = new Map(editions.map((each) => [each.number, desk.session.moment(each.from)]));
  const newest = editions[0]?.number ?? 0;
  const asked = [...new Set([newer, older])].filter((each) => each > newest); // an address may name what there is not
  const numbers = [...asked, ...Array.from({ length: newest }, (_, at) => newest - at)];
  const go = (from: number, edition: number) => desk.go({ edition, from: from === edition - 1 ? null : from });
  const field = (label: string, value: number, choices: readonly number[], choose: (chosen: number) => void) => (
    <label class="field">
      <span>{label}</span>
      <select value={String(value)} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {choices.map((each) => (
          <option key={each} value={String(each)}>
            {each ? words.option(each, dates.get(each) ?? null) : words.nothing}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div class="edition-choice" role="group" aria-label={words.compare}>
      {field(words.from, older, older === 0 || newer === 1 ? [...numbers, 0] : numbers, (chosen) => go(chosen, newer))}
      {field(words.to, newer, numbers, (chosen) => go(older === newer - 1 ? chosen - 1 : older, chosen))}
    </div>
  );
}

function Differences({ desk, words, difference, isInForce }: Props & { difference: Difference; isInForce: boolean }) {
  const { count, changes, from, to } = difference;
  const [chosen, setChosen] = useState<Change | null>(null);
  if (!count) return <p class="muted">{words.same}</p>;
  return (
    <div class="difference">
      <DifferenceMap desk={desk} words={words} difference={difference} isInForce={isInForce} chosen={chosen} />
      <div>
        <h3>{words.differs(from, to)}</h3>
        <p class="muted">
          {from === 0 ? words.grids(count) : words.changed(count)} {changes.length < count && words.onlyFirst(changes.length)}{" "}
          {chosen && (
            <button type="button" class="link" onClick={() => setChosen(null)}>
              {words.showAll}
            </button>
          )}
        </p>
        <LongList
          items={changes}
          name="change-list edition-changes"
          more={words.moreChanges}
          row={(change) => (
            <ChangeRow key={`${change.code} ${change.was}`} desk={desk} words={words} change={change} difference={difference} isChosen={isSame(change, chosen)} show={setChosen} />
          )}
        />
        <Lineage desk={desk} words={words} difference={difference} />
      </div>
    </div>
  );
}

interface RowProps extends Props {
  change: Change;
  difference: Difference;
  isChosen: boolean;
  show: (change: Change) => void;
}

function ChangeRow({ desk, words, change, difference, isChosen, show }: RowProps) {
  const { code, was, name, change: kind } = change;
  const told = desk.nameOfChange({ code, name });
  return (
    <li class={isChosen ? "chosen" : undefined}>
      <button type="button" class="change-row" aria-pressed={isChosen} onClick={() => show(change)}>
        <b>{told}</b>
        <span class="tag">{desk.words.changeKinds[kind]}</span>
        <small>{code}</small>
        {linesOf(desk, words, change, difference).map((line) => (
          <span key={line} class="said">
            {line}
          </span>
        ))}
      </button>
      <HistoryLink desk={desk} {...(kind === "gone" ? { code: was ?? code, edition: difference.from } : { code, edition: difference.to })} name={told} />
    </li>
  );
}

/** What there is to say of a grid that changed. Of one that came or went its kind and area say it all. */
function linesOf(desk: Desk, words: EditionWords, change: Change, { map }: Difference): string[] {
  const said = saidOtherwise(change).map(({ field, before, after }) =>
    words.said(words.fields[field] ?? field, valueOf(desk, field, before), valueOf(desk, field, after)),
  );
  const moved = groundMoved(change);
  const line = lineChanged(change, map);
  if (change.change === "added" || change.change === "gone") return [squareMetres(change.moved_m2)];
  return [...said, ...(moved === null ? [] : [words.moved(smallArea(moved))]), ...(line ? [words.line(line.nodes)] : [])];
}

function Lineage({ desk, words, difference }: Props & { difference: Difference }) {
  const rows = difference.lineage.filter(({ area_m2 }) => area_m2 >= LEAST_GROUND);
  if (!rows.length || difference.from === 0) return null;
  const names = new Map(difference.changes.map(({ code, was, name }) => [was ?? code, name]));
  const newNames = new Map(difference.changes.map(({ code, name }) => [code, name]));
  const nameOf = (code: string | null, own: ReadonlyMap<string, string>) =>
    code === null ? words.elsewhere : own.has(code) ? desk.nameOfChange({ code, name: own.get(code)! }) : desk.nameOf(code);
  return (
    <>
      <h3>{words.ground}</h3>
      <ul class="lineage">
        {rows.map(({ kind, from, to, area_m2 }) => (
          <li key={`${kind} ${from} ${to}`}>
            {nameOf(from, names)} → {nameOf(to, newNames)} <small>{smallArea(area_m2)}</small>
          </li>
        ))}
      </ul>
    </>
  );
}

function DifferenceMap({ desk, words, difference, isInForce, chosen }: Props & { difference: Difference; isInForce: boolean; chosen: Change | null }) {
  const slot = useRef<HTMLDivElement>(null);
  const shown = useRef<ChangesMap | null>(null);
  useLayoutEffect(() => {
    const map = new ChangesMap(slot.current!, desk.session, difference, isInForce);
    shown.current = desk.map = map;
    return () => {
      shown.current = desk.map = null;
      map.close();
    };
  }, [difference, isInForce]);
  useEffect(() => shown.current?.show(chosen), [chosen, difference, isInForce]);
  return (
    <figure class="difference-map">
      <div class="difference-ground">
        <div ref={slot} class="map" role="application" aria-label={words.mapLabel} />
      </div>
      <figcaption>
        <span class="before">{desk.words.before}</span>
        <span class="after">{desk.words.after}</span>
      </figcaption>
    </figure>
  );
}

function TakeBack({ desk, number }: { desk: Desk; number: number }) {
  const { words, session, api } = desk;
  const act = useAct(session, desk.refusalOf);
  const start = () => act.run((key) => api.start(key, { takes_back: number }), ({ id }) => desk.go({ draft: id }));
  return (
    <div class="takes-back">
      <button type="button" class="button" aria-disabled={act.busy} aria-describedby="takes-back" onClick={start}>
        {words.takeThisBack}
      </button>
      <p id="takes-back" class="muted">
        {words.takeBackHelp}
      </p>
      {act.trouble && (
        <p class="trouble" role="alert">
          {act.trouble}
        </p>
      )}
    </div>
  );
}
