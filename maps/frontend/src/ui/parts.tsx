/** Pieces that several panels share. */

import type { ComponentChildren } from "preact";

import type { Problem } from "../api.ts";
import { langOf, nameOf, number } from "../format.ts";
import type { Acted, ChainLink, HistoryItem, IssueItem, Lead } from "../payloads.ts";
import type { Session } from "../session.ts";
import { useFlash, useLate } from "./hooks.ts";
import { Icon } from "./icons.tsx";

/** A number that may change under the reader's eyes. */
export function Live({ value }: { value: number | null }) {
  const flashing = useFlash(value);
  return <span class={flashing ? "live changed" : "live"}>{value === null ? "—" : number(value)}</span>;
}

export function Section({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="section">
      <h3>
        <span>{title}</span>
        {aside !== undefined && <span class="aside">{aside}</span>}
      </h3>
      {children}
    </section>
  );
}

export function BackBar({ session, children }: { session: Session; children?: ComponentChildren }) {
  const { words, state } = session;
  const toList = state.trail.length === 0;
  return (
    <div class="back-bar">
      <button type="button" onClick={() => session.store.back()}>
        <Icon name="back" />
        {toList ? words.backToList : words.back}
      </button>
      {children}
    </div>
  );
}

/** Who answers, with what a reader must know: that they stand in for somebody, or are away. */
export function LeadName({ session, lead }: { session: Session; lead: Lead | null }) {
  const { words, state } = session;
  if (!lead) return <b class="missing">{words.noLead}</b>;
  const { stands_in_for: away, stands_in_for_en: awayInEnglish = null } = lead;
  return (
    <span>
      <b>{nameOf(lead, state.language)}</b>
      {away && <small> {words.standsInFor(nameOf({ name: away, name_en: awayInEnglish }, state.language))}</small>}
      {lead.on_leave && <small> {words.onLeave}</small>}
    </span>
  );
}

export function Chain({ session, chain }: { session: Session; chain: readonly ChainLink[] }) {
  const { words, state } = session;
  return (
    <dl class="chain">
      {chain.map((link) => (
        <div key={link.code}>
          <dt>{words.leadOf[link.level] ?? link.level}</dt>
          <dd>{nameOf(link, state.language)}</dd>
          <dd>{link.lead ? nameOf(link.lead, state.language) : "—"}</dd>
        </div>
      ))}
    </dl>
  );
}

export function History({ session, items }: { session: Session; items: readonly HistoryItem[] }) {
  const { words } = session;
  return (
    <ol class="history">
      {items.map((item, at) => (
        <li key={at}>
          <time dateTime={item.at}>{session.moment(item.at)}</time>
          <span>
            {words.events[item.kind] ?? item.kind}
            <Actor session={session} of={item} />
            {item.reason && <q lang={langOf(item.reason)}>{item.reason}</q>}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Who did it, where the reader may know that. */
export function Actor({ session, of }: { session: Session; of: Acted }) {
  if (!of.actor) return null;
  const name = session.actorName(of.actor, of.actor_en);
  return <small lang={langOf(name)}> {name}</small>;
}

/** Names of categories are words in a sentence; here they begin one. */
function headline(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function categoryName(session: Session, category: IssueItem["category"]): string {
  if (!category) return session.words.uncategorised;
  if (typeof category !== "string") return headline(nameOf(category, session.state.language));
  const known = session.board.config?.categories.find(({ code }) => code === category);
  return headline(known ? nameOf(known, session.state.language) : category);
}

/** What stands where a part could not be had. missing: said where there is no such thing. */
export function Trouble({ session, problem, retry, missing }: { session: Session; problem: Problem; retry: () => void; missing?: string }) {
  const { words } = session;
  const words404 = problem.status === 404 ? (missing ?? words.notFound) : words.notAllowed;
  if (problem.status === 404 || problem.status === 403) return <p class="note">{words404}</p>;
  return (
    <p class="note">
      {words.failed}　
      <button type="button" class="link" onClick={retry}>
        {words.retry}
      </button>
    </p>
  );
}

/** Grey blocks of the final size; words only when it takes long. */
export function Skeleton({ session, rows, tall = false }: { session: Session; rows: number; tall?: boolean }) {
  const isLate = useLate();
  return (
    <>
      <p class="late-words" role="status">
        {isLate && session.words.loading}
      </p>
      <div aria-busy="true">
        {Array.from({ length: rows }, (_, at) => (
          <div key={at} class={tall ? "skeleton tall" : "skeleton"} />
        ))}
      </div>
    </>
  );
}
