/** The one panel beside the map: the list, or what is chosen. Content is swapped in place. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Session } from "../session.ts";
import { CoverageList } from "./coverage.tsx";
import { GridCard } from "./grid-card.tsx";
import { IssueDrawer } from "./issue-drawer.tsx";
import { NoSuchDay } from "./past.tsx";
import { PlaceList } from "./place-list.tsx";
import { SignInAgain } from "./sign-in-again.tsx";
import { UnitDrawer } from "./unit-drawer.tsx";
import { Waiting, WorstList } from "./worst-list.tsx";

/** Stops of the sheet on a phone, lowest first. */
const STOPS = ["low", "half", "full"] as const;
const [HALF, FULL] = [1, 2];
const DRAG_PX = 24;

export function Panel({ session }: { session: Session }) {
  const [stop, setStop] = useState(HALF);
  const { selection, link } = session.state;
  const isNothing = link === "refused" || link === "no-day";
  // What was chosen in a raised sheet is seen on the map as well.
  useEffect(() => {
    if (stop === FULL && selection.kind !== "none") setStop(HALF);
  }, [selection]);
  return (
    <div class="sheet-body" data-stop={STOPS[stop]}>
      <Grip session={session} stop={stop} set={setStop} />
      <div class="panel-body" key={selection.kind}>
        {link === "signed-out" && <SignInAgain session={session} />}
        {link === "refused" && <Refused session={session} />}
        {link === "no-day" && <NoSuchDay session={session} />}
        {!isNothing && <Content session={session} />}
        {selection.kind === "none" && !isNothing && session.board.grids.size > 0 && (
          <AsTable session={session} />
        )}
      </div>
    </div>
  );
}

function Content({ session }: { session: Session }) {
  const { selection, link } = session.state;
  const { blindSpots } = session;
  if (!session.board.config) return link === "loading" ? <Waiting session={session} /> : null;
  switch (selection.kind) {
    case "none":
      return blindSpots?.isOn ? <CoverageList session={session} spots={blindSpots} /> : <WorstList session={session} />;
    case "grid":
      return <GridCard session={session} code={selection.code} />;
    case "issue":
      return <IssueDrawer session={session} id={selection.id} />;
    case "unit":
      return <UnitDrawer session={session} id={selection.id} />;
    case "place":
      return <PlaceList session={session} units={selection.units} issues={selection.issues} />;
  }
}

/** Nothing may be shown: the rest of the page is hidden by the style sheet. */
function Refused({ session: { words } }: { session: Session }) {
  return (
    <div class="panel-message" role="alert">
      <h2>{words.refusedTitle}</h2>
      <p>{words.refusedHelp}</p>
    </div>
  );
}

/**
 * The handle of the sheet on a phone: drag it, or press it for the next stop.
 *
 * A press is over with its click. If the sheet moved before, the click would fall on what comes to lie beneath the finger.
 */
function Grip({ session, stop, set }: { session: Session; stop: number; set: (stop: number) => void }) {
  const from = useRef(0);
  const wasDragged = useRef(false);
  const clamp = (n: number) => Math.max(0, Math.min(STOPS.length - 1, n));
  return (
    <button
      type="button"
      class="grip"
      aria-label={session.words.sheet}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = event.clientY;
        wasDragged.current = false;
      }}
      onPointerUp={(event) => {
        const dragged = event.clientY - from.current;
        wasDragged.current = Math.abs(dragged) > DRAG_PX;
        if (wasDragged.current) set(clamp(stop + (dragged < 0 ? 1 : -1)));
      }}
      onClick={({ detail }) => {
        const isOfKeys = detail === 0;
        if (isOfKeys || !wasDragged.current) set((stop + 1) % STOPS.length);
        wasDragged.current = false;
      }}
    >
      <span />
    </button>
  );
}

/** The map in another form, for who does not see it or wants it in order. */
function AsTable({ session }: { session: Session }) {
  return (
    <p class="as-table">
      <button type="button" class="link" aria-haspopup="dialog" onClick={() => session.show("table")}>
        {session.words.asTable}
      </button>
    </p>
  );
}
