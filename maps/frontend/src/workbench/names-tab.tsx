/** 别名: what people call places, as clerks taught it; looked up, and taken back. */

import { useEffect, useState } from "preact/hooks";

import { newKey } from "../api.ts";
import { benchWordsOf } from "../i18n/workbench.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import type { Bench } from "./bench.ts";
import type { Alias } from "./payloads.ts";
import { useQueue } from "./queue.tsx";
import type { Tab, TabProps } from "./tab.ts";

export const namesTab: Tab = {
  name: "names",
  title: (language) => benchWordsOf(language).names,
  needs: "issues.move",
  View: NamesView,
};

const REST_MS = 250; // after the last letter

function NamesView({ bench }: TabProps) {
  const { api, words, session } = bench;
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [takenBack, setTakenBack] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setAsked(text.trim()), REST_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  const list = useQueue((cursor) => api.aliases(asked, takenBack, cursor), `${asked} ${takenBack}`);
  const { items, problem } = list;
  return (
    <section class="names" aria-label={words.names}>
      <header>
        <h2>{words.names}</h2>
        <p class="help">{words.namesHelp}</p>
        <div class="names-search" role="search">
          <label class="field">
            <span>{words.searchNames}</span>
            <input type="search" value={text} maxLength={60} onInput={(event) => setText(event.currentTarget.value)} />
          </label>
          <label class="check">
            <input type="checkbox" checked={takenBack} onChange={(event) => setTakenBack(event.currentTarget.checked)} />
            <span>{words.withTakenBack}</span>
          </label>
          <button type="button" class="link" onClick={list.refresh}>
            {words.refresh}
          </button>
        </div>
      </header>
      {problem && <Trouble session={session} problem={problem} retry={list.refresh} />}
      {!items && !problem && <Skeleton session={session} rows={6} />}
      {items?.length === 0 && <p class="note">{asked ? session.words.nothingMatches : words.noNames}</p>}
      <ul class="name-rows">
        {items?.map((each) => (
          <NameRow key={each.id} bench={bench} alias={each} changed={list.refresh} />
        ))}
      </ul>
      {list.hasMore && (
        <button type="button" class="link more" onClick={list.more}>
          {words.more}
        </button>
      )}
    </section>
  );
}

function NameRow({ bench, alias, changed }: { bench: Bench; alias: Alias; changed: () => void }) {
  const { words, session } = bench;
  const { text, name, actor, actor_en: by, learnt_at: learnt, taken_back_at: ended } = alias;
  return (
    <li class={ended ? "ended" : undefined}>
      <p>
        <b>{text}</b> <span>{words.means(name)}</span>
        <small>
          {[actor && session.actorName(actor, by), session.moment(learnt), ended && words.takenBackAt(session.moment(ended))].filter(Boolean).join("　")}
        </small>
      </p>
      {!ended && (
        <button type="button" class="button" onClick={() => void takeBack(bench, alias, changed)}>
          {words.takeBack}
          <span class="sr"> {text}</span>
        </button>
      )}
    </li>
  );
}

/** Taken back at once, and taught again at once by whoever did not mean it. */
async function takeBack(bench: Bench, alias: Alias, changed: () => void): Promise<void> {
  const { api, words, session } = bench;
  const teach = () =>
    void api.teach(newKey(), alias).then(
      () => {
        bench.tell(words.taughtAgain(alias.text));
        changed();
      },
      () => bench.tell(session.words.failed),
    );
  await api.takeBack(newKey(), alias.id).then(
    () => bench.tell(words.forgotten(alias.text), [{ label: words.undo, act: teach }]),
    () => bench.tell(words.wasTakenBack(alias.text)),
  );
  changed();
}
