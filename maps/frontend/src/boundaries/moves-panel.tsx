/** What it causes: which issues, units and households go where, who answers then, and the loads before and after. */

import { useState } from "preact/hooks";

import { nameOf, number, squareMetres } from "../format.ts";
import type { PanelProps } from "./editor.tsx";
import { errorsOf } from "./faults.ts";
import { type Figure, type MoveRow, barsOf, figuresOf, hearersOf, movedArea, rowsOf } from "./moves.ts";
import type { Change, Load, Preview } from "./payloads.ts";

export function MovesPanel({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { draft, preview } = editing;
  const area = preview && movedArea(preview);
  const known = draft.changes.length ? "" : words.nothingMoves;
  const empty = errorsOf(editing.faults).length ? words.movesUnknown : known;
  const isFirst = editing.isCounting && !preview && draft.changes.length > 0;
  return (
    <section class="editor-section" aria-busy={editing.isCounting}>
      <h2>
        <span>{draft.state === "published" ? words.moved : words.moves}</span>
        {area ? <small>{squareMetres(area)}</small> : null}
      </h2>
      {preview ? <Moves desk={desk} editing={editing} preview={preview} /> : <p class="muted">{isFirst ? desk.session.words.loading : empty}</p>}
      {draft.changes.length > 0 && <Changes desk={desk} editing={editing} changes={draft.changes} />}
    </section>
  );
}

function Moves({ desk, editing, preview }: PanelProps & { preview: Preview }) {
  const { words } = desk;
  const rows = rowsOf(preview);
  return (
    <>
      {rows.length > 0 && <Totals desk={desk} preview={preview} />}
      {rows.length ? (
        <table class="moves">
          <thead>
            <tr>
              <th scope="col" />
              <th scope="col">{words.open}</th>
              <th scope="col">{words.units}</th>
              <th scope="col">{words.households}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={`${row.from} ${row.to}`} desk={desk} editing={editing} row={row} isToldWho={preview.told !== null} />
            ))}
          </tbody>
        </table>
      ) : (
        <p class="muted">{words.noOneMoves}</p>
      )}
      {preview.told && <Hearers desk={desk} preview={preview} />}
      <Loads desk={desk} editing={editing} loads={preview.loads} />
    </>
  );
}

function Totals({ desk, preview }: { desk: PanelProps["desk"]; preview: Preview }) {
  const [issues, units, households] = [preview.issues, preview.units, preview.households].map((figure) => figure && number(figure));
  if (!issues && !units && !households) return null;
  return <p class="moves-total">{desk.words.inAll(issues || null, units || null, households || null)}</p>;
}

/** Who hears of it, as the server will tell them. */
function Hearers({ desk, preview }: { desk: PanelProps["desk"]; preview: Preview }) {
  const { words, session } = desk;
  const hearers = hearersOf(preview);
  const named = ({ lead, grids }: (typeof hearers)[number]) =>
    words.toldOf(lead ? nameOf(lead, session.state.language) : session.words.noLead, grids.map((code) => desk.nameOf(code)));
  return (
    <section class="moves-told">
      <h3>{words.told}</h3>
      {hearers.length ? (
        <ul>
          {hearers.map((hearer) => (
            <li key={hearer.grids.join()}>{named(hearer)}</li>
          ))}
        </ul>
      ) : (
        <p class="muted">{words.toldNobody}</p>
      )}
    </section>
  );
}

function Row({ desk, row, isToldWho }: PanelProps & { row: MoveRow; isToldWho: boolean }) {
  const { words, session } = desk;
  const name = (code: string | null) => (code === null ? words.noGrid : desk.nameOf(code));
  const answers = row.lead ? words.nowAnswers(nameOf(row.lead, session.state.language)) : session.words.noLead;
  return (
    <tr>
      <th scope="row">
        <span>
          {name(row.from)} → {name(row.to)}
        </span>
        {isToldWho && row.to !== null && <small>{answers}</small>}
      </th>
      {([row.issues, row.units, row.households] as const).map((value, at) => (
        <td key={at}>{value === null ? <span class="muted">{words.hidden}</span> : <b>{number(value)}</b>}</td>
      ))}
    </tr>
  );
}

function Loads({ desk, loads }: PanelProps & { loads: readonly Load[] }) {
  const { words } = desk;
  const figures = figuresOf(loads);
  const [asked, setAsked] = useState<Figure | null>(null);
  const figure = asked && figures.includes(asked) ? asked : figures[0];
  if (!figure) return null;
  return (
    <>
      <div class="loads-head">
        <div class="segments" role="group">
          {figures.map((each) => (
            <button key={each} type="button" aria-pressed={each === figure} onClick={() => setAsked(each)}>
              {words.loads[each]}
            </button>
          ))}
        </div>
        <small>{words.beforeAfter}</small>
      </div>
      <ul class="loads">
        {barsOf(loads, figure).map(({ grid, gone, before, after, length, mark }) => (
          <li key={grid}>
            <span>{desk.nameOf(grid)}</span>
            <svg viewBox="0 0 100 18" preserveAspectRatio="none" aria-hidden="true">
              <rect class="ground" width="100" height="14" y="2" />
              <rect class="load" width={100 * length} height="14" y="2" />
              <line class="mark" x1={100 * mark} x2={100 * mark} y1="0" y2="18" />
            </svg>
            <span>
              {number(before)} → <b>{gone ? words.goneGrid : number(after)}</b>
            </span>
          </li>
        ))}
      </ul>
      <p class="editor-note">{words.movesNote}</p>
    </>
  );
}

/** Each grid that changes, with a way there. */
function Changes({ desk, editing, changes }: PanelProps & { changes: readonly Change[] }) {
  const { words } = desk;
  return (
    <details class="changes">
      <summary>
        {words.changes} {changes.length}
      </summary>
      <ChangeList desk={desk} changes={changes} show={(code) => editing.showGrid(code)} />
    </details>
  );
}

export function ChangeList({ desk, changes, show }: { desk: PanelProps["desk"]; changes: readonly Change[]; show?: (code: string) => void }) {
  const { words } = desk;
  return (
    <ul class="change-list">
      {changes.map(({ code, change, was, name, moved_m2 }) => (
        <li key={`${code} ${was}`}>
          <span>
            <b>{desk.nameOfChange({ code, name })}</b> <small>{[code, was !== null && was !== code && words.wasCode(was)].filter(Boolean).join(words.separator)}</small>
          </span>
          <span class="tag">{words.changeKinds[change]}</span>
          <small>{moved_m2 ? squareMetres(moved_m2) : ""}</small>
          {show && (
            <button type="button" class="link" aria-label={`${words.show} ${name}`} onClick={() => show(code)}>
              {words.show}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
