/** What was done, newest first; what was undone is struck through until something else is done. */

import type { Desk } from "./desk.ts";
import type { PanelProps } from "./editor.tsx";
import type { Step } from "./payloads.ts";
import { toldOf } from "./steps.ts";

export function StepsPanel({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { steps, created_at } = editing.draft;
  const latest = steps.findLast(({ undone_at }) => undone_at === null);
  return (
    <section class="editor-section">
      <h2>
        <span>{words.steps}</span>
        <small>{steps.length}</small>
      </h2>
      <ol class="editor-steps">
        {[...steps].reverse().map((step) => (
          <li key={step.seq} class={step === latest ? "current" : step.undone_at ? "undone" : undefined}>
            <Time desk={desk} at={step.recorded_at} />
            <span>
              {wordsOf(desk, step)}
              {step.undone_at && <small> {words.undone}</small>}
              {step.actor && step.actor !== editing.draft.created_by && <small> {words.by(step.actor)}</small>}
            </span>
          </li>
        ))}
        <li>
          <Time desk={desk} at={created_at} />
          <span>{words.started}</span>
        </li>
      </ol>
    </section>
  );
}

function wordsOf(desk: Desk, step: Step): string {
  const told = toldOf(step, (code) => desk.nameOf(code));
  return desk.words.stepWords[step.kind]?.(told, step.grids) ?? step.kind;
}

/** The hour alone for what was done today. */
function Time({ desk, at }: { desk: Desk; at: string }) {
  const { clock } = desk.session;
  const isToday = clock.date(at) === clock.date(desk.session.now());
  return <time dateTime={at}>{isToday ? clock.time(at) : desk.session.moment(at)}</time>;
}
