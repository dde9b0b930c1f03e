/** What only a wall screen shows: a clock, the worst seven in a column that never scrolls, what changed lately. */

import { nameOf, number, signed } from "../format.ts";
import { type WallWords, wallWordsOf } from "../i18n/wall.ts";
import type { Session } from "../session.ts";
import type { Count, News } from "../wall/ticker.ts";
import { WorstList } from "./worst-list.tsx";

const ROWS = 7;

export function WallClock({ session }: { session: Session }) {
  return <time class="wall-clock">{session.clock.time(session.now())}</time>;
}

export function WallList({ session }: { session: Session }) {
  return (
    <div class="wall-list" inert>
      <WorstList session={session} limit={ROWS} />
    </div>
  );
}

export function WallTicker({ session, news, since }: { session: Session; news: readonly News[]; since: number | null }) {
  const words = wallWordsOf(session.state.language);
  const { clock } = session;
  if (!news.length) return since === null ? null : <p class="muted">{words.noChanges(clock.time(since))}</p>;
  return (
    <ol aria-label={words.changes}>
      {news.map((item, at) => (
        <li key={at}>
          <time>{clock.time(item.at)}</time>
          <b>{session.nameOfGrid(item.grid)}</b>
          {item.grid.lead && <span>{nameOf(item.grid.lead, session.state.language)}</span>}
          <Counts words={words} news={item} />
        </li>
      ))}
    </ol>
  );
}

function Counts({ words, news }: { words: WallWords; news: News }) {
  const told = (["open", "overdue"] as const).filter((key) => news.counts[key]);
  return (
    <>
      {told.map((key) => {
        const { now, by } = news.counts[key] as Count;
        return <span key={key}>{words.count(words[key], number(now), signed(by))}</span>;
      })}
    </>
  );
}

/** The token or what it was for was taken away: nothing of what the screen showed stays on it. */
export function WallEnd({ session }: { session: Session }) {
  const words = wallWordsOf(session.state.language);
  const isRefused = session.state.link === "refused";
  return (
    <div role="alert">
      <h1>{isRefused ? words.refusedTitle : words.endedTitle}</h1>
      <p>{isRefused ? words.refusedHelp : words.endedHelp}</p>
    </div>
  );
}
