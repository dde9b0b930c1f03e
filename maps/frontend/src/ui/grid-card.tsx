/** One grid: who answers, its figures, its issues, its rental units by class. */

import type { Boundaries, FigureKey, GridDetail, GridProperties } from "../payloads.ts";
import { nameOf, number, tenths } from "../format.ts";
import { total } from "../figures.ts";
import type { Session } from "../session.ts";
import { isOff } from "../state.ts";
import { useDetail } from "./hooks.ts";
import { ClassIcon } from "./icons.tsx";
import { GridIssues } from "./issue-rows.tsx";
import { Phone } from "./phone.tsx";
import { BackBar, Chain, History, LeadName, Live, Section, Skeleton, Trouble } from "./parts.tsx";

const LISTED_EVENTS = 5;

export function GridCard({ session, code }: { session: Session; code: string }) {
  const grid = session.board.grids.get(code)?.properties;
  // Nothing is asked about a grid that is not on the map: it is another's, or only stands in the address.
  return grid ? <Card session={session} grid={grid} /> : <Missing session={session} />;
}

function Card({ session, grid }: { session: Session; grid: GridProperties }) {
  const { board, api, words, state } = session;
  const { code } = grid;
  const detail = useDetail(() => api.grid(code), code, `${grid.open} ${grid.overdue} ${session.loads}`);
  return (
    <article class="card">
      <BackBar session={session}>
        <Steps session={session} code={code} />
      </BackBar>
      <header class="card-title">
        <h2>{nameOf(grid, state.language)}</h2>
        <p class="facts">
          <span>{grid.code}</span>
          {grid.households !== null && (
            <span>
              {number(grid.households)} {words.households}
            </span>
          )}
          {grid.area_m2 !== undefined && <span>{squareKilometres(grid.area_m2)}</span>}
        </p>
      </header>
      <section class="section">
        {session.leadOf(grid) !== null && (
          <p class="lead">
            <span class="muted">{words.lead}</span> <LeadName session={session} lead={grid.lead} />
            {grid.lead && session.day === null && board.may("people.see_contacts") && (
              <Phone key={grid.lead.id} session={session} lead={grid.lead} />
            )}
          </p>
        )}
        {detail.data && <Chain session={session} chain={detail.data.chain.filter((link) => link.code !== code)} />}
      </section>
      {!board.counted.of(code) && <p class="note whole">{words.cardNotInFilter}</p>}
      <Figures session={session} grid={grid} />
      {board.may("issues.see") && (
        <Section title={words.issuesOverdueFirst} aside={<Part session={session} figure="open" grid={grid} />}>
          {detail.data ? <GridIssues key={code} session={session} code={code} known={detail.data.issues} /> : null}
          {!detail.data && !detail.problem && <Skeleton session={session} rows={3} />}
          {detail.problem && <Trouble session={session} problem={detail.problem} retry={detail.reload} />}
        </Section>
      )}
      {grid.units && <Units session={session} grid={grid} />}
      <Weeks session={session} grid={grid} />
      {detail.data && <Events session={session} detail={detail.data} />}
    </article>
  );
}

function Missing({ session }: { session: Session }) {
  return (
    <article class="card">
      <BackBar session={session} />
      <p class="note">{session.board.grids.size ? session.words.notFound : ""}</p>
    </article>
  );
}

/** "1 / 10" and the way to the neighbours in the ranking. */
function Steps({ session, code }: { session: Session; code: string }) {
  const { worst, words } = session;
  const at = worst.findIndex(({ grid }) => grid.code === code);
  if (at < 0) return null;
  const go = (to: number) => session.open({ kind: "grid", code: worst[to]!.grid.code });
  return (
    <span class="steps-nav">
      <button type="button" aria-label={words.previous} disabled={at === 0} onClick={() => go(at - 1)}>
        ↑
      </button>
      <span>
        {at + 1} / {worst.length}
      </span>
      <button type="button" aria-label={words.nextOne} disabled={at === worst.length - 1} onClick={() => go(at + 1)}>
        ↓
      </button>
    </span>
  );
}

