/** 数据分歧: what registers say otherwise than the systems that own it, kept or taken one by one. */

import { useState } from "preact/hooks";

import { Problem, newKey } from "../api.ts";
import { nameOf } from "../format.ts";
import { type RegisterWords, actorName, registerWordsOf } from "../i18n/registers.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import type { Bench } from "./bench.ts";
import { systemOf } from "./draft-card.tsx";
import { useQueue } from "./queue.tsx";
import type { Disagreement } from "./payloads.ts";
import type { Tab, TabProps } from "./tab.ts";

export const disagreementsTab: Tab = {
  name: "disagreements",
  title: (language) => registerWordsOf(language).disagreements,
  needs: "registers.decide",
  View: DisagreementsView,
};

const REGISTERS = ["units", "places", "people"];
const STATES = ["waiting", "kept", "taken"];

function DisagreementsView({ bench }: TabProps) {
  const { api, session } = bench;
  const words = registerWordsOf(bench.language);
  const [register, setRegister] = useState("");
  const [state, setState] = useState("waiting");
  const queue = useQueue((cursor) => api.disagreements(register, state, cursor), `${register} ${state}`);
  const { items, problem } = queue;
  return (
    <section class="registers" aria-label={words.disagreements}>
      <header>
        <h2>{words.disagreements}</h2>
        <p class="help">{words.disagreementsHelp}</p>
      </header>
      <div class="register-choice">
        <label class="field">
          <span>{words.register}</span>
          <select value={register} onChange={(event) => setRegister(event.currentTarget.value)}>
            <option value="">{words.allRegisters}</option>
            {REGISTERS.map((name) => (
              <option key={name} value={name}>
                {words.kinds[name]}
              </option>
            ))}
          </select>
        </label>
        <div class="segments" role="group" aria-label={words.showDecided}>
          {STATES.map((each) => (
            <button key={each} type="button" aria-pressed={state === each} onClick={() => setState(each)}>
              {words.decided[each]}
            </button>
          ))}
        </div>
        <button type="button" class="link" onClick={queue.refresh}>
          {bench.words.refresh}
        </button>
      </div>
      {problem && <Trouble session={session} problem={problem} retry={queue.refresh} />}
      {!items && !problem && <Skeleton session={session} rows={6} />}
      {items?.length === 0 && <p class="help">{state === "waiting" ? words.noDisagreements : session.words.nothingMatches}</p>}
      <ul class="register-rows">
        {items?.map((each) => (
          <Row key={each.id} bench={bench} each={each} done={() => queue.done(each.id)} overtaken={queue.refresh} />
        ))}
      </ul>
      {queue.hasMore && (
        <button type="button" class="link more" onClick={queue.more}>
          {bench.words.more}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  bench: Bench;
  each: Disagreement;
  done: () => void;
  overtaken: () => void;
}

function Row({ bench, each, done, overtaken }: RowProps) {
  const words = registerWordsOf(bench.language);
  const [busy, setBusy] = useState(false);
  const field = words.fields[each.field] ?? each.field;
  const subject = subjectOf(bench, each);
  const [owner, system] = [systemOf(each.owner, words), systemOf(each.system, words)];
  const decide = async (decision: "keep" | "take") => {
    if (busy) return;
    setBusy(true);
    await act(bench, each, decision, done, overtaken);
    setBusy(false);
  };
  return (
    <li class="disagreement">
      <p>
        <b>{subject}</b> <span>{field}</span>
        <small>
          {[words.kinds[each.register], each.name && each.code, words.owner(owner), bench.session.moment(each.recorded_at), each.decided_by && actorName(each.decided_by, words)].filter(Boolean).join("　")}
        </small>
        {each.reason && <small>{words.notTaken}</small>}
      </p>
      <dl>
        <div>
          <dt>{words.stored}</dt>
          <dd>{valueOf(each.field, each.stored, each.stored_name, words)}</dd>
        </div>
        <div>
          <dt>{words.says(system)}</dt>
          <dd>{valueOf(each.field, each.offered, each.offered_name, words)}</dd>
        </div>
      </dl>
      {each.state === "waiting" && (
        <div class="buttons">
          <Decide label={words.keep} what={`${subject} ${field}`} busy={busy} act={() => void decide("keep")} />
          <Decide label={words.take} what={`${subject} ${field}`} busy={busy} act={() => void decide("take")} />
        </div>
      )}
    </li>
  );
}

/** What it is about, by name where it has one. */
function subjectOf({ language }: Bench, { code, name, name_en }: Disagreement): string {
  return name === null ? code : nameOf({ name, name_en }, language);
}

/** A value in words: what a code stands for, and what a kind or an occupancy is called. */
function valueOf(field: string, value: string | null, name: string | null, words: RegisterWords): string {
  if (value === null) return words.nothing;
  return name === null ? (words.values[field]?.[value] ?? value) : `${name} ${value}`;
}

function Decide({ label, what, busy, act }: { label: string; what: string; busy: boolean; act: () => void }) {
  return (
    <button type="button" class="button" aria-disabled={busy} onClick={act}>
      {label}
      <span class="sr"> {what}</span>
    </button>
  );
}

async function act(bench: Bench, each: Disagreement, decision: "keep" | "take", done: () => void, overtaken: () => void): Promise<void> {
  const words = registerWordsOf(bench.language);
  const [field, subject] = [words.fields[each.field] ?? each.field, subjectOf(bench, each)];
  try {
    await bench.api.decide(newKey(), each.id, decision);
    bench.tell(decision === "keep" ? words.kept(subject, field) : words.taken(subject, field));
    done();
  } catch (error) {
    const isOvertaken = error instanceof Problem && (error.status === 409 || error.status === 404);
    bench.tell(isOvertaken ? words.overtaken(subject) : bench.session.words.failed);
    if (isOvertaken) overtaken();
  }
}
