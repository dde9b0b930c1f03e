/** One of the things that an address may mean: name, where, how well it fits and why, and the button. */

import { nameOf } from "../format.ts";
import type { Bench } from "./bench.ts";
import { placeable } from "./choice.ts";
import type { Spot } from "./ground.ts";
import type { Candidate } from "./payloads.ts";

const KEYS = 9; // as many as have a digit

/** Candidates as the map numbers them. */
export function mapped(candidates: readonly Candidate[]): Spot[] {
  return placeable(candidates).flatMap(({ lon, lat }, at) => (lon === null || lat === null ? [] : [{ lon, lat, label: String(at + 1) }]));
}

interface Props {
  bench: Bench;
  candidate: Candidate;
  /** Null for an area, which nothing is put at. */
  number: number | null;
  isNamesake: boolean;
  /** Null where nothing can be placed. */
  place: ((chosen: Candidate) => void) | null;
  busy: boolean;
}

export function CandidateRow({ bench, candidate, number, isNamesake, place, busy }: Props) {
  const { words, session, language } = bench;
  const { about, score, reasons, where, grid } = candidate;
  const known = grid === null ? undefined : session.board.grids.get(grid)?.properties;
  const lies = session.words.within(where.slice(0, 2).map((area) => nameOf(area, language)));
  const blocked = busy || session.obstacle !== null;
  return (
    <li class="candidate" data-spot={number ?? undefined}>
      <span class="candidate-number" aria-hidden="true">
        {number}
      </span>
      <p class="candidate-name">
        <b>{nameOf(candidate, language)}</b>
        <small>{session.words.placeKinds[about] ?? session.words.levels[about]}</small>
      </p>
      <span class="score">{words.fits(Math.round(score * 100))}</span>
      <p class="candidate-where">
        <span class={isNamesake ? "told-apart" : undefined}>{lies}</span>
        {known && <span>{session.nameOfGrid(known)}</span>}
      </p>
      <p class="candidate-why">{reasons.map((reason) => words.reasons[reason] ?? reason).join(words.comma)}</p>
      {number === null ? (
        <p class="candidate-why">{words.areaOnly}</p>
      ) : (
        place && (
          <button
            type="button"
            class={number === 1 ? "button primary" : "button"}
            data-take
            aria-disabled={blocked}
            aria-keyshortcuts={number <= KEYS ? String(number) : undefined}
            onClick={() => !blocked && place(candidate)}
          >
            {words.placeHere}
            <span class="sr">
              {" "}
              {nameOf(candidate, language)} {lies}
            </span>
          </button>
        )
      )}
    </li>
  );
}
