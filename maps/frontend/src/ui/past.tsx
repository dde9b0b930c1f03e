/** A day of the past: what says that it is one, how to choose it, and what stands where it cannot be shown. */

import { useState } from "preact/hooks";

import { goTo, isDay, lastDay, pageOf } from "../past.ts";
import type { Session } from "../session.ts";

/** Beneath the bar. Nothing where the page shows now. */
export function PastNotice({ session }: { session: Session }) {
  const { day, words, state } = session;
  if (day === null || state.link === "no-day") return null;
  return (
    <>
      <span>{words.asOf(day)}</span>
      <ToNow session={session} />
    </>
  );
}

/** The address follows the map without the words being drawn anew: where it leads is looked up when it is pressed. */
function ToNow({ session: { words } }: { session: Session }) {
  return (
    <a class="link to-now" href={pageOf(null, location)} onClick={(event) => (event.currentTarget.href = pageOf(null, location))}>
      {words.backToNow}
    </a>
  );
}

/** In the place of the panel where the address names a day of which there is no map. */
export function NoSuchDay({ session }: { session: Session }) {
  const { words } = session;
  const [title, help] = whyNot(session);
  return (
    <div class="panel-message" role="alert">
      <h2>{title}</h2>
      <p>{help}</p>
      <p>
        <ToNow session={session} />
      </p>
      <DayField session={session} label={words.someDay} />
    </div>
  );
}

function whyNot({ words, board, day }: Session): [title: string, help: string] {
  if (day === null || !isDay(day)) return [words.dayMissing, words.dayMissingHelp];
  if (board.config?.edition === 0) return [words.dayTooEarly, words.dayTooEarlyHelp(day)];
  return [words.dayNotOver, words.dayNotOverHelp(day)];
}

/** Another day, or none for now. The page is loaded anew: everything on it is of that day. */
export function DayField({ session, label }: { session: Session; label: string }) {
  const { day, words, board } = session;
  const [chosen, setChosen] = useState(day !== null && isDay(day) ? day : "");
  const zone = board.config?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <form
      class="day-field"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        goTo(pageOf(chosen || null, location), location);
      }}
    >
      <label>
        <span>{label}</span>
        <input
          type="date"
          value={chosen}
          max={lastDay(Date.now() + session.clockOffset, zone)}
          onInput={(event) => setChosen(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button">
        {words.showDay}
      </button>
    </form>
  );
}
