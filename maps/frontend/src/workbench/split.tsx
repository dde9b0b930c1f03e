/** A queue on the left and the chosen issue on the right; on a phone one or the other. What is done comes off the queue. */

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { Problem, newKey } from "../api.ts";
import { type Act, useAct } from "../ui/form.tsx";
import { type Detail, useDetail } from "../ui/hooks.ts";
import { DueChip } from "../ui/issue-rows.tsx";
import { Skeleton, Trouble, categoryName } from "../ui/parts.tsx";
import type { Bench, NoticeAction } from "./bench.ts";
import { step } from "./choice.ts";
import { useQueueKeys } from "./keys.ts";
import type { Page, Versioned, Waiting } from "./payloads.ts";
import { QueueList, focusOn, useQueue } from "./queue.tsx";

export interface DetailProps {
  bench: Bench;
  issue: Versioned;
  /** As the queue told it, while it is in there. */
  waiting: Waiting | undefined;
  /** One at a time: do it, tell what came of it, go on with the next. Who was slower than somebody else is told so. */
  act: (does: (key: string) => Promise<Versioned>, told: (answer: Versioned) => [string, NoticeAction[]]) => void;
  busy: boolean;
}

interface SplitProps {
  bench: Bench;
  tab: string;
  item: string;
  load: (cursor: string | null) => Promise<Page<Waiting>>;
  title: string;
  empty: string;
  Detail: ComponentType<DetailProps>;
}

export function Split({ bench, tab, item, load, title, empty, Detail }: SplitProps) {
  const queue = useQueue(load);
  const asked = /^\d+$/.test(item) ? Number(item) : null;
  const chosen = asked ?? queue.items?.[0]?.id ?? null;
  const choose = (id: number | null, isStep = true) => bench.go(tab, id === null ? "" : String(id), isStep);
  const goOn = (id: number) => {
    const next = queue.done(id);
    const { tab: at, item: now } = bench.at;
    if (at !== tab || !["", String(id)].includes(now)) return; // another was chosen while this one was under way
    choose(next, false);
    focusOn(next);
  };
  const comeBack = (id: number) => {
    queue.refresh();
    choose(id, false);
    focusOn(id);
  };
  useQueueKeys((key) => {
    if (key.act === "take") document.querySelectorAll<HTMLElement>(".bench-detail [data-take]")[key.at]?.click();
    else {
      const id = step((queue.items ?? []).map((one) => one.id), chosen, key.by);
      choose(id, false);
      focusOn(id);
    }
  });
  return (
    <div class="split" data-item={item}>
      <QueueList bench={bench} queue={queue} title={title} empty={empty} chosen={chosen} choose={choose} />
      {chosen !== null && (
        <section class="bench-detail" aria-label={bench.words.report}>
          <button type="button" class="link to-queue" onClick={() => choose(null)}>
            {bench.session.words.backToList}
          </button>
          <Chosen
            key={chosen}
            bench={bench}
            id={chosen}
            waiting={queue.items?.find(({ id }) => id === chosen)}
            Detail={Detail}
            goOn={goOn}
            comeBack={comeBack}
          />
        </section>
      )}
    </div>
  );
}

interface ChosenProps {
  bench: Bench;
  id: number;
  waiting: Waiting | undefined;
  Detail: ComponentType<DetailProps>;
  goOn: (id: number) => void;
  /** It waits again. */
  comeBack: (id: number) => void;
}

function Chosen({ bench, id, waiting, Detail, goOn, comeBack }: ChosenProps) {
  const { session, api } = bench;
  const detail = useDetail(() => api.issue(id), `issue ${id}`);
  const act = useAct(session);
  const issue = detail.data;
  useEffect(() => {
    if (detail.problem?.status === 404) focusOn(id);
  }, [detail.problem]);
  if (!issue) {
    return detail.problem ? (
      <Trouble session={session} problem={detail.problem} retry={detail.reload} />
    ) : (
      <Skeleton session={session} rows={6} />
    );
  }
  const told: DetailProps["act"] = (does, tell) =>
    act.run(
      does,
      (answer) => {
        const [text, actions] = tell(answer);
        bench.tell(text, [{ label: bench.words.undo, act: () => void undo(bench, answer, comeBack) }, ...actions]);
        goOn(id);
      },
      () => void overtaken(bench, issue, detail, goOn),
    );
  return (
    <>
      <header class="card-title">
        <h2 tabindex={-1}>{issue.report.address ?? issue.report.description}</h2>
        <p class="facts">
          <span>{categoryName(session, issue.category)}</span>
          <span>{issue.number}</span>
          <DueChip session={session} issue={issue} />
        </p>
        {issue.report.address && issue.report.description && <p class="words">{issue.report.description}</p>}
      </header>
      <Failure act={act} />
      <Detail bench={bench} issue={issue} waiting={waiting} act={told} busy={act.busy} />
    </>
  );
}

function Failure({ act }: { act: Act }) {
  return act.trouble ? (
    <p class="trouble" role="alert">
      {act.trouble}
    </p>
  ) : null;
}

/** Put it back where it was. Not where somebody has done more with it since. */
async function undo(bench: Bench, { id, number, version }: Versioned, comeBack: (id: number) => void): Promise<void> {
  const { api, words, session } = bench;
  try {
    const { history } = await api.undo(newKey(), { id, version });
    bench.tell(words.undone(number, history[0]?.data?.alias !== undefined));
    comeBack(id);
  } catch (error) {
    const isOvertaken = error instanceof Problem && [404, 409, 412].includes(error.status);
    bench.tell(isOvertaken ? words.notUndone(number) : session.words.failed);
  }
}

/** Somebody was faster. Where there is nothing left to do the next one comes up; else it is shown as it is now. */
async function overtaken(bench: Bench, seen: Versioned, detail: Detail<Versioned>, goOn: (id: number) => void): Promise<void> {
  const { api, words } = bench;
  let now: Versioned | null = null;
  try {
    now = await api.issue(seen.id);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) return detail.reload();
  }
  const waits = now && now.assignment.queue === seen.assignment.queue && now.assignment.ambiguous === seen.assignment.ambiguous;
  if (now && waits && now.may.length) return detail.set(now);
  bench.tell(words.overtaken(seen.number));
  goOn(seen.id);
}
