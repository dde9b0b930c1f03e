/** The left side of a tab: issues that wait for a person, one of them chosen. And what is done with the list. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Problem } from "../api.ts";
import { areShortcutsOn, switchShortcuts } from "../keys.ts";
import { DueChip } from "../ui/issue-rows.tsx";
import { Skeleton, Trouble, categoryName } from "../ui/parts.tsx";
import type { Bench } from "./bench.ts";
import { after } from "./choice.ts";
import type { Page, Waiting } from "./payloads.ts";

const FEW = 5; // left, and the next page is asked for

export interface Queue<T extends { id: number }> {
  /** Null until the first page is here. */
  items: readonly T[] | null;
  problem: Problem | null;
  hasMore: boolean;
  busy: boolean;
  more: () => void;
  refresh: () => void;
  /** Take one off the list. Returns the id of the one that comes up. */
  done: (id: number) => number | null;
}

interface Rows<T> {
  items: readonly T[] | null;
  /** Where the next page begins, null after the last. */
  next: string | null;
  problem: Problem | null;
  busy: boolean;
}

const NOTHING: Rows<never> = { items: null, next: null, problem: null, busy: false };

export function useQueue<T extends { id: number }>(load: (cursor: string | null) => Promise<Page<T>>, key = ""): Queue<T> {
  const [shown, setShown] = useState<Rows<T>>(NOTHING);
  // What an act that began some renders ago finds when it ends.
  const now = useRef<Rows<T>>(shown);
  const asked = useRef(0);
  const put = (change: Partial<Rows<T>>) => {
    now.current = { ...now.current, ...change };
    setShown(now.current);
  };
  const ask = (cursor: string | null) => {
    const turn = ++asked.current;
    put({ busy: true, problem: null });
    load(cursor).then(
      (page) => {
        if (turn !== asked.current) return;
        const before = cursor === null ? [] : (now.current.items ?? []);
        put({ busy: false, items: [...before, ...page.items], next: page.next });
      },
      (error: unknown) => {
        const problem = error instanceof Problem ? error : new Problem(0, "unreachable", String(error));
        if (turn === asked.current) put({ busy: false, problem });
      },
    );
  };
  useEffect(() => ask(null), [key]);
  const more = () => {
    const { next, busy } = now.current;
    if (next !== null && !busy) ask(next);
  };
  const { items, problem, next, busy } = shown;
  return {
    items,
    problem,
    hasMore: next !== null,
    busy,
    more,
    refresh: () => ask(null),
    done(id) {
      const before = now.current.items ?? [];
      put({ items: before.filter((item) => item.id !== id) });
      if (before.length <= FEW) more();
      return after(before.map((item) => item.id), id);
    },
  };
}

interface ListProps {
  bench: Bench;
  queue: Queue<Waiting>;
  title: string;
  empty: string;
  chosen: number | null;
  choose: (id: number) => void;
}

export function QueueList({ bench, queue, title, empty, chosen, choose }: ListProps) {
  const { session, words } = bench;
  const { items, problem, hasMore, busy } = queue;
  return (
    <section class="queue" aria-label={title}>
      <header class="queue-head">
        <h2>
          {title} <span class="count">{items && words.count(items.length, hasMore)}</span>
        </h2>
        <button type="button" class="link" aria-disabled={busy} onClick={() => !busy && queue.refresh()}>
          {words.refresh}
        </button>
      </header>
      {problem && <Trouble session={session} problem={problem} retry={queue.refresh} />}
      {!items && !problem && <Skeleton session={session} rows={8} />}
      {items?.length === 0 && <p class="note">{empty}</p>}
      <ol class="queue-rows">
        {items?.map((item) => (
          <Row key={item.id} bench={bench} item={item} isChosen={item.id === chosen} choose={choose} />
        ))}
      </ol>
      {hasMore && (
        <button type="button" class="link more" onClick={queue.more}>
          {words.more}
        </button>
      )}
      <KeysHelp bench={bench} />
    </section>
  );
}

/** Which keys there are, and the switch for those that are single letters. */
function KeysHelp({ bench }: { bench: Bench }) {
  const [on, setOn] = useState(areShortcutsOn());
  return (
    <footer class="queue-keys">
      <p class="help">{bench.words.keysHelp}</p>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            switchShortcuts(event.currentTarget.checked);
            setOn(areShortcutsOn());
          }}
        />
        <span>{bench.words.keysOn}</span>
      </label>
    </footer>
  );
}

function Row({ bench, item, isChosen, choose }: { bench: Bench; item: Waiting; isChosen: boolean; choose: (id: number) => void }) {
  const { session } = bench;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isChosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  return (
    <li ref={row}>
      <button type="button" data-row={item.id} aria-current={isChosen ? "true" : undefined} onClick={() => choose(item.id)}>
        <b>{item.address ?? item.description}</b>
        <DueChip session={session} issue={{ ...item, state: "open" }} />
        <small>
          {categoryName(session, item.category)}　{item.number}
        </small>
      </button>
    </li>
  );
}

/** Where the focus goes when one is done or another is chosen by a key: to its row, or to its title where rows are hidden. */
export function focusOn(id: number | null): void {
  requestAnimationFrame(() => {
    const row = document.querySelector<HTMLElement>(`[data-row="${id ?? ""}"]`);
    const title = document.querySelector<HTMLElement>(".bench-detail h2");
    const there = row?.offsetParent ? row : title?.offsetParent ? title : document.getElementById("bench-main");
    there?.focus();
  });
}
