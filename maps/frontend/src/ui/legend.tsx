/** The legend is the filter: every row is a switch with its live count, and shows only what can be drawn at this zoom. */

import type { ComponentChildren } from "preact";

import { stepLabels } from "../breaks.ts";
import { classesOf } from "../figures.ts";
import { number } from "../format.ts";
import type { UnitStory } from "../layers/unit-layer.ts";
import type { PlaceKind, RiskName } from "../payloads.ts";
import type { Session } from "../session.ts";
import { NO_FILTER, isOff } from "../state.ts";
import * as story from "../story.ts";
import { isWall } from "../wall/wall.ts";
import { FigureChoice, ShareButton, WorkbenchLink } from "./bar.tsx";
import { CoverageLegend } from "./coverage.tsx";
import { FilterSheet, type FiltersProps, isPhone } from "./filters.tsx";
import { ClassIcon, Icon, IssueIcon, PlaceIcon } from "./icons.tsx";
import { Live } from "./parts.tsx";

type Filter = "classesOff" | "statesOff" | "stepsOff";

interface Props {
  session: Session;
  zoom: number;
  unitStory: UnitStory;
}

interface LegendProps extends Props {
  placeKinds: readonly PlaceKind[];
  filters: FiltersProps;
  close: () => void;
}

export function Legend({ session, zoom, unitStory, placeKinds, filters, close }: LegendProps) {
  const { words, state, board } = session;
  if (!board.config || !board.grids.size) return null;
  const filtered = state.classesOff || state.statesOff || state.stepsOff || state.filter !== NO_FILTER;
  const clear = filtered ? (
    <button type="button" class="link" onClick={() => session.store.clearFilters()}>
      {words.clearFilters}
    </button>
  ) : null;
  const withShade = story.shadeOpacity(zoom) > 0.3;
  return (
    <>
      {isPhone() && (
        <div class="legend-part sheet-head">
          <FigureChoice session={session} />
          <button type="button" class="button icon-button" aria-label={words.close} onClick={close}>
            <Icon name="close" />
          </button>
        </div>
      )}
      {!withShade && !isWall() && (
        <div class="legend-part">
          {!board.hasUnits && clear}
          <p class="hint">{words.shadeGone}</p>
        </div>
      )}
      {withShade && <Shades session={session} zoom={zoom} clear={clear} />}
      {board.hasUnits && (
        <Classes session={session} unitStory={unitStory} zoom={zoom} clear={withShade ? null : clear} />
      )}
      {board.issues && zoom >= story.ISSUES_FROM && <IssueStates session={session} />}
      {board.failed.has("issues") && <p class="hint">{words.partFailed.issues}</p>}
      {placeKinds.length > 0 && <Places session={session} kinds={placeKinds} />}
      {session.blindSpots && <CoverageLegend session={session} spots={session.blindSpots} />}
      {!board.isDistrictStory(zoom) && !isWall() && <p class="hint">{countsOf(session)}</p>}
      <FilterSheet {...filters} />
      {isPhone() && (
        <div class="legend-part">
          <WorkbenchLink session={session} />
          <ShareButton session={session} />
        </div>
      )}
    </>
  );
}

function Toggle({ session, filter, bit, count, children }: { session: Session; filter: Filter; bit: number; count: number; children: ComponentChildren }) {
  const { store, state, words } = session;
  const only = () => store.only(filter, bit, count);
  return (
    <button
      type="button"
      aria-pressed={!isOff(state[filter], bit)}
      title={words.toggleHelp}
      onClick={(event) => (event.altKey ? only() : event.detail < 2 && store.toggle(filter, bit))}
      onDblClick={only}
    >
      {children}
    </button>
  );
}

/** What the numbers of the legend and of the strip above the map are of, for who has zoomed in. */
function countsOf({ words, board }: Session): string {
  const { narrowsGrids, narrowsIssues, narrowsUnits } = board.counted;
  return words.countsOf(board.config!.me.whole, narrowsGrids || narrowsIssues || narrowsUnits);
}

