/** 登记导入: files chosen, looked at and then imported or discarded, and the imports there have been. */

import { useEffect, useRef, useState } from "preact/hooks";

import { number } from "../format.ts";
import { actorName, registerWordsOf } from "../i18n/registers.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import type { Bench } from "./bench.ts";
import { DraftCard, lookAt } from "./draft-card.tsx";
import { type Batch, COLUMNS, DATUMS, Drafts, KINDS, type Kind, optionsOf } from "./drafts.ts";
import { datumName } from "./datum-view.tsx";
import { HeldImports } from "./held-view.tsx";
import { useQueue } from "./queue.tsx";
import type { Tab, TabProps } from "./tab.ts";

export const importsTab: Tab = {
  name: "imports",
  title: (language) => registerWordsOf(language).imports,
  needs: "imports.run",
  whole: true,
  View: ImportsView,
};

/** What lies on the desk of a session: kept while somebody looks at another tab, gone when somebody else signs in. */
const desks = new WeakMap<Bench, { loads: number; drafts: Drafts }>();

function deskOf(bench: Bench): Drafts {
  const { loads } = bench.session;
  let desk = desks.get(bench);
  if (desk?.loads !== loads) desks.set(bench, (desk = { loads, drafts: new Drafts() }));
  return desk.drafts;
}

/** Not before everything is loaded: the page then begins anew, and a file that was chosen would be gone. */
function ImportsView({ bench }: TabProps) {
  return bench.session.loads ? <Imports bench={bench} /> : <Skeleton session={bench.session} rows={4} />;
}

function Imports({ bench }: { bench: Bench }) {
  const { api, session } = bench;
  const words = registerWordsOf(bench.language);
  const drafts = deskOf(bench);
  const [, redraw] = useState(0);
  drafts.onChange = () => redraw((n) => n + 1);
  useEffect(() => () => void (drafts.onChange = () => {}), []);
  const batches = useQueue((cursor) => api.batches(cursor));
  const held = useQueue((cursor) => api.held(cursor));
  return (
    <section class="registers" aria-label={words.imports}>
      <header>
        <h2>{words.imports}</h2>
        <p class="help">{words.importsHelp}</p>
      </header>
      <NewDraft bench={bench} drafts={drafts} />
      {drafts.list.map((draft) => (
        <DraftCard key={draft.id} bench={bench} drafts={drafts} draft={draft} imported={batches.refresh} left={held.refresh} />
      ))}
      <HeldImports bench={bench} queue={held} taken={batches.refresh} />
      <h3>{words.batches}</h3>
      {batches.problem && <Trouble session={session} problem={batches.problem} retry={batches.refresh} />}
      {!batches.items && !batches.problem && <Skeleton session={session} rows={4} />}
      {batches.items?.length === 0 && <p class="help">{words.noBatches}</p>}
      <ul class="register-rows">
        {batches.items?.map((batch) => (
          <BatchRow key={batch.id} bench={bench} batch={batch} />
        ))}
      </ul>
      {batches.hasMore && (
        <button type="button" class="link more" onClick={batches.more}>
          {bench.words.more}
        </button>
      )}
    </section>
  );
}

function NewDraft({ bench, drafts }: { bench: Bench; drafts: Drafts }) {
  const words = registerWordsOf(bench.language);
  const [kind, setKind] = useState<Kind>("units");
  const [datum, setDatum] = useState("");
  const [columns, setColumns] = useState<Record<string, string>>({});
  const [lacks, setLacks] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const file = input.current?.files?.[0];
    setLacks(!file);
    if (!file) return input.current?.focus();
    void lookAt(bench, drafts, drafts.add(file, kind, optionsOf(kind, datum, columns)).id);
    input.current!.value = "";
  };
  return (
    <form class="new-draft" onSubmit={submit}>
      <label class="field">
        <span>{words.kind}</span>
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {words.kinds[each]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.file}</span>
        <input ref={input} type="file" accept=".csv,.tsv,.txt,.xlsx,.parquet,.geojson,.gpkg" aria-describedby={lacks ? "needs-file" : undefined} />
      </label>
      {kind !== "people" && (
        <label class="field">
          <span>{words.datum}</span>
          <select value={datum} onChange={(event) => setDatum(event.currentTarget.value)}>
            <option value="">{words.noDatum}</option>
            {DATUMS.map((each) => (
              <option key={each} value={each}>
                {datumName(bench, each)}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="submit" class="button primary">
        {words.look}
      </button>
      {lacks && (
        <p id="needs-file" class="trouble" role="alert">
          {words.needsFile}
        </p>
      )}
      <details>
        <summary>{words.columns}</summary>
        <div class="column-names">
          {COLUMNS[kind].map((name) => (
            <label key={name} class="field">
              <span>{words.fields[name] ?? name}</span>
              <input
                value={columns[name] ?? ""}
                placeholder={name}
                maxLength={200}
                onInput={(event) => setColumns({ ...columns, [name]: event.currentTarget.value })}
              />
            </label>
          ))}
        </div>
      </details>
    </form>
  );
}

function BatchRow({ bench, batch }: { bench: Bench; batch: Batch }) {
  const words = registerWordsOf(bench.language);
  const { id, kind, file_name, state, started_at, actor, summary, datum } = batch;
  const count = (name: string) => (typeof summary?.[name] === "number" ? summary[name] : null);
  const rows = count("rows");
  const told = (["changed", "disputed"] as const).flatMap((name) => (count(name) ? [`${words.counts[name]} ${number(count(name)!)}`] : []));
  return (
    <li>
      <p>
        <b>{file_name}</b> <span class="muted">{words.kinds[kind] ?? kind}</span>
        <small>
          {[`#${id}`, words.states[state] ?? state, bench.session.moment(started_at), actorName(actor, words), rows !== null && words.rows(number(rows)), ...told]
            .filter(Boolean)
            .join("　")}
        </small>
        {datum
          .filter(({ better }) => better !== null)
          .map((each) => (
            <small key={each.datum}>{words.wasConfirmed(datumName(bench, each.datum), datumName(bench, each.better!), actorName(each.by, words))}</small>
          ))}
      </p>
    </li>
  );
}
