/** One report to place: what was understood of its address, what it may mean, the map, and a field for another address. */

import { useState } from "preact/hooks";

import { newKey } from "../api.ts";
import { nameOf } from "../format.ts";
import type { LonLat } from "../pin.ts";
import { type Detail, useDetail } from "../ui/hooks.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import type { Bench, NoticeAction } from "./bench.ts";
import { CandidateRow, mapped } from "./candidates.tsx";
import { elsewhere, namesakes, placeable } from "./choice.ts";
import { GroundView } from "./ground-view.tsx";
import type { AddressAnswer, Candidate, Versioned } from "./payloads.ts";
import type { DetailProps } from "./split.tsx";

export function PlaceDetail({ bench, issue, act, busy }: DetailProps) {
  const { api, session } = bench;
  const [tried, setTried] = useState("");
  const found = useDetail(() => api.candidates(issue.id, tried), `candidates ${issue.id} ${tried}`);
  const candidates = found.data?.candidates ?? [];
  const spots = mapped(candidates);
  const isWaiting = issue.assignment.queue === "no_location" && issue.may.includes("move");
  const place = (chosen: Candidate) =>
    act((key) => api.place(key, issue, chosen.place!), (answer) => placed(bench, answer, chosen));
  const put = (at: LonLat) => act((key) => api.setPin(key, issue, at), (answer) => placed(bench, answer, null));
  const choose = (at: number) => document.querySelector<HTMLElement>(`[data-spot="${spots[at]!.label}"] button`)?.focus();
  const area = candidates.find((each) => each.area !== null)?.area;
  return (
    <div class="placing">
      <div class="means">
        <TryAddress bench={bench} tried={tried} search={setTried} />
        {!isWaiting && <p class="note">{whyNot(bench, issue)}</p>}
        {found.data && <Understood bench={bench} answer={found.data} />}
        <Found bench={bench} found={found} place={isWaiting ? place : null} busy={busy} />
      </div>
      <GroundView
        bench={bench}
        scene={{ spots, area: spots.length ? null : area }}
        choose={choose}
        put={isWaiting ? put : undefined}
        busy={busy || session.obstacle !== null}
      />
    </div>
  );
}

/** Another address than that of the report: what the caller meant, or a landmark beside it. */
function TryAddress({ bench, tried, search }: { bench: Bench; tried: string; search: (text: string) => void }) {
  const { words } = bench;
  const [text, setText] = useState(tried);
  return (
    <form
      class="try"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(text.trim());
      }}
    >
      <label class="field">
        <span>{words.tryAddress}</span>
        <input type="search" value={text} maxLength={200} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button">
        {words.look}
      </button>
      {tried && (
        <button
          type="button"
          class="link"
          onClick={() => {
            setText("");
            search("");
          }}
        >
          {words.ownAddress}
        </button>
      )}
    </form>
  );
}

function Understood({ bench, answer }: { bench: Bench; answer: AddressAnswer }) {
  const { words, session } = bench;
  const districts = new Set([...session.board.areas.values()].filter(({ level }) => level === "district").map(({ name }) => name));
  const other = elsewhere(answer, districts);
  const parts = Object.entries(answer.parsed).filter(([part]) => part in words.parts);
  return (
    <>
      {parts.length > 0 && (
        <dl class="parts" aria-label={words.understood}>
          {parts.map(([part, text]) => (
            <div key={part}>
              <dt>{words.parts[part]}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
      {other !== null && <p class="note-inline elsewhere">{words.elsewhere(other)}</p>}
    </>
  );
}

interface FoundProps {
  bench: Bench;
  found: Detail<AddressAnswer>;
  place: ((chosen: Candidate) => void) | null;
  busy: boolean;
}

function Found({ bench, found, place, busy }: FoundProps) {
  const { session, words } = bench;
  if (found.problem) return <Trouble session={session} problem={found.problem} retry={found.reload} />;
  if (!found.data) return <Skeleton session={session} rows={3} />;
  const { candidates } = found.data;
  if (!candidates.length) return <p class="note-inline">{words.noCandidates}</p>;
  const same = namesakes(candidates);
  const numbers = placeable(candidates);
  return (
    <>
      {same.size > 0 && <p class="note-inline">{words.namesakes([...same])}</p>}
      <ol class="candidates" aria-label={words.candidates}>
        {candidates.map((each) => (
          <CandidateRow
            key={each.place ?? each.area}
            bench={bench}
            candidate={each}
            number={each.place === null ? null : numbers.indexOf(each) + 1}
            isNamesake={same.has(each.name)}
            place={place}
            busy={busy}
          />
        ))}
      </ol>
    </>
  );
}

function whyNot(bench: Bench, issue: Versioned): string {
  if (issue.assignment.queue === "no_location") return bench.session.words.notAllowed;
  return bench.words.isPlaced(gridOf(bench, issue));
}

/** The name of the grid that an issue is in, or of the queue outside all of them. */
function gridOf({ session, language }: Bench, { assignment }: Versioned): string {
  const { grid, grid_name: name, grid_name_en } = assignment;
  return grid === null ? session.words.queues.outside! : nameOf({ name: name ?? grid, name_en: grid_name_en ?? null }, language);
}

/** What is said of an issue that was just placed, and what may be done about it. */
function placed(bench: Bench, issue: Versioned, chosen: Candidate | null): [string, NoticeAction[]] {
  const { words } = bench;
  const { id, number, lon, lat, history } = issue;
  const where = gridOf(bench, issue);
  const learnt = history[0]?.data?.alias as { id: number; text: string } | undefined;
  const actions: NoticeAction[] = [{ label: words.seeOnMap, href: `/#17/${lat}/${lon}?i=${id}` }];
  if (!learnt || !chosen) return [words.placed(number, where), actions];
  actions.push({ label: words.forget, act: () => void forget(bench, learnt) });
  return [`${words.placed(number, where)}${words.learnt(learnt.text)}`, actions];
}

async function forget(bench: Bench, { id, text }: { id: number; text: string }): Promise<void> {
  const { api, words, session } = bench;
  await api.takeBack(newKey(), id).then(() => bench.tell(words.forgotten(text)), () => bench.tell(session.words.failed));
}
