/** Recording an inspection: five results, each with what it brings about, none chosen beforehand. */

import { useState } from "preact/hooks";

import type { InspectionResult, Term, UnitDetail } from "../payloads.ts";
import type { Session } from "../session.ts";
import { Field, Form, useAct } from "./form.tsx";

const RESULTS: readonly InspectionResult[] = ["pass", "minor", "major", "not_admitted", "not_home"];
/** Nobody met, nothing learnt about the letting. */
const ADMITTED: ReadonlySet<InspectionResult> = new Set(["pass", "minor", "major"]);

type TermChoice = "skip" | "unchanged" | "let" | "vacant" | "not_let";

interface Props {
  session: Session;
  unit: UnitDetail;
  done: (unit: UnitDetail) => void;
  cancel: () => void;
  stale: () => void;
}

export function InspectionForm({ session, unit, done, cancel, stale }: Props) {
  const { words, api } = session;
  const act = useAct(session);
  const [result, setResult] = useState<InspectionResult | null>(null);
  const [note, setNote] = useState("");
  const [choice, setChoice] = useState<TermChoice>("skip");
  const [term, setTerm] = useState<Partial<Term>>(() => freshTerm(session, unit));
  const asksTerm = result !== null && ADMITTED.has(result);
  const submit = () => {
    const told = asksTerm ? termOf(choice, term) : undefined;
    const inspection = { result: result!, ...(note.trim() && { note: note.trim() }), ...(told && { term: told }) };
    act.run((key) => api.inspect(key, unit.id, inspection), done, stale);
  };
  return (
    <Form
      session={session}
      act={act}
      submit={words.save}
      missing={result ? termMissing(session, asksTerm ? choice : "skip", term) : words.chooseResult}
      onSubmit={submit}
      onCancel={cancel}
    >
      <fieldset class="results">
        <legend>{words.result}</legend>
        {RESULTS.map((name) => (
          <label key={name} class="result">
            <input type="radio" name="result" value={name} checked={result === name} onChange={() => setResult(name)} />
            <span>
              <b>{words.results[name]}</b>
              <small>{words.consequences[name]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {asksTerm && (
        <fieldset class="choices">
          <legend>{words.termQuestion}</legend>
          <Choices session={session} chosen={choice} choose={setChoice} choices={["skip", "unchanged", "let", "vacant", "not_let"]} />
          {choice !== "skip" && choice !== "unchanged" && (
            <TermFields session={session} kind={choice} term={term} change={(part) => setTerm({ ...term, ...part })} />
          )}
        </fieldset>
      )}
      <Field label={words.note} value={note} onInput={setNote} />
    </Form>
  );
}

export function TermForm({ session, unit, done, cancel, stale }: Props) {
  const { words, api } = session;
  const act = useAct(session);
  const [choice, setChoice] = useState<"let" | "vacant" | "not_let">("let");
  const [term, setTerm] = useState<Partial<Term>>(() => freshTerm(session, unit));
  return (
    <Form
      session={session}
      act={act}
      submit={words.save}
      missing={termMissing(session, choice, term)}
      onSubmit={() => act.run((key) => api.setTerm(key, unit.id, wholeTerm(choice, term)), done, stale)}
      onCancel={cancel}
    >
      <fieldset class="choices">
        <legend>{words.termNow}</legend>
        <Choices session={session} chosen={choice} choose={setChoice} choices={["let", "vacant", "not_let"]} />
        <TermFields session={session} kind={choice} term={term} change={(part) => setTerm({ ...term, ...part })} />
      </fieldset>
    </Form>
  );
}

function Choices<T extends TermChoice>({ session, chosen, choose, choices }: { session: Session; chosen: T; choose: (choice: T) => void; choices: readonly T[] }) {
  const { words } = session;
  const labels: Record<TermChoice, string> = { skip: words.termSkip, ...words.termChoices };
  return (
    <div class="choice-row">
      {choices.map((name) => (
        <label key={name} class="choice">
          <input type="radio" name="term" checked={chosen === name} onChange={() => choose(name)} />
          <span>{labels[name]}</span>
        </label>
      ))}
    </div>
  );
}

interface TermFieldsProps {
  session: Session;
  kind: "let" | "vacant" | "not_let";
  term: Partial<Term>;
  change: (part: Partial<Term>) => void;
}

function TermFields({ session, kind, term, change }: TermFieldsProps) {
  const { words } = session;
  const counted = (text: string) => (text === "" ? undefined : Number(text));
  return (
    <div class="fields">
      <Field label={words.since} type="date" value={term.since ?? ""} onInput={(since) => change({ since })} />
      {kind === "let" && (
        <>
          <Field label={words.until} type="date" value={term.until ?? ""} onInput={(until) => change({ until: until || null })} />
          <Field label={words.months} type="number" value={text(term.months)} onInput={(value) => change({ months: counted(value) ?? null })} />
          <Field label={words.roomCount} type="number" value={text(term.rooms)} onInput={(value) => change({ rooms: counted(value) })} />
          <Field label={words.roomVacant} type="number" value={text(term.rooms_vacant)} onInput={(value) => change({ rooms_vacant: counted(value) })} />
          <label class="check">
            <input type="checkbox" checked={term.registered} onChange={(event) => change({ registered: event.currentTarget.checked })} />
            <span>{words.registered}</span>
          </label>
        </>
      )}
    </div>
  );
}

function freshTerm(session: Session, unit: UnitDetail): Partial<Term> {
  const { rooms = 1, rooms_vacant = 0 } = unit.term ?? {};
  return { since: session.board.config!.today, until: null, months: null, registered: true, rooms, rooms_vacant };
}

function termMissing(session: Session, choice: TermChoice, term: Partial<Term>): string | null {
  const needsDate = choice !== "skip" && choice !== "unchanged";
  return needsDate && !term.since ? session.words.required : null;
}

function termOf(choice: TermChoice, term: Partial<Term>): { unchanged: true } | Partial<Term> | undefined {
  if (choice === "skip") return undefined;
  return choice === "unchanged" ? { unchanged: true } : wholeTerm(choice, term);
}

function wholeTerm(occupancy: Term["occupancy"], term: Partial<Term>): Partial<Term> {
  if (occupancy === "let") return { ...term, occupancy };
  return { ...term, occupancy, until: null, months: null, rooms_vacant: 0 };
}

function text(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}
