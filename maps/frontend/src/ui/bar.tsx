/** The strip at the top of the page and the figures above the map. */

import { nameOf, number, signed, tenths } from "../format.ts";
import type { FigureKey } from "../payloads.ts";
import type { Session } from "../session.ts";
import { SPARK, type Trend, sparkPath, trendOf } from "../trends.ts";
import { useTrends } from "./hooks.ts";
import { BoundariesLink } from "./boundaries-link.tsx";
import { Icon } from "./icons.tsx";
import { Live } from "./parts.tsx";

export function Freshness({ session }: { session: Session }) {
  const { words, state, clock, heardAt, day } = session;
  const isLive = state.link === "live";
  const time = heardAt ? clock.time(heardAt) : "";
  // While all is loaded for the first time the panel says so, and only when it takes long.
  const [old, reconnecting] = [words.dataOf(time), words.stale(time)];
  const texts = { loading: "", live: words.live(time), "signed-out": old, refused: "", stale: reconnecting, offline: reconnecting, past: "", "no-day": "" };
  const ofDay = day !== null && state.link !== "no-day" ? words.dataOf(day) : "";
  const text = day === null && heardAt ? texts[state.link] : ofDay;
  return (
    <>
      <i class={isLive ? "dot" : "dot hollow"} />
      <span>{text}</span>
    </>
  );
}

/** Language and theme, on every page. */
export function Looks({ session }: { session: Session }) {
  const { words, state, store } = session;
  const dark = state.theme === "dark";
  return (
    <>
      <div class="segments" role="group" aria-label={words.languageSwitch}>
        <button type="button" aria-pressed={state.language === "zh"} lang="zh-CN" onClick={() => store.set({ language: "zh" })}>
          中文
        </button>
        <button type="button" aria-pressed={state.language === "en"} lang="en" onClick={() => store.set({ language: "en" })}>
          EN
        </button>
      </div>
      <button
        type="button"
        class="button icon-button"
        aria-label={words.themeSwitch}
        aria-pressed={dark}
        title={dark ? words.light : words.dark}
        onClick={() => store.set({ theme: dark ? "light" : "dark" })}
      >
        <Icon name={dark ? "sun" : "moon"} />
      </button>
    </>
  );
}

export function Switches({ session }: { session: Session }) {
  const { words } = session;
  return (
    <>
      <WorkbenchLink session={session} />
      <BoundariesLink session={session} />
      <Looks session={session} />
      <button
        type="button"
        class="button icon-button keys-button"
        aria-label={words.keys}
        aria-haspopup="dialog"
        title={words.keys}
        onClick={() => session.show("keys")}
      >
        ?
      </button>
      <ShareButton session={session} />
    </>
  );
}

const BENCH_NEEDS = ["issues.move", "imports.run", "registers.decide"];

/** For those who find a tab there; in words where there is room for them. */
export function WorkbenchLink({ session }: { session: Session }) {
  const { words, board } = session;
  if (!BENCH_NEEDS.some((needs) => board.may(needs))) return null;
  const count = session.waiting.counts?.no_location ?? 0;
  return (
    <a class="button workbench-link" href="/workbench" title={words.workbench}>
      <Icon name="bench" />
      <span>{words.workbench}</span>
      {count > 0 && (
        <b class="badge">
          <span class="sr">{words.waitingForPlace} </span>
          {number(count)}
        </b>
      )}
    </a>
  );
}

/** In words where there is room for them. */
export function ShareButton({ session }: { session: Session }) {
  const { words } = session;
  return (
    <button type="button" class="button share-button" aria-haspopup="dialog" title={words.share} onClick={() => session.show("share")}>
      <Icon name="share" />
      <span>{words.share}</span>
    </button>
  );
}

const KPIS = ["open", "overdue", "on_time", "units_overdue"] as const;
const CHIPS = 3; // as many as a phone has room for

export function Kpi({ session }: { session: Session }) {
  const { words, board } = session;
  const { trends, busy } = useTrends(session);
  const offered = board.figures();
  const keys = KPIS.filter((key) => offered.includes(key));
  const leadless = board.may("leads.see") ? [...board.each()].filter((grid) => !grid.lead).length : null;
  return (
    <>
      {keys.map((key) => (
        <Figure
          key={key}
          session={session}
          figure={key}
          trend={trends && trendOf(trends, key, board.config!.figures.fewest_rated)}
          busy={busy}
          isSpare={keys.length > CHIPS && key === "on_time"}
        />
      ))}
      {leadless !== null && board.grids.size > 0 && (
        <div class="kpi-item leadless">
          <span class="kpi-label wide">{words.gridsWithoutLead}</span>
          <span class="kpi-label narrow">{words.gridsWithoutLeadShort}</span>
          <b>
            <Live value={leadless} />
          </b>
          <em>{leadless === 0 && <span>{words.everyoneAnswers}</span>}</em>
        </div>
      )}
    </>
  );
}

