/** The editions there have been, and what one of them changed: as a list and as a map; it may be taken back. */

import { useEffect, useState } from "preact/hooks";

import { Problem } from "../api.ts";
import { squareMetres } from "../format.ts";
import { useAct } from "../ui/form.tsx";
import { useDetail } from "../ui/hooks.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { ChangeList } from "./moves-panel.tsx";
import type { Difference, Edition } from "./payloads.ts";
import { ShapeMap } from "./shape-map.tsx";

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
  const { number, from, until, changed, actor, reason, title } = edition;
  const facts = [session.moment(from), actor && words.by(actor), words.gridsChanged(changed)];
  return (
    <li>
      <a href={formatEditor({ ...NOWHERE, edition: number })}>
        <b>{words.edition(number)}</b>
        {until === null ? <span class="tag strong">{words.inForce}</span> : <span />}
        <small>{facts.filter(Boolean).join(words.separator)}</small>
        {(title ?? reason) && <small>{title ?? reason}</small>}
      </a>
    </li>
  );
}

export function EditionView({ desk, number }: { desk: Desk; number: number }) {
  const { words, session, api } = desk;
  const found = useDetail(() => api.difference(number), `edition ${number}`, session.loads);
  return (
    <section class="edition-view" aria-labelledby="edition-title">
      <header>
        <h2 id="edition-title">{words.edition(number)}</h2>
        <p class="muted">{words.difference}</p>
        {desk.may("boundaries.draft") && number > 1 && <TakeBack desk={desk} number={number} />}
      </header>
      {found.problem && <Trouble session={session} problem={found.problem} retry={found.reload} />}
      {!found.data && !found.problem && <Skeleton session={session} rows={5} />}
      {found.data && <Differences desk={desk} difference={found.data} />}
    </section>
  );
}

function Differences({ desk, difference }: { desk: Desk; difference: Difference }) {
  const { words } = desk;
  const [code, setCode] = useState<string | null>(null);
  if (!difference.count) return <p class="muted">{words.noDifference}</p>;
  return (
    <div class="difference">
      <ShapeMap desk={desk} map={difference.map} code={code} />
      <div>
        <ChangeList desk={desk} changes={difference.changes} show={setCode} />
        <ul class="lineage">
          {difference.lineage.map(({ kind, from, to, area_m2 }) => (
            <li key={`${kind} ${from} ${to}`}>
              {from === null ? words.noGrid : desk.nameOf(from)} → {to === null ? words.noGrid : desk.nameOf(to)} <small>{squareMetres(area_m2)}</small>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function TakeBack({ desk, number }: { desk: Desk; number: number }) {
  const { words, session, api } = desk;
  const act = useAct(session, desk.refusalOf);
  const start = () => act.run((key) => api.start(key, { takes_back: number }), ({ id }) => desk.go({ draft: id }));
  return (
    <div>
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
