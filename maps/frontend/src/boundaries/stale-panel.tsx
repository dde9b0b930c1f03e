/** A draft that others overtook: what they and it made of the same grids, and the three ways on. */

import { useState } from "preact/hooks";

import { squareMetres } from "../format.ts";
import { useAct } from "../ui/form.tsx";
import type { PanelProps } from "./editor.tsx";
import type { Clash, ClashSide } from "./payloads.ts";
import { boxOfShapes } from "./places.ts";
import { rebase } from "./rebasing.ts";

export function StalePanel({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { draft, clashes } = editing;
  if (!clashes) {
    const isBehind = draft.edition === null && draft.edition_in_force !== draft.base_edition;
    return isBehind ? <p class="editor-section editor-note">{words.inForceNow(draft.edition_in_force)}</p> : null;
  }
  return (
    <section class="editor-section stale" role="alert">
      <h2>
        <span>{words.staleTitle(draft.edition_in_force)}</span>
      </h2>
      <p>{words.staleHelp}</p>
      <table class="moves">
        <thead>
          <tr>
            <th scope="col" />
            <th scope="col">{words.theirs}</th>
            <th scope="col">{words.ours}</th>
          </tr>
        </thead>
        <tbody>
          {clashes.map((clash) => (
            <ClashRow key={clash.code} desk={desk} editing={editing} clash={clash} />
          ))}
        </tbody>
      </table>
      <WaysOn desk={desk} editing={editing} clashes={clashes} />
    </section>
  );
}

function ClashRow({ desk, editing, clash }: PanelProps & { clash: Clash }) {
  const { words } = desk;
  const side = (each: ClashSide | null) => (each ? squareMetres(each.area_m2) : words.notThereAnyMore);
  return (
    <tr>
      <th scope="row">
        <button type="button" class="link" onClick={() => show({ desk, editing }, [clash])}>
          {clash.ours?.name ?? clash.theirs?.name ?? clash.code}
        </button>
        <small>{clash.code}</small>
      </th>
      <td>{side(clash.theirs)}</td>
      <td>{side(clash.ours)}</td>
    </tr>
  );
}

function WaysOn({ desk, editing, clashes }: PanelProps & { clashes: readonly Clash[] }) {
  const { words, session, api } = desk;
  const act = useAct(session, desk.refusalOf);
  const [isDoing, setDoing] = useState(false);
  const again = () => {
    setDoing(true);
    act.run(
      () => rebase(api, editing.draft).finally(() => setDoing(false)),
      ({ draft, done, left }) => {
        desk.go({ draft: draft.id });
        desk.tell(words.rebased(done, left));
      },
    );
  };
  return (
    <>
      {act.trouble && <p class="trouble">{act.trouble}</p>}
      <div class="buttons">
        {desk.may("boundaries.draft") && (
          <button type="button" class="button primary" aria-disabled={act.busy} onClick={again}>
            {isDoing ? session.words.loading : words.rebase}
          </button>
        )}
        <button type="button" class="button" onClick={() => show({ desk, editing }, clashes)}>
          {words.look}
        </button>
        {desk.may("boundaries.draft") && (
          <button type="button" class="button" aria-haspopup="dialog" onClick={() => editing.ask({ kind: "discard" })}>
            {words.discard}
          </button>
        )}
      </div>
    </>
  );
}

/** Both versions on the map. */
function show({ editing }: PanelProps, clashes: readonly Clash[]): void {
  const shapes = clashes.flatMap(({ base, theirs, ours }) => [base, theirs, ours]).flatMap((side) => (side ? [side.geometry] : []));
  const box = boxOfShapes(shapes);
  editing.setCompare("both");
  if (box) editing.showBox(box);
}
