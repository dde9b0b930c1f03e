/** Where to go first: the worst three, the seven after them, and how the order comes about. */

import { useState } from "preact/hooks";

import { number } from "../format.ts";
import type { Ranked } from "../ranking.ts";
import { opens } from "../focus.ts";
import type { Session } from "../session.ts";
import { ClassIcon } from "./icons.tsx";
import { LeadName, Live, Skeleton } from "./parts.tsx";

/** At most so many rows as are asked for. */
export function WorstList({ session, limit }: { session: Session; limit?: number }) {
  const { words, board, state } = session;
  const worst = session.worst.slice(0, limit);
  const [explained, setExplained] = useState(false);
  const left = session.ranked - worst.length;
  const more = left > 0 && <span class="more-ranked">{words.moreRanked(number(left))}</span>;
  if (!board.grids.size) return state.link === "loading" ? <Waiting session={session} /> : <FirstRun session={session} />;
  if (!worst.length) return <NothingToDo session={session} />;
  return (
    <>
      <div class="panel-head">
        <h2>{worst.length < 3 ? words.goFirstFew : words.goFirst}</h2>
        <button type="button" class="link" aria-expanded={explained} onClick={() => setExplained(!explained)}>
          {words.howRanked}
        </button>
      </div>
      {explained && <p class="note">{formula(session)}</p>}
      {limit === undefined && state.figure !== "overdue" && <p class="list-note">{words.rankedWhatever(words.figures[state.figure])}</p>}
      <ol class="top">
        {worst.slice(0, 3).map((ranked, at) => (
          <Top key={ranked.grid.code} session={session} ranked={ranked} rank={at + 1} />
        ))}
      </ol>
      {worst.length > 3 && (
        <>
          <div class="rest-head">
            <h3>
              {words.next}
              {limit !== undefined && more}
            </h3>
            <span>
              {worst.some((ranked) => ranked.oldestDays !== null) && <span>{words.oldest}</span>}
              <span>{words.overdue}</span>
            </span>
          </div>
          <ol class="rest" start={4}>
            {worst.slice(3).map((ranked, at) => (
              <Rest key={ranked.grid.code} session={session} ranked={ranked} rank={at + 4} />
            ))}
          </ol>
        </>
      )}
      {limit === undefined && more && <p class="list-note">{more}</p>}
      <Outside session={session} />
    </>
  );
}

/** What no grid counts is not forgotten: issues that were found to lie in none, and those that are on no map. */
function Outside({ session }: { session: Session }) {
  const issues = session.board.issuesOf("") ?? [];
  const unplaced = session.waiting.counts?.no_location ?? 0;
  if (!issues.length && !unplaced) return null;
  return (
    <>
      {issues.length > 0 && (
        <p class="outside-grids">
          <button type="button" class="link" onClick={() => session.store.select({ kind: "place", units: [], issues })}>
            {session.words.outside(number(issues.length))}
          </button>
        </p>
      )}
      {unplaced > 0 && <p class="list-note">{session.words.unplaced(number(unplaced))}</p>}
    </>
  );
}

