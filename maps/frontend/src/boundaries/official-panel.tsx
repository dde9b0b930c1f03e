/** The switch of the official lines, what their signs mean, and the list of what differs with a way to each. */

import { metres, nameOf, squareMetres } from "../format.ts";
import type { PanelProps } from "./editor.tsx";
import { LongList } from "./long-list.tsx";
import { DEPARTURES, type DepartureFeature, boxOfDeparture } from "./official.ts";

export function OfficialSwitch({ desk, editing }: PanelProps) {
  const { official } = editing;
  if (!desk.session.board.may("places.see")) return null;
  return (
    <button type="button" class="button official-switch" aria-pressed={official.isOn} onClick={() => void official.toggle()}>
      {desk.words.official.name}
    </button>
  );
}

export function OfficialKey({ desk, editing }: PanelProps) {
  const { official } = desk.words;
  if (!editing.official.isOn) return null;
  return (
    <>
      {DEPARTURES.map((kind) => (
        <li key={kind}>
          <i class={`departure ${kind}`} /> {official.key[kind]}
        </li>
      ))}
    </>
  );
}

export function OfficialPanel({ desk, editing }: PanelProps) {
  const { words, session } = desk;
  const { isOn, map, hasFailed } = editing.official;
  if (!isOn) return null;
  const empty = hasFailed ? words.unreachable : map ? words.official.nothing : session.words.loading;
  return (
    <section class="editor-section" aria-busy={!map && !hasFailed}>
      <h2>
        <span aria-live="polite">
          {words.official.name} {map?.features.length}
        </span>
        {map && <small>{words.official.inForce(map.edition)}</small>}
      </h2>
      {map?.features.length ? (
        <LongList
          name="fault-list"
          items={map.features}
          more={words.moreFaults}
          row={(feature, at) => <DepartureRow key={at} desk={desk} editing={editing} feature={feature} />}
        />
      ) : (
        <p class="muted" role="status">
          {empty}
        </p>
      )}
      {map && <p class="editor-note">{words.official.compared(map.counts.areas, map.counts.areas_unknown)}</p>}
    </section>
  );
}

function DepartureRow({ desk, editing, feature }: PanelProps & { feature: DepartureFeature }) {
  const { words, session } = desk;
  const { kind, grids, area_m2, width_m, ...place } = feature.properties;
  const title = words.official.kinds[kind](nameOf(place, session.state.language));
  const sizes = [words.official.sizes[kind](squareMetres(area_m2)), width_m !== null && words.official.wide(metres(width_m))];
  return (
    <li>
      <i class={`departure ${kind}`} />
      <b>{title}</b>
      <button type="button" class="link" aria-label={`${words.show} ${title}`} onClick={() => editing.showBox(boxOfDeparture(feature))}>
        {words.show}
      </button>
      <small>{[...sizes, words.listed(grids.map((code) => desk.nameOf(code)))].filter(Boolean).join(words.separator)}</small>
    </li>
  );
}
