/** Blind spots in words: the switch with its counts in the legend, and the list in the panel. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { BlindSpots } from "../blind-spots.ts";
import { type Gap, type GapKind, type Spot, WINDOWS, sorts } from "../coverage.ts";
import { opens } from "../focus.ts";
import { metres, nameOf, number, squareMetres } from "../format.ts";
import { type CoverageWords, coverageWordsOf } from "../i18n/coverage.ts";
import type { Session } from "../session.ts";
import { GAP_GLYPHS } from "../symbols.ts";
import { Live, Skeleton, Trouble } from "./parts.tsx";

const FIRST = 8; // rows of a kind until more are asked for

interface Props {
  session: Session;
  spots: BlindSpots;
}

/** In the legend: the switch, and once it is on what each mark means and how many there are. */
export function CoverageLegend({ session, spots }: Props) {
  const words = coverageWordsOf(session.state.language);
  if (!spots.isAllowed) return null;
  return (
    <div class="legend-part coverage">
      <button
        type="button"
        role="switch"
        class="coverage-switch"
        aria-checked={spots.isOn}
        onClick={() => session.store.set({ cover: spots.isOn ? null : WINDOWS[0], selection: { kind: "none" }, trail: [] })}
      >
        <span>{words.title}</span>
        <i />
      </button>
      {spots.isOn && spots.gaps && (
        <ul class="coverage-rows">
          {spots.gaps.map(({ kind, found }) => (
            <li key={kind}>
              <GapIcon kind={kind} />
              <span>{words.gaps[kind]}</span>
              <b>
                <Live value={found} />
              </b>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** In the panel, in the place of the worst grids. */
export function CoverageList({ session, spots }: Props) {
  const words = coverageWordsOf(session.state.language);
  return (
    <>
      <div class="panel-head">
        <h2>{words.title}</h2>
        <button type="button" class="link" onClick={() => session.store.set({ cover: null })}>
          {words.close}
        </button>
      </div>
      {spots.problem && <Trouble session={session} problem={spots.problem} retry={() => spots.retry()} />}
      {spots.gaps && <Found session={session} spots={spots} gaps={spots.gaps} words={words} />}
      {!spots.gaps && !spots.problem && <Skeleton session={session} rows={6} />}
    </>
  );
}

function Found({ session, spots, gaps, words }: Props & { gaps: readonly Gap[]; words: CoverageWords }) {
  const { grids, areas, places, areas_unknown } = spots.report!.counts;
  const isClear = gaps.every(({ found }) => found === 0);
  return (
    <>
      {isClear && (
        <p class="note coverage-clear" role="status">
          <b>{words.nothing}</b>
        </p>
      )}
      <p class="note">
        {words.checked(number(grids), number(areas), number(places))}
        {areas_unknown > 0 && ` ${words.unknown(number(areas_unknown))}`}
      </p>
      {gaps.map((gap) => (
        <GapSection key={gap.kind} session={session} spots={spots} gap={gap} words={words} />
      ))}
      <p class="note coverage-table">
        <a class="link" href={spots.tableUrl} download>
          {words.table}
        </a>
      </p>
    </>
  );
}

function GapSection({ session, spots, gap, words }: Props & { gap: Gap; words: CoverageWords }) {
  const { kind, found, of } = gap;
  const [isWhole, setWhole] = useState(false);
  const chosen = gap.spots.findIndex(({ key }) => key === spots.chosen?.key);
  const rows = isWhole || chosen >= FIRST ? gap.spots : gap.spots.slice(0, FIRST);
  const unknown = kind === "area_without_grid" && spots.report!.counts.areas_unknown === of;
  return (
    <section class="section coverage-gap" data-gap={kind}>
      <h3>
        <span class="with-icon">
          <GapIcon kind={kind} /> {words.gaps[kind]}
        </span>
        <b>{words.ofAll(number(found), number(of))}</b>
      </h3>
      {kind === "place_unvisited" && <Visits session={session} spots={spots} gap={gap} words={words} />}
      {found === 0 && !unknown && <p class="note-inline">{words.clear[kind]}</p>}
      <ul class="issues">
        {rows.map((spot) => (
          <Row key={spot.key} session={session} spots={spots} spot={spot} />
        ))}
      </ul>
      {gap.spots.length > FIRST && (
        <button type="button" class="link more" aria-expanded={rows.length > FIRST} onClick={() => setWhole(!isWhole)}>
          {rows.length > FIRST ? words.few : words.all(number(gap.spots.length))}
        </button>
      )}
    </section>
  );
}

/** What counts as a visit, and since when. */
function Visits({ session, spots, gap, words }: Props & { gap: Gap; words: CoverageWords }) {
  const { store, state, clock } = session;
  const found = sorts(gap.spots).map(([what, n]) => words.sort(whatOf(session, what), number(n)));
  return (
    <>
      <div class="coverage-window">
        <span>{words.window}</span>
        <div class="segments" role="group" aria-label={words.window}>
          {WINDOWS.map((days) => (
            <button key={days} type="button" aria-pressed={state.cover === days} onClick={() => store.set({ cover: days })}>
              {words.days(days)}
            </button>
          ))}
        </div>
      </div>
      <p class="note-inline">{words.since(clock.date(spots.report!.since))}</p>
      {found.length > 1 && <p class="note-inline">{words.sorts(found)}</p>}
    </>
  );
}

function Row({ session, spots, spot }: Props & { spot: Spot }) {
  const own = useRef<HTMLButtonElement>(null);
  const { finding } = spot;
  const isChosen = spots.chosen?.key === spot.key;
  useEffect(() => {
    if (isChosen) own.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  return (
    <li>
      <button
        ref={own}
        type="button"
        class="coverage-row"
        aria-current={isChosen}
        {...(finding.kind === "grid_without_lead" && opens({ kind: "grid", code: finding.code }))}
        onClick={() => session.showSpot(spot)}
      >
        <span>{nameOf(finding, session.state.language)}</span>
        <small>{factsOf(session, spot)}</small>
      </button>
    </li>
  );
}

/** What it is, where it is, how much of it. */
function factsOf(session: Session, spot: Spot): string {
  const { finding } = spot;
  const area = finding.area === null ? undefined : session.board.areas.get(finding.area);
  const facts = [
    finding.kind === "grid_without_lead" ? "" : whatOf(session, finding.what),
    area ? nameOf(area, session.state.language) : "",
    measureOf(spot, coverageWordsOf(session.state.language)),
  ];
  return facts.filter(Boolean).join("　");
}

/** Its name and what is wrong with it, for the pointer; of several drawn as one, how many there are of what. */
export function spotLines(session: Session, spots: readonly Spot[]): [name: string, facts: string] {
  const { language } = session.state;
  const spot = spots[0]!;
  if (spots.length > 1) {
    const words = coverageWordsOf(language);
    const found = sorts(spots).map(([what, n]) => words.sort(whatOf(session, what), number(n)));
    return [words.sort(words.gaps[spot.finding.kind], number(spots.length)), words.sorts(found)];
  }
  return [nameOf(spot.finding, language), `${coverageWordsOf(language).gaps[spot.finding.kind]}　${factsOf(session, spot)}`];
}

function whatOf({ words }: Session, what: string): string {
  return words.placeKinds[what] ?? words.levels[what] ?? what;
}

/** How much of it no grid holds. */
function measureOf({ finding: { kind, length_m, area_m2, share } }: Spot, words: CoverageWords): string {
  const measure = length_m ? metres(length_m) : area_m2 ? squareMetres(area_m2) : "";
  const percent = `${number(Math.max(1, Math.round((share ?? 1) * 100)))}%`;
  if (kind === "area_without_grid") return words.bare(measure, percent);
  if (kind !== "place_outside") return "";
  return measure && share !== 1 ? words.outside(measure, percent) : words.whollyOutside;
}

/** The mark as it stands on the map. */
export function GapIcon({ kind }: { kind: GapKind }) {
  if (kind === "grid_without_lead" || kind === "area_without_grid") return <i class={`gap-swatch ${kind}`} aria-hidden="true" />;
  return (
    <svg class="symbol gap-mark" viewBox="-1.2 -1.2 2.4 2.4" aria-hidden="true">
      <circle r="1" />
      <path d={GAP_GLYPHS[kind]} />
    </svg>
  );
}
