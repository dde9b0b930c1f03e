/** 待定坐标系: imports whose points look like another datum than they say, until somebody says which it is. */

import { useState } from "preact/hooks";

import { Problem } from "../api.ts";
import { actorName, registerWordsOf } from "../i18n/registers.ts";
import { Trouble } from "../ui/parts.tsx";
import type { Bench } from "./bench.ts";
import { LookView, datumName } from "./datum-view.tsx";
import type { HeldImport, Settlement } from "./drafts.ts";
import { reasonOf } from "./reasons.ts";
import type { Queue } from "./queue.tsx";

interface Props {
  bench: Bench;
  queue: Queue<HeldImport>;
  /** Something was imported. */
  taken: () => void;
}

/** Nothing where nothing waits: most days it is so. */
export function HeldImports({ bench, queue, taken }: Props) {
  const words = registerWordsOf(bench.language);
  if (queue.problem) return <Trouble session={bench.session} problem={queue.problem} retry={queue.refresh} />;
  if (!queue.items?.length) return null;
  return (
    <section class="held-imports" aria-label={words.held}>
      <h3>{words.held}</h3>
      <p class="help">{words.heldHelp}</p>
      {queue.items.map((each) => (
        <HeldCard key={each.id} bench={bench} each={each} queue={queue} taken={taken} />
      ))}
      {queue.hasMore && (
        <button type="button" class="link more" onClick={queue.more}>
          {bench.words.more}
        </button>
      )}
    </section>
  );
}

function HeldCard({ bench, each, queue, taken }: Props & { each: HeldImport }) {
  const words = registerWordsOf(bench.language);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { id, file_name: name, kind, held_at, held_by, state } = each;
  const decide = async (settlement: Settlement) => {
    if (busy) return;
    setBusy(true);
    setProblem(await settled(bench, each, settlement, queue, taken));
    setBusy(false);
  };
  const title = `held-${id}`;
  return (
    <article class="draft" aria-labelledby={title} aria-busy={busy}>
      <header>
        <h3 id={title}>{name}</h3>
        <small>{[words.kinds[kind] ?? kind, bench.session.moment(held_at), actorName(held_by, words)].filter(Boolean).join("　")}</small>
      </header>
      {problem && (
        <p class="trouble" role="alert">
          {problem.status ? reasonOf(problem.slug, bench.language) : words.lost}
        </p>
      )}
      {state === "taking" ? (
        <GoOn bench={bench} each={each} decide={decide} />
      ) : (
        <Question bench={bench} each={each} decide={decide} />
      )}
      <p class="help" role="status">
        {busy && words.importing}
      </p>
    </article>
  );
}

interface QuestionProps {
  bench: Bench;
  each: HeldImport;
  decide: (settlement: Settlement) => void;
}

function Question({ bench, each, decide }: QuestionProps) {
  const words = registerWordsOf(bench.language);
  return (
    <>
      {each.datum.map((look) => (
        <LookView
          key={look.datum}
          bench={bench}
          look={look}
          isHeld
          rename={each.can_rename ? (datum) => decide({ decision: "as_datum", datum }) : null}
          confirm={() => decide({ decision: "as_said" })}
        />
      ))}
      <div class="buttons">
        <button type="button" class="button" onClick={() => decide({ decision: "drop" })}>
          {words.discard}
          <span class="sr"> {each.file_name}</span>
        </button>
      </div>
    </>
  );
}

/** Somebody settled it, and its rows go in or were cut off: only the same decision goes on. */
function GoOn({ bench, each, decide }: QuestionProps) {
  const words = registerWordsOf(bench.language);
  const datum = each.as_datum ?? each.datum[0]?.datum ?? "";
  const same: Settlement = each.as_datum ? { decision: "as_datum", datum: each.as_datum } : { decision: "as_said" };
  return (
    <>
      <p>{words.begun(datumName(bench, datum), actorName(each.decided_by, words))}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={() => decide(same)}>
          {words.goOn}
        </button>
      </div>
    </>
  );
}

/** Settle it and tell what came of it; the problem where it could not be. */
async function settled(
  bench: Bench,
  { id, file_name: name }: HeldImport,
  settlement: Settlement,
  queue: Queue<HeldImport>,
  taken: () => void,
): Promise<Problem | null> {
  const words = registerWordsOf(bench.language);
  try {
    const { held } = await bench.api.settle(id, settlement);
    bench.tell(held.state === "dropped" ? words.dropped(name) : words.done(name, String(held.batch)));
    queue.done(id);
    if (held.state === "taken") taken();
    return null;
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0, "unreachable", String(error));
    if (problem.status === 404 || problem.status === 409 || !problem.status) queue.refresh(); // it may stand otherwise by now
    return problem;
  }
}
