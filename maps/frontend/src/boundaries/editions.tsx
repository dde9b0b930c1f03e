/** The editions there have been, newest first. */

import { useEffect, useState } from "preact/hooks";

import { Problem } from "../api.ts";
import { editionWordsOf } from "../i18n/editions.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { whyOf } from "./edition-changes.ts";
import type { Edition } from "./payloads.ts";

export function Editions({ desk }: { desk: Desk }) {
  const { words, session, api } = desk;
  const [items, setItems] = useState<readonly Edition[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (cursor: string | null) => {
    setProblem(null);
    api.editions(cursor).then(
      (page) => {
        setItems((before) => (cursor === null ? page.items : [...(before ?? []), ...page.items]));
        setNext(page.next);
      },
      (error: unknown) => setProblem(error instanceof Problem ? error : new Problem(0, "unreachable", "")),
    );
  };
  useEffect(() => load(null), [session.loads]);
  return (
    <section aria-labelledby="editions-title">
      <h2 id="editions-title">{words.editions}</h2>
      {problem && <Trouble session={session} problem={problem} retry={() => load(next)} />}
      {!items && !problem && <Skeleton session={session} rows={3} />}
      {items?.length === 0 && <p class="muted">{words.noEditions}</p>}
      <ul class="boundary-rows">
        {items?.map((edition) => (
          <EditionRow key={edition.number} desk={desk} edition={edition} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="link" onClick={() => load(next)}>
          {words.more}
        </button>
      )}
    </section>
  );
}

function EditionRow({ desk, edition }: { desk: Desk; edition: Edition }) {
  const { words, session } = desk;
  const { number, from, until, changed, actor } = edition;
  const why = whyOf(editionWordsOf(session.state.language), edition);
  const facts = [session.moment(from), actor && words.by(actor), words.gridsChanged(changed)];
  return (
    <li>
      <a href={formatEditor({ ...NOWHERE, edition: number })}>
        <b>{words.edition(number)}</b>
        {until === null ? <span class="tag strong">{words.inForce}</span> : <span />}
        <small>{facts.filter(Boolean).join(words.separator)}</small>
        {why && <small>{why}</small>}
      </a>
    </li>
  );
}
