/** Everything at one place, each a way into its drawer: issues, then units by building, stairwell and floor. */

import { opens } from "../focus.ts";
import { langOf, nameOf, number } from "../format.ts";
import type { UnitDetail } from "../payloads.ts";
import type { Session } from "../session.ts";
import { type Floor, byStairs } from "../stairs.ts";
import { useDetail } from "./hooks.ts";
import { ClassIcon } from "./icons.tsx";
import { IssueById } from "./issue-rows.tsx";
import { BackBar, Section, Skeleton, Trouble } from "./parts.tsx";

const ISSUES_LISTED = 8;
const UNITS_LISTED = 60; // a tower's worth

export function PlaceList({ session, units, issues }: { session: Session; units: readonly number[]; issues: readonly number[] }) {
  const { words } = session;
  const listedIssues = issues.slice(0, ISSUES_LISTED);
  const listedUnits = units.slice(0, UNITS_LISTED);
  const more = issues.length + units.length - listedIssues.length - listedUnits.length;
  const [u, i] = [number(units.length), number(issues.length)];
  const title = units.length && issues.length ? words.placeBoth(u, i) : units.length ? words.placeUnits(u) : words.placeIssues(i);
  return (
    <article class="card">
      <BackBar session={session} />
      <header class="card-title">
        <h2>{title}</h2>
      </header>
      {listedIssues.length > 0 && (
        <ul class="issues section">
          {listedIssues.map((id) => (
            <IssueById key={id} session={session} id={id} />
          ))}
        </ul>
      )}
      {listedUnits.length > 0 && <Units session={session} ids={listedUnits} />}
      {more > 0 && <p class="note">{words.placeMore(number(more))}</p>}
    </article>
  );
}

function Units({ session, ids }: { session: Session; ids: readonly number[] }) {
  const { api, words, state } = session;
  const version = ids.reduce((all, id) => all + session.changesOf("unit", id), 0);
  const detail = useDetail(() => Promise.all(ids.map((id) => api.unit(id))), ids.join(), version);
  if (!detail.data && detail.problem) return <Trouble session={session} problem={detail.problem} retry={detail.reload} />;
  if (!detail.data) return <Skeleton session={session} rows={ids.length} />;
  return (
    <>
      {byStairs(detail.data).map(({ place, floors }) => (
        <Section key={place?.code ?? ""} title={place ? nameOf(place, state.language) : words.rentalUnits}>
          {floors.map((floor) => (
            <FloorOf key={floor.floor} session={session} floor={floor} />
          ))}
        </Section>
      ))}
    </>
  );
}

function FloorOf({ session, floor }: { session: Session; floor: Floor }) {
  return (
    <div class="floor">
      <span class="muted">{floor.floor !== null && session.words.floor(floor.floor)}</span>
      <ul class="issues">
        {floor.units.map((unit) => (
          <UnitRow key={unit.id} session={session} unit={unit} />
        ))}
      </ul>
    </div>
  );
}

function UnitRow({ session, unit }: { session: Session; unit: UnitDetail }) {
  const { constants, words } = session;
  const style = constants.classes.find(({ name }) => name === unit.class);
  return (
    <li>
      <button type="button" {...opens({ kind: "unit", id: unit.id })} onClick={() => session.store.select({ kind: "unit", id: unit.id })}>
        {style && <ClassIcon style={style} letter overdue={unit.days_overdue > 0} />}
        <span class="issue-name" lang={langOf(unit.label ?? unit.address)}>{unit.label ?? unit.address ?? unit.code}</span>
        {unit.days_overdue > 0 && <span class="overdue">{words.overdueBy(unit.days_overdue)}</span>}
      </button>
    </li>
  );
}
