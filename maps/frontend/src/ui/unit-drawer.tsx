/** One rental unit: its class and why, when it is due, its letting, its inspections, and recording the next one. */

import { useEffect, useState } from "preact/hooks";

import { isDueKept } from "../due.ts";
import { daysBetween, langOf } from "../format.ts";
import type { Term, UnitDetail } from "../payloads.ts";
import type { Session } from "../session.ts";
import { ActionButton, Actions, Field, Form, useAct } from "./form.tsx";
import { useDetail } from "./hooks.ts";
import { ClassIcon } from "./icons.tsx";
import { InspectionForm, TermForm } from "./inspection-form.tsx";
import { Located } from "./located.tsx";
import { Actor, BackBar, Chain, Section, Skeleton, Trouble } from "./parts.tsx";

const LISTED_INSPECTIONS = 8;

export function UnitDrawer({ session, id }: { session: Session; id: number }) {
  const { api, words } = session;
  const [purpose, setPurpose] = useState("");
  const key = `unit ${id} ${purpose}`;
  const detail = useDetail(() => api.unit(id, purpose || undefined), key, session.changesOf("unit", id));
  useEffect(() => setPurpose(""), [id]);
  const unit = detail.data;
  return (
    <article class="card">
      <BackBar session={session} />
      {unit && <Unit session={session} unit={unit} changed={detail.set} stale={detail.reload} />}
      {!unit && !detail.problem && <Skeleton session={session} rows={6} />}
      {!unit && detail.problem?.slug === "purpose-needed" && <PurposeForm session={session} ask={setPurpose} />}
      {!unit && detail.problem && detail.problem.slug !== "purpose-needed" && (
        <Trouble session={session} problem={detail.problem} retry={detail.reload} missing={session.day === null ? words.noSuchUnit : words.noSuchUnitThen} />
      )}
    </article>
  );
}

interface UnitProps {
  session: Session;
  unit: UnitDetail;
  changed: (unit: UnitDetail) => void;
  stale: () => void;
}

function Unit({ session, unit, changed, stale }: UnitProps) {
  const { words, constants } = session;
  const [doing, setDoing] = useState<"inspect" | "set_term" | null>(null);
  useEffect(() => setDoing(null), [unit.id]);
  const style = constants.classes.find(({ name }) => name === unit.class);
  const title = titleOf(session, unit);
  const done = (answer: UnitDetail) => {
    changed(answer);
    setDoing(null);
  };
  const form = { session, unit, done, cancel: () => setDoing(null), stale };
  return (
    <>
      <header class="card-title">
        <h2 lang={langOf(title)}>{title}</h2>
        <p class="facts">
          <span>{unit.code}</span>
          {unit.address && unit.address !== title && <span lang={langOf(unit.address)}>{unit.address}</span>}
          {unit.label && unit.address && !unit.address.includes(unit.label) && <span lang={langOf(unit.label)}>{unit.label}</span>}
        </p>
      </header>
      <section class="section">
        {style && (
          <p class="class-line">
            <ClassIcon style={style} letter overdue={unit.days_overdue > 0} />
            <b>{words.classes[style.name as keyof typeof words.classes]}</b>
            {unit.cycle_days !== null && <span>{words.cycleDays(unit.cycle_days)}</span>}
          </p>
        )}
        <Due session={session} unit={unit} />
      </section>
      <Section title={words.reasons}>
        <ul class="reasons-list">
          {unit.reasons.map((reason) => (
            <li key={reason.code}>{session.state.language === "zh" ? reason.zh : reason.en}</li>
          ))}
        </ul>
      </Section>
      <Section title={words.termNow}>
        {unit.to_confirm && <p class="tag-line"><span class="tag">{words.termToConfirm}</span></p>}
        <p>{unit.term ? termWords(session, unit.term) : "—"}</p>
      </Section>
      <Section title={words.responsible}>
        <Located session={session} evidence={unit.evidence} />
        <Chain session={session} chain={unit.chain} />
      </Section>
      <Inspections session={session} unit={unit} />
      <footer class="actions">
        {doing === "inspect" && <InspectionForm {...form} />}
        {doing === "set_term" && <TermForm {...form} />}
        {doing === null && unit.may.length > 0 && (
          <Actions session={session}>
            {unit.may.includes("inspect") && (
              <ActionButton session={session} label={words.recordInspection} primary onClick={() => setDoing("inspect")} />
            )}
            {unit.may.includes("set_term") && (
              <ActionButton session={session} label={words.changeTerm} onClick={() => setDoing("set_term")} />
            )}
          </Actions>
        )}
      </footer>
    </>
  );
}

/** What it is called: in English by its place, where that has an English name. */
function titleOf({ state }: Session, { place, address, label, code }: UnitDetail): string {
  const english = state.language === "en" && place !== null && typeof place !== "string" ? place.name_en : null;
  return english ?? address ?? label ?? code;
}

function Due({ session, unit }: { session: Session; unit: UnitDetail }) {
  const { words, clock, board } = session;
  if (!unit.next_due) return null;
  const left = daysBetween(board.config!.today, unit.next_due);
  return (
    <>
      <p class="due-line">
        <span class="muted">{words.nextDue}</span> <span>{clock.date(unit.next_due)}</span>{" "}
        <span class={left < 0 ? "overdue" : "muted"}>{words.dueState(left)}</span>
      </p>
      {isDueKept(unit) && <p class="note-inline">{words.dueKept(unit.cycle_days!)}</p>}
    </>
  );
}

function termWords(session: Session, term: Term): string {
  const { words, clock } = session;
  const parts = [
    words.occupancy[term.occupancy],
    words.sinceDate(clock.date(term.since)),
    term.until && words.untilDate(clock.date(term.until)),
    !term.registered && term.occupancy === "let" && words.unregistered,
    term.rooms > 1 && words.rooms(term.rooms, term.rooms_vacant),
  ];
  return parts.filter(Boolean).join(session.state.language === "zh" ? "，" : ", ");
}

function Inspections({ session, unit }: { session: Session; unit: UnitDetail }) {
  const { words } = session;
  return (
    <Section title={words.inspections}>
      {unit.inspections.length === 0 && <p class="note-inline">{words.noInspections}</p>}
      <ol class="history">
        {unit.inspections.slice(0, LISTED_INSPECTIONS).map((visit, at) => (
          <li key={at}>
            <time dateTime={visit.at}>{session.moment(visit.at)}</time>
            <span>
              {words.results[visit.result]}
              <Actor session={session} of={visit} />
              {visit.note && <q lang={langOf(visit.note)}>{visit.note}</q>}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function PurposeForm({ session, ask }: { session: Session; ask: (purpose: string) => void }) {
  const { words } = session;
  const act = useAct(session);
  const [text, setText] = useState("");
  return (
    <section class="section">
      <p class="words">{words.purposeAsk}</p>
      <Form
        session={session}
        act={act}
        submit={words.purposeConfirm}
        missing={text.trim() ? null : words.required}
        onSubmit={() => ask(text.trim())}
        onCancel={() => session.store.back()}
      >
        <Field label={words.purpose} value={text} onInput={setText} />
      </Form>
    </section>
  );
}