function Figures({ session, grid }: { session: Session; grid: GridProperties }) {
  const { words, board } = session;
  const { overdue } = board.counted.of(grid.code) ?? grid;
  const rate = board.figure("on_time", [grid]);
  return (
    <section class="section trio">
      <div class={overdue ? "boxed" : ""}>
        <span>{words.overdue}</span>
        <b>
          <Part session={session} figure="overdue" grid={grid} />
        </b>
      </div>
      <div>
        <span>{words.open}</span>
        <b>
          <Part session={session} figure="open" grid={grid} />
        </b>
      </div>
      <div>
        <span>{words.figures.on_time}</span>
        {rate === null ? (
          <small>{words.tooFew}</small>
        ) : (
          <b>
            <Live value={tenths(rate)} />
            <small>%</small>
          </b>
        )}
      </div>
    </section>
  );
}

/** A figure of the grid as it counts, and where a filter narrows it what it is without. */
function Part({ session, figure, grid }: { session: Session; figure: FigureKey & ("open" | "overdue"); grid: GridProperties }) {
  const { board, words } = session;
  const counted = board.counted.of(grid.code) ?? grid;
  return (
    <>
      <Live value={counted[figure]} />
      {counted[figure] !== grid[figure] && <small> {words.ofAll(number(grid[figure]))}</small>}
    </>
  );
}

/** By class, with those past their inspection outlined. A class that the legend switched off is struck through here, too. */
function Units({ session, grid }: { session: Session; grid: GridProperties }) {
  const { words, constants, state } = session;
  const late = grid.units_overdue ? total(grid.units_overdue) : 0;
  return (
    <Section title={words.rentalUnits} aside={<UnitsAside session={session} all={total(grid.units!)} late={late} />}>
      <ul class="unit-classes">
        {constants.classes.map((style, bit) => {
          const name = style.name as keyof typeof words.classes;
          const overdue = grid.units_overdue?.[name] ?? 0;
          return (
            <li key={name} class={isOff(state.classesOff, bit) ? "off" : ""}>
              <ClassIcon style={style} letter />
              <span class="sr">{words.classes[name]}</span>
              <b>
                <Live value={grid.units![name]} />
              </b>
              {overdue > 0 && (
                <span class="overdue">
                  <span class="sr">{words.unitsOverdue} </span>
                  <Live value={overdue} />
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function UnitsAside({ session: { words }, all, late }: { session: Session; all: number; late: number }) {
  return (
    <>
      <Live value={all} />
      {late > 0 && (
        <span class="late-all">
          {words.unitsOverdue}{" "}
          <span class="overdue">
            <Live value={late} />
          </span>
        </span>
      )}
    </>
  );
}

/** New issues by week: bars from zero, the highest as high as there is room. */
function Weeks({ session, grid }: { session: Session; grid: GridProperties }) {
  const { words, api, clock } = session;
  const { boundaries } = session.state;
  const version = `${grid.open} ${grid.rated} ${session.loads}`;
  const { data, problem } = useDetail(() => api.trends(grid.code, boundaries), `${grid.code} ${boundaries}`, version);
  const weeks = data?.weeks ?? [];
  const most = Math.max(1, ...weeks.map((week) => week.new));
  return (
    <Section title={words.newIssuesTrend} aside={data ? <Live value={weeks.reduce((all, week) => all + week.new, 0)} /> : undefined}>
      <TrendBoundaries session={session} />
      {problem?.status === 404 && <p class="note-inline">{words.noSuchGridToday}</p>}
      <ol class="weeks">
        {weeks.map((week) => {
          const label = words.newIssuesOf(clock.date(week.from), number(week.new));
          return (
            <li key={week.from} title={label}>
              <span class="sr">{label}</span>
              <small aria-hidden="true">{week.new > 0 && number(week.new)}</small>
              <i style={{ height: `${(week.new / most) * 2}rem` }} />
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

/** Where a line was moved within the weeks, what was counted then is not what the same ground would count. */
function TrendBoundaries({ session: { words, store, state } }: { session: Session }) {
  return (
    <div class="segments trend-boundaries" role="group" aria-label={words.trendBy}>
      {(["day", "today"] satisfies Boundaries[]).map((boundaries) => (
        <button key={boundaries} type="button" aria-pressed={state.boundaries === boundaries} onClick={() => store.set({ boundaries })}>
          {words.trendBoundaries[boundaries]}
        </button>
      ))}
    </div>
  );
}

function Events({ session, detail }: { session: Session; detail: GridDetail }) {
  if (!detail.events.length) return null;
  return (
    <Section title={session.words.lastEvents}>
      <History session={session} items={detail.events.slice(0, LISTED_EVENTS)} />
    </Section>
  );
}

function squareKilometres(area: number): string {
  return `${(area / 1e6).toFixed(2)} km²`;
}