interface FigureProps {
  session: Session;
  figure: (typeof KPIS)[number];
  trend: Trend | null;
  busy: boolean;
  isSpare: boolean;
}

function Figure({ session, figure, trend, busy, isSpare }: FigureProps) {
  const { words, state, store, board } = session;
  const { percent } = board.breaksOf(figure);
  const exact = board.figure(figure);
  const value = exact === null || !percent ? exact : tenths(exact);
  const narrowed = board.isNarrowed(figure);
  return (
    <button
      type="button"
      class={isSpare ? "kpi-item spare" : "kpi-item"}
      aria-pressed={state.figure === figure}
      aria-busy={busy}
      onClick={() => store.set({ figure })}
    >
      <span class="kpi-label wide">{words.kpiLabels[figure]}</span>
      <span class="kpi-label narrow">{words.kpiShort[figure]}</span>
      <b>
        <Live value={value} />
        {percent && value !== null && <small>%</small>}
      </b>
      {trend && !narrowed && <Sparkline values={[...trend.days, exact]} />}
      <em>
        {value === null && percent && <span>{words.tooFew}</span>}
        {narrowed && <OfAll session={session} figure={figure} />}
        {!narrowed && board.counted.narrowsIssues && <span>{words.notNarrowed}</span>}
        {!narrowed && !board.counted.narrowsIssues && value !== null && trend && (
          <Differences session={session} trend={trend} value={value} />
        )}
      </em>
    </button>
  );
}

/** What the figure is without any filter; what was before is known of the whole only. */
function OfAll({ session: { words, board }, figure }: { session: Session; figure: FigureKey }) {
  const whole = board.figure(figure, board.all());
  if (whole === null) return null;
  return <span>{board.breaksOf(figure).percent ? words.wholeIs(`${number(tenths(whole))}%`) : words.ofAll(number(whole))}</span>;
}

/** To the same hour yesterday and a week ago. No colour: fewer is not always better. */
function Differences({ session, trend, value }: { session: Session; trend: Trend; value: number | null }) {
  const { words, day } = session;
  const [sinceYesterday, sinceLastWeek] = day === null ? [words.sinceYesterday, words.sinceLastWeek] : [words.sinceDayBefore, words.sinceWeekBefore];
  const difference = (before: number | null) => (before === null || value === null ? null : signed(tenths(value - tenths(before))));
  const yesterday = difference(trend.yesterday);
  const lastWeek = difference(trend.lastWeek);
  return (
    <>
      {yesterday !== null && <span>{sinceYesterday(yesterday)}</span>}
      {lastWeek !== null && <span>{sinceLastWeek(lastWeek)}</span>}
    </>
  );
}

/** Twelve weeks as a line without axis: from the left, the first day that is known, to now. */
function Sparkline({ values }: { values: readonly (number | null)[] }) {
  return (
    <svg class="spark" viewBox={`0 0 ${SPARK.width} ${SPARK.height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={sparkPath(values)} />
    </svg>
  );
}

/** What the map is shaded by: all choices side by side where there is room, else one field. The style sheet shows one. */
export function FigureChoice({ session }: { session: Session }) {
  const { words, state, store, board } = session;
  const keys: FigureKey[] = board.figures();
  if (keys.length < 2) return null;
  return (
    <>
      <div class="segments" role="group" aria-label={words.figureSwitch}>
        {keys.map((key) => (
          <button key={key} type="button" aria-pressed={state.figure === key} onClick={() => store.set({ figure: key })}>
            {words.figures[key]}
          </button>
        ))}
      </div>
      <label class="figure-field">
        <span>{words.figureSwitch}</span>
        <select value={state.figure} onChange={(event) => store.set({ figure: event.currentTarget.value as FigureKey })}>
          {keys.map((key) => (
            <option key={key} value={key}>
              {words.figures[key]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

export function Where({ session }: { session: Session }) {
  const { words, board, state } = session;
  const root = [...board.areas.values()].find((area) => area.parent === null);
  // The store's own name has one language: it stands there only where the areas did not come.
  if (!board.config || (!root && state.link === "loading")) return null;
  const name = root ? nameOf(root, state.language) : board.config.name;
  return <>{board.grids.size ? words.where(name, number(board.grids.size)) : name}</>;
}