function Shades({ session, zoom, clear }: { session: Session; zoom: number; clear: ComponentChildren }) {
  const { words, state, board } = session;
  const byDistrict = board.isDistrictStory(zoom);
  const per = byDistrict ? words.perSubdistrict : words.perGrid;
  const breaks = board.breaksOf(state.figure);
  const every = byDistrict ? board.subdistricts.map(({ grids }) => grids) : [...board.grids.values()].map((grid) => [grid]);
  const groups = every.filter((grids) => grids.some(({ properties }) => board.counted.of(properties.code)));
  const steps = groups.map((grids) => board.shaded(state.figure, grids, byDistrict).step);
  const counts = [0, 0, 0, 0, 0, 0];
  for (const step of steps) if (step !== null) counts[step]!++;
  const unknown = steps.filter((step) => step === null).length;
  const labels = stepLabels(byDistrict ? breaks.area : breaks.grid, short);
  return (
    <div class="legend-part">
      <h3>
        <span>{words.legendTitle[state.figure](per)}</span>
        {clear}
      </h3>
      <div class="shades">
        {labels.map((label, step) => (
          <Toggle key={step} session={session} filter="stepsOff" bit={step} count={6}>
            <i class={`shade shade-${step}`} />
            <span>{breakable(label)}</span>
            <small>
              <Live value={counts[step]!} />
            </small>
            <span class="sr"> {per}</span>
          </Toggle>
        ))}
      </div>
      {!board.isNarrowed(state.figure) && board.counted.narrowsIssues && <p class="hint">{words.notNarrowedLong}</p>}
      {unknown > 0 && (
        <p class="hint with-icon">
          <i class="shade shade-none" />
          <span>
            {breaks.percent
              ? words.tooFewWhy(number(unknown), per, board.config!.figures.fewest_rated)
              : `${words.notKnown} ${number(unknown)}`}
          </span>
        </p>
      )}
      {story.shadeOpacity(zoom) < 1 && <p class="hint">{words.shadeFades}</p>}
    </div>
  );
}

function Classes({ session, unitStory, zoom, clear }: Props & { clear: ComponentChildren }) {
  const { words, board, constants } = session;
  const cycles = board.config!.class_table.cycles;
  const units = classesOf(board.counted.scope(), "units");
  const late = classesOf(board.counted.scope(), "units_overdue");
  return (
    <div class="legend-part">
      <h3>
        <span>{words.inspectionClass}</span>
        {clear}
      </h3>
      <div class="legend-heads" aria-hidden="true">
        <span>{words.units}</span>
        <span>{words.unitsOverdue}</span>
      </div>
      <div class="rows">
        {constants.classes.map((style, bit) => {
          const name = style.name as RiskName;
          return (
            <Toggle key={name} session={session} filter="classesOff" bit={bit} count={5}>
              <ClassIcon style={style} letter />
              <span>
                {words.classes[name]} <span class="muted">{cycles[name] ? words.cycle(cycles[name], bit === 0) : ""}</span>
              </span>
              <b>
                <Live value={units[name]} />
              </b>
              <span class="late">
                <Live value={late[name]} />
              </span>
            </Toggle>
          );
        })}
      </div>
      {!isWall() && <Hint session={session} unitStory={unitStory} zoom={zoom} />}
    </div>
  );
}

/** What is left out at this zoom, in words. */
function Hint({ session, unitStory, zoom }: Props) {
  const { words, board } = session;
  if (board.failed.has("units")) return <p class="hint">{words.partFailed.units}</p>;
  if (!board.may("units.see_points")) return zoom >= story.OVERDUE_UNITS_FROM ? <p class="hint">{words.unitsCountOnly}</p> : null;
  if (unitStory === "none") return <p class="hint">{words.unitsNotDrawn}</p>;
  if (unitStory === "overdue") return <p class="hint">{words.unitsOverdueOnly}</p>;
  if (unitStory === "places") return <p class="hint">{words.unitsStacked}</p>;
  return null;
}

function IssueStates({ session }: { session: Session }) {
  const { words, board } = session;
  const counts = board.counted.issueCounts()!.states;
  return (
    <div class="legend-part">
      <h3>
        <span>{words.issueState}</span>
        <small>{words.outlineIsOverdue}</small>
      </h3>
      <div class="rows">
        {(["open", "reopened"] as const).map((name, bit) => (
          <Toggle key={name} session={session} filter="statesOff" bit={bit} count={2}>
            <IssueIcon state={bit} />
            <span>{words.states[name]}</span>
            <b>
              <Live value={counts[bit]!} />
            </b>
            <span class="late" />
          </Toggle>
        ))}
      </div>
    </div>
  );
}

/** What the glyphs are; they cannot be switched off, so they are no buttons. */
function Places({ session, kinds }: { session: Session; kinds: readonly PlaceKind[] }) {
  const { words } = session;
  return (
    <div class="legend-part">
      <h3>{words.places}</h3>
      <ul class="place-kinds">
        {kinds.map((kind) => (
          <li key={kind} class="with-icon">
            <PlaceIcon kind={kind} /> {words.placeKinds[kind]}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** With a place to break: "500–799" is wider than its shade. */
function breakable(label: string): ComponentChildren {
  const [from, to] = label.split("–");
  return to === undefined ? from : [from, "–", <wbr key="break" />, to];
}

/** Thousands shortened where a step would not fit: 20000 as 20k. */
function short(value: number): string {
  return value >= 10_000 ? `${value / 1000}k` : String(value);
}
