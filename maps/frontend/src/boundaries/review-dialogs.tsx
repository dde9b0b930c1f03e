/** A draft's way: handed in, given back, published now or at a time, given up. */

import { useState } from "preact/hooks";

import { momentIn } from "../clocks.ts";
import { Field, Form, useAct } from "../ui/form.tsx";
import { Ask } from "./dialogs.tsx";
import type { PanelProps } from "./editor.tsx";
import { nameOfZone, toldWithZone, zoneOf } from "./zones.ts";

/** What every one of them does once the server has taken it. */
function useDeed({ desk, editing }: PanelProps) {
  const act = useAct(desk.session, desk.refusalOf);
  const done = (told: string) => {
    editing.ask(null);
    desk.tell(told);
    void editing.reload();
  };
  return { act, done, stale: () => void editing.reload() };
}

export function SubmitDialog({ desk, editing }: PanelProps) {
  const { words, session, api } = desk;
  const { act, done, stale } = useDeed({ desk, editing });
  const [comment, setComment] = useState("");
  const send = () => act.run((key) => api.submit(key, editing.draft.id, comment.trim()), () => done(words.submitted), stale);
  return (
    <Ask desk={desk} editing={editing} title={words.submit}>
      <Form session={session} act={act} submit={words.submit} missing={null} onSubmit={send} onCancel={() => editing.ask(null)}>
        <p>{words.submitHelp}</p>
        <Field label={words.comment + words.optional} value={comment} rows={3} onInput={setComment} />
      </Form>
    </Ask>
  );
}

export function ReturnDialog({ desk, editing }: PanelProps) {
  const { words, session, api } = desk;
  const { act, done, stale } = useDeed({ desk, editing });
  const [comment, setComment] = useState("");
  const missing = comment.trim() ? null : words.needsComment;
  const send = () => act.run((key) => api.giveBack(key, editing.draft.id, comment.trim()), () => done(words.returned), stale);
  return (
    <Ask desk={desk} editing={editing} title={words.giveBack}>
      <Form session={session} act={act} submit={words.giveBack} missing={missing} onSubmit={send} onCancel={() => editing.ask(null)}>
        <p>{words.giveBackHelp}</p>
        <Field label={words.comment} value={comment} rows={3} onInput={setComment} />
      </Form>
    </Ask>
  );
}

export function DiscardDialog({ desk, editing }: PanelProps) {
  const { words, session, api } = desk;
  const { act, done, stale } = useDeed({ desk, editing });
  const send = () => act.run((key) => api.discard(key, editing.draft.id), () => done(words.isDiscarded), stale);
  return (
    <Ask desk={desk} editing={editing} title={words.discard}>
      <Form session={session} act={act} submit={words.discard} missing={null} onSubmit={send} onCancel={() => editing.ask(null)}>
        <p>{words.discardAsk}</p>
      </Form>
    </Ask>
  );
}

export function PublishDialog({ desk, editing }: PanelProps) {
  const { words, session, api } = desk;
  const { act, done, stale } = useDeed({ desk, editing });
  const [when, setWhen] = useState<string | null>(null);
  const [alone, setAlone] = useState(false);
  const zone = zoneOf(session);
  const at = when ? momentIn(zone, when) : null;
  const isOwn = editing.draft.submitted_by !== null && editing.draft.submitted_by === session.board.config?.me.name;
  const mayAlone = desk.may("boundaries.alone");
  const isLate = when !== null && !(at && at.getTime() > session.now());
  const missing = isOwn && !(mayAlone && alone) ? words.ownDraft : isLate ? words.needsTime : null;
  const send = () =>
    act.run(
      (key) => api.publish(key, editing.draft.id, at && at.toISOString(), alone),
      ({ edition, changed, publish_at }) => done(publish_at ? words.scheduled(toldWithZone(desk, publish_at)) : words.published(edition, changed)),
      stale,
    );
  return (
    <Ask desk={desk} editing={editing} title={words.publish}>
      <Form session={session} act={act} submit={words.publish} missing={missing} onSubmit={send} onCancel={() => editing.ask(null)}>
        <fieldset class="choices">
          <label class="check">
            <input type="radio" name="when" checked={when === null} onChange={() => setWhen(null)} />
            <span>{words.publishNow}</span>
          </label>
          <label class="check">
            <input type="radio" name="when" checked={when !== null} onChange={() => setWhen("")} />
            <span>{words.publishAt}</span>
          </label>
        </fieldset>
        {when !== null && (
          <label class="field">
            <span>{words.when(nameOfZone(zone, session.words.locale, at))}</span>
            <input type="datetime-local" value={when} onInput={(event) => setWhen(event.currentTarget.value)} />
          </label>
        )}
        {isOwn && mayAlone && (
          <label class="check">
            <input type="checkbox" checked={alone} onChange={(event) => setAlone(event.currentTarget.checked)} />
            <span>{words.alone}</span>
          </label>
        )}
      </Form>
    </Ask>
  );
}
