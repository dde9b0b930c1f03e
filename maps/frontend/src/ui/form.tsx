/** What every small form does: one act at a time, one key an act, a reason beside a button that cannot be pressed. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Problem, newKey } from "../api.ts";
import type { Session } from "../session.ts";

const CONFLICTS = new Set([409, 412]);

export interface Act {
  busy: boolean;
  /** Why the last try failed, in words. */
  trouble: string | null;
  /** Run once; ``done`` gets the answer, ``stale`` is called where somebody else changed it first. */
  run<T>(act: (key: string) => Promise<T>, done: (answer: T) => void, stale?: () => void): void;
}

/** say: words for what the server refused, null where it has none of its own. */
export function useAct(session: Session, say: (refused: Problem) => string | null = () => null): Act {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const key = useRef(newKey());
  return {
    busy,
    trouble,
    run(act, done, stale) {
      if (busy) return;
      setBusy(true);
      setTrouble(null);
      act(key.current)
        .then(
          (answer) => {
            key.current = newKey();
            done(answer);
          },
          (error: unknown) => {
            const status = error instanceof Problem ? error.status : 0;
            // Whatever was answered is answered: the next press is another act. Silence keeps the key.
            if (status) key.current = newKey();
            setTrouble((error instanceof Problem && say(error)) || inWords(session, error));
            if (CONFLICTS.has(status)) stale?.();
          },
        )
        .finally(() => setBusy(false));
    },
  };
}

function inWords({ words }: Session, error: unknown): string {
  if (!(error instanceof Problem)) return words.failed;
  return CONFLICTS.has(error.status) ? words.changedMeanwhile : `${words.failed}: ${error.message}`;
}

interface FormProps {
  session: Session;
  act: Act;
  submit: string;
  /** Why it cannot be submitted yet, null when it can. */
  missing: string | null;
  onSubmit: () => void;
  onCancel: () => void;
  /** The map must stay in sight: on a phone the sheet is not raised over it. */
  onMap?: boolean;
  children: ComponentChildren;
}

export function Form({ session, act, submit, missing, onSubmit, onCancel, onMap = false, children }: FormProps) {
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.scrollIntoView({ block: "end" }), []);
  const reason = session.obstacle ?? missing;
  return (
    <form
      ref={form}
      class={onMap ? "form on-map" : "form"}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (reason === null) onSubmit();
      }}
    >
      {children}
      {act.trouble && (
        <p class="trouble" role="alert">
          {act.trouble}
        </p>
      )}
      {reason !== null && (tried || session.obstacle !== null) && (
        <p class="trouble" role="status">
          {reason}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="button primary" aria-disabled={reason !== null || act.busy}>
          {submit}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {session.words.cancel}
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "date" | "number";
  rows?: number;
}

export function Field({ label, value, onInput, type = "text", rows }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      {rows ? (
        <textarea rows={rows} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <Input value={value} type={type} onInput={(event) => onInput(event.currentTarget.value)} />
      )}
    </label>
  );
}

function Input({ type, value, onInput }: { type: FieldProps["type"]; value: string; onInput: (event: { currentTarget: HTMLInputElement }) => void }) {
  if (type === "date") return <input type="date" value={value} onInput={onInput} />;
  if (type === "number") return <input type="number" min={0} value={value} onInput={onInput} />;
  return <input type="text" value={value} onInput={onInput} />;
}

const WHY = "why-not";

/** Buttons that open forms. While nothing can be written the reason stands beside them. */
export function Actions({ session, children }: { session: Session; children: ComponentChildren }) {
  const { obstacle } = session;
  return (
    <>
      {obstacle !== null && (
        <p id={WHY} class="trouble" role="status">
          {obstacle}
        </p>
      )}
      <div class="buttons">{children}</div>
    </>
  );
}

export function ActionButton({ session, label, primary = false, onClick }: { session: Session; label: string; primary?: boolean; onClick: () => void }) {
  const blocked = session.obstacle !== null;
  return (
    <button
      type="button"
      class={primary ? "button primary" : "button"}
      aria-disabled={blocked}
      aria-describedby={blocked ? WHY : undefined}
      onClick={() => !blocked && onClick()}
    >
      {label}
    </button>
  );
}
