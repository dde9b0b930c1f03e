/** One issue near an edge: the grids that it may be in, how much of it lies in each, and a button for each. */

import { metres, nameOf } from "../format.ts";
import type { Bench, NoticeAction } from "./bench.ts";
import { GroundView } from "./ground-view.tsx";
import type { Versioned } from "./payloads.ts";
import type { DetailProps } from "./split.tsx";

export function DoubtDetail({ bench, issue, waiting, act, busy }: DetailProps) {
  const { api, session, words } = bench;
  const { grid, candidates, ambiguous, edge_m: edge } = issue.assignment;
  const isWaiting = ambiguous && issue.may.includes("confirm");
  const blocked = busy || session.obstacle !== null;
  // The present one first: Enter confirms it.
  const sorted = [...candidates].sort((a, b) => Number(b.grid === grid) - Number(a.grid === grid));
  const confirm = (code: string) => act((key) => api.confirm(key, issue, code), (answer) => confirmed(bench, answer));
  const spots = issue.lon === null || issue.lat === null ? [] : [{ lon: issue.lon, lat: issue.lat, label: "" }];
  return (
    <div class="placing">
      <div class="means">
        {!isWaiting && <p class="note">{ambiguous ? session.words.notAllowed : words.isConfirmed}</p>}
        {isWaiting && edge !== null && <p class="note-inline">{words.whyDoubt(metres(edge))}</p>}
        <ol class="candidates" aria-label={words.candidates}>
          {sorted.map((each, at) => {
            const known = session.board.grids.get(each.grid)?.properties;
            const name = known ? nameOf(known, bench.language) : each.grid;
            const percent = each.share == null ? null : Math.round(each.share * 100);
            return (
              <li key={each.grid} class="candidate">
                <span class="candidate-number" aria-hidden="true">
                  {at + 1}
                </span>
                <p class="candidate-name">
                  <b>{name}</b>
                  {each.grid === grid && <small>{words.isNow}</small>}
                </p>
                <span class="score">{percent !== null && `${percent}%`}</span>
                {percent !== null && <i class="share-bar" style={{ width: `${percent}%` }} />}
                <p class="candidate-why">{percent !== null && words.share(percent)}</p>
                {isWaiting && (
                  <button
                    type="button"
                    class={at === 0 ? "button primary" : "button"}
                    data-take
                    aria-disabled={blocked}
                    onClick={() => !blocked && confirm(each.grid)}
                  >
                    {words.belongsHere}
                    <span class="sr"> {name}</span>
                  </button>
                )}
              </li>
            );
          })}
        </ol>
      </div>
      <GroundView bench={bench} scene={{ spots, accuracyM: waiting?.accuracy_m ?? null }} choose={() => {}} />
    </div>
  );
}

function confirmed({ words, language }: Bench, { id, number, lon, lat, assignment }: Versioned): [string, NoticeAction[]] {
  const { grid, grid_name, grid_name_en } = assignment;
  const name = nameOf({ name: grid_name ?? grid ?? "", name_en: grid_name_en ?? null }, language);
  return [words.confirmed(number, name), [{ label: words.seeOnMap, href: `/#17/${lat}/${lon}?i=${id}` }]];
}