function Top({ session, ranked, rank }: { session: Session; ranked: Ranked; rank: number }) {
  const { words, state, constants, board } = session;
  const { oldestDays } = ranked;
  const grid = board.counted.of(ranked.grid.code) ?? ranked.grid; // the order waits for the minute, numbers do not
  const red = session.weights.red_overdue ? (grid.units_overdue?.red ?? 0) : 0;
  return (
    <li>
      <button type="button" aria-current={isOpen(session, grid.code)} {...opens({ kind: "grid", code: grid.code })} onClick={() => session.open({ kind: "grid", code: grid.code })}>
        <span class="rank">{rank}</span>
        <span class="name">{session.nameOfGrid(grid)}</span>
        {session.leadOf(grid) !== null && (
          <span class="who">
            <span class="muted">{words.lead}</span> <LeadName session={session} lead={grid.lead} />
          </span>
        )}
        <span class="reasons">
          {grid.overdue > 0 && <span class="overdue">{words.overdueN(number(grid.overdue))}</span>}
          {oldestDays !== null && <span>{words.oldestDays(oldestDays)}</span>}
          <Count label={words.openN} value={grid.open} english={state.language === "en"} />
          {red > 0 && (
            <span class="with-icon">
              <ClassIcon style={constants.classes[0]!} />
              <Count label={words.redOverdue(red)} value={red} english={state.language === "en"} />
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

/** On a wall screen the list stays beside the map while it shows one of the grids. */
function isOpen({ state }: Session, code: string): boolean {
  return state.selection.kind === "grid" && state.selection.code === code;
}

/** "未办结 13", "13 open" */
function Count({ label, value, english }: { label: string; value: number; english: boolean }) {
  const figure = (
    <b>
      <Live value={value} />
    </b>
  );
  return english ? (
    <span>
      {figure} {label}
    </span>
  ) : (
    <span>
      {label} {figure}
    </span>
  );
}

function Rest({ session, ranked, rank }: { session: Session; ranked: Ranked; rank: number }) {
  const { words, constants, board } = session;
  const { oldestDays } = ranked;
  const grid = board.counted.of(ranked.grid.code) ?? ranked.grid;
  return (
    <li>
      <button type="button" aria-current={isOpen(session, grid.code)} {...opens({ kind: "grid", code: grid.code })} onClick={() => session.open({ kind: "grid", code: grid.code })}>
        <span class="rank-small">{rank}</span>
        <span class="rest-who">
          <span class="rest-name">{session.nameOfGrid(grid)}</span>
          <span class="rest-lead">{session.leadOf(grid)}</span>
        </span>
        <span class="rest-figures">
          {oldestDays !== null && <span class="muted">{words.days(oldestDays)}</span>}
          {grid.overdue > 0 ? (
            <span class="overdue">
              <Live value={grid.overdue} />
            </span>
          ) : (
            <span class="with-icon">
              <ClassIcon style={constants.classes[0]!} />
              <Live value={grid.units_overdue?.red ?? 0} />
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

function formula(session: Session): string {
  const { words, board, weights } = session;
  const parts = [
    weights.overdue && words.formulaOverdue(weights.overdue),
    weights.red_overdue && board.hasUnits && words.formulaRed(weights.red_overdue),
    weights.oldest_days && words.formulaOldest(weights.oldest_days),
  ];
  return words.formula(parts.filter(Boolean).join(" + "));
}

function NothingToDo({ session }: { session: Session }) {
  const { words, board, store, clock, heardAt, day } = session;
  const { narrowsIssues, narrowsGrids } = board.counted;
  const open = board.figure("open") ?? 0;
  const grids = [...board.each()].length;
  const nothing = grids === 0 || (narrowsIssues && open === 0);
  return (
    <div class="panel-message">
      <h2>{nothing ? words.nothingMatches : words.noOverdue}</h2>
      {!nothing && <p>{narrowsIssues ? words.matchOpen(number(open)) : words.noOverdueHelp(day ?? clock.time(heardAt), number(grids))}</p>}
      {(narrowsIssues || narrowsGrids) && (
        <p>
          <button type="button" class="button" onClick={() => store.clearFilters()}>
            {words.clearFilters}
          </button>
        </p>
      )}
    </div>
  );
}

function FirstRun({ session }: { session: Session }) {
  const { words, board } = session;
  return (
    <div class="panel-message">
      <h2>{board.failed.has("grids") ? words.partFailed.grids : words.noGrids}</h2>
      {!board.failed.has("grids") && (
        <ol class="steps">
          {words.firstSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
    </div>
  );
}

export function Waiting({ session }: { session: Session }) {
  return (
    <>
      <div class="panel-head">
        <h2>{session.words.goFirst}</h2>
      </div>
      <Skeleton session={session} rows={3} tall />
    </>
  );
}
