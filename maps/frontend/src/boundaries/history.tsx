/** The history of a grid beside what is open: each step of its life, with its shape and the one before. The address keeps it. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { smallArea, squareMetres } from "../format.ts";
import { editionWordsOf } from "../i18n/editions.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useDetail } from "../ui/hooks.ts";
import { Skeleton, Trouble } from "../ui/parts.tsx";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { valueOf } from "./edition-changes.ts";
import { Why } from "./edition-words.tsx";
import { type Happening, type LifeStep, isOfAnother, lifeOf } from "./history-steps.ts";
import { boxOfShapes } from "./places.ts";
import { pathOf, projectionOf } from "./shape-map.tsx";

/** A way to the history of a grid that was published. code: as the edition has it. */
export function HistoryLink({ desk, code, edition, name }: { desk: Desk; code: string; edition: number; name?: string }) {
  const { history, historyOf } = editionWordsOf(desk.session.state.language);
  return (
    <a class="link" href={formatEditor({ ...desk.at, history: code, historyIn: edition })} aria-label={historyOf(name ?? desk.nameOf(code))}>
      {history}
    </a>
  );
}

/** The same of a grid as the open draft has it: by the code that it was published with. Nothing for one that the draft made. */
export function HistoryOfChosen({ desk, code }: { desk: Desk; code: string }) {
  const draft = desk.editing?.draft;
  const change = draft?.changes.find((each) => each.code === code);
  const published = change ? change.was : code;
  return !draft || published === null ? null : <HistoryLink desk={desk} code={published} edition={draft.base_edition} name={desk.nameOf(code)} />;
}

export function History({ desk }: { desk: Desk }) {
  const { history, historyIn } = desk.at;
  if (history === null || !desk.session.board.config || !desk.mayEnter) return null;
  return <HistorySheet desk={desk} code={history} edition={historyIn} />;
}

function HistorySheet({ desk, code, edition }: { desk: Desk; code: string; edition: number | null }) {
  const { session, api } = desk;
  const words = editionWordsOf(session.state.language);
  const found = useDetail(() => api.history(code), `history ${code}`, session.loads);
  const last = found.data?.history.at(-1);
  useHeading("grid-history-title", code);
  // A sheet that goes because a link of it was followed tells that it closes, too.
  const close = () => desk.at.history !== null && desk.go({ ...desk.at, history: null, historyIn: null });
  const title = words.historyOf(last ? session.nameOfGrid(last) : desk.nameOf(code));
  return (
    <Dialog session={session} title={title} name="grid-history" close={close}>
      {found.problem && <Trouble session={session} problem={found.problem} retry={found.reload} missing={words.noHistory} />}
      {!found.data && !found.problem && <Skeleton session={session} rows={4} tall />}
      {found.data && edition !== null && isOfAnother(found.data, code, edition) && <p class="editor-note">{words.otherGrid(code, edition)}</p>}
      <ol class="life">
        {found.data && lifeOf(found.data).map((step) => <Step key={step.edition} desk={desk} step={step} />)}
      </ol>
    </Dialog>
  );
}

/** With another history in the sheet the link that was followed is gone: reading goes on at the heading. */
function useHeading(id: string, code: string): void {
  const shown = useRef(code);
  useLayoutEffect(() => {
    if (shown.current === code) return;
    shown.current = code;
    const heading = document.getElementById(id)!;
    heading.tabIndex = -1;
    heading.focus();
  }, [code]);
}

function Step({ desk, step }: { desk: Desk; step: LifeStep }) {
  const { session } = desk;
  const words = editionWordsOf(session.state.language);
  const { edition, after, published_at, actor, actor_en = null } = step;
  const who = actor && session.actorName(actor, actor_en);
  return (
    <li>
      <h3>
        <a href={formatEditor({ ...NOWHERE, edition })}>{desk.words.edition(edition)}</a>
        {after?.until_edition === null && <span class="tag strong">{desk.words.inForce}</span>}
      </h3>
      <Picture desk={desk} step={step} />
      <ul class="happenings">
        {step.happenings.map((each, at) => (
          <li key={at}>
            <Happened desk={desk} happening={each} />
          </li>
        ))}
      </ul>
      {after && (
        <p>
          {after.code} {after.name !== after.code && session.nameOfGrid(after)}
          <br />
          {words.size(squareMetres(after.area_m2), after.households)}
        </p>
      )}
      <p class="muted">
        {words.publishedBy(who, session.moment(published_at))}
        <Why desk={desk} of={step} />
      </p>
    </li>
  );
}

function Happened({ desk, happening }: { desk: Desk; happening: Happening }) {
  const words = editionWordsOf(desk.session.state.language);
  if (happening.kind === "made" || happening.kind === "retired" || happening.kind === "other") return <b>{words[happening.kind]}</b>;
  if (happening.kind === "line") return <>{words.line(happening.nodes)}</>;
  if (happening.kind === "said") {
    const { field, before, after } = happening;
    return <>{words.said(words.fields[field] ?? field, valueOf(desk, field, before), valueOf(desk, field, after))}</>;
  }
  const { kind, other, hadIn, area } = happening;
  return (
    <>
      <span>{words.exchanges[kind]}</span>{" "}
      {other === null ? <span>{words.elsewhere}</span> : <a href={formatEditor({ ...desk.at, history: other, historyIn: hadIn })}>{desk.nameOf(other)}</a>}{" "}
      <small>{smallArea(area)}</small>
    </>
  );
}

function Picture({ desk, step: { edition, after, before } }: { desk: Desk; step: LifeStep }) {
  const words = editionWordsOf(desk.session.state.language);
  const shapes = [before, after].flatMap((version) => (version ? [version.geometry] : []));
  const box = boxOfShapes(shapes);
  if (!box) return null;
  const at = projectionOf(box);
  return (
    <svg class="life-shape" viewBox="0 0 640 480" role="img" aria-label={words.shape(edition)}>
      {before && <path class="before" d={pathOf(before.geometry, at)} />}
      {after && <path class="after" d={pathOf(after.geometry, at)} fill-rule="evenodd" />}
    </svg>
  );
}
