/** What there is when no draft is open: the drafts, a way to start one, and the editions there have been. */

import { useState } from "preact/hooks";

import { Field, useAct } from "../ui/form.tsx";
import { useDetail } from "../ui/hooks.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { EditionView } from "./edition-view.tsx";
import { Editions } from "./editions.tsx";
import type { Draft } from "./payloads.ts";

export function Lists({ desk }: { desk: Desk }) {
  const { edition, from } = desk.at;
  if (edition !== null) return <EditionView desk={desk} number={edition} from={from} />;
  return (
    <div class="boundary-lists">
      <Drafts desk={desk} />
      <Editions desk={desk} />
    </div>
  );
}

function Drafts({ desk }: { desk: Desk }) {
  const { words, session, api } = desk;
  const [every, setEvery] = useState(false);
  const drafts = useDetail(() => api.list(every), `drafts ${every}`, session.loads);
  const nothing = desk.may("boundaries.draft") ? words.noDrafts : words.noDraftsReview;
  return (
    <section aria-labelledby="drafts-title">
      <h2 id="drafts-title">{words.drafts}</h2>
      {desk.may("boundaries.draft") && <NewDraft desk={desk} />}
      {drafts.problem && <Trouble session={session} problem={drafts.problem} retry={drafts.reload} />}
      {!drafts.data && !drafts.problem && <Skeleton session={session} rows={3} />}
      {drafts.data?.length === 0 && <p class="muted">{nothing}</p>}
      <ul class="boundary-rows">
        {drafts.data?.map((draft) => (
          <DraftRow key={draft.id} desk={desk} draft={draft} />
        ))}
      </ul>
      <label class="check">
        <input type="checkbox" checked={every} onChange={(event) => setEvery(event.currentTarget.checked)} />
        <span>{words.every}</span>
      </label>
    </section>
  );
}

function DraftRow({ desk, draft }: { desk: Desk; draft: Draft }) {
  const { words, session } = desk;
  const { id, state, base_edition, created_by, changed_at, submitted_by, comment } = draft;
  const who = submitted_by ?? created_by;
  const facts = [words.basedOn(base_edition), who && words.by(who), session.moment(changed_at)];
  return (
    <li>
      <a href={formatEditor({ ...NOWHERE, draft: id })}>
        <b>{desk.titleOf(draft)}</b>
        <span class={state === "submitted" ? "tag strong" : "tag"}>{words.states[state]}</span>
        <small>{facts.filter(Boolean).join(words.separator)}</small>
        {comment && <small>{comment}</small>}
      </a>
    </li>
  );
}

function NewDraft({ desk }: { desk: Desk }) {
  const { words, session, api } = desk;
  const [title, setTitle] = useState("");
  const [outline, setOutline] = useState(false);
  const [lacks, setLacks] = useState(false);
  const act = useAct(session, desk.refusalOf);
  const submit = (event: Event) => {
    event.preventDefault();
    setLacks(!title.trim());
    if (title.trim()) act.run((key) => api.start(key, { title: title.trim(), outline }), ({ id }) => desk.go({ draft: id }));
  };
  return (
    <form class="new-boundary-draft" onSubmit={submit}>
      <Field label={words.draftName} value={title} onInput={setTitle} />
      {desk.may("boundaries.outline") && (
        <label class="check">
          <input type="checkbox" checked={outline} onChange={(event) => setOutline(event.currentTarget.checked)} />
          <span>{words.outline}</span>
        </label>
      )}
      <button type="submit" class="button primary" aria-disabled={act.busy}>
        {words.newDraft}
      </button>
      {(lacks || act.trouble) && (
        <p class="trouble" role="alert">
          {act.trouble ?? words.needsTitle}
        </p>
      )}
    </form>
  );
}
