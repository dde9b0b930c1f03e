/** One open draft: its head, the tools, the map, and the panels: what is wrong, what it causes, what was done. */

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import type { Desk, OpenDraft } from "./desk.ts";
import { Dialogs } from "./dialogs.tsx";
import { FaultsPanel } from "./faults-panel.tsx";
import { Foot } from "./foot.tsx";
import { Ways } from "./frame.tsx";
import { listenForKeys } from "./keys.ts";
import { askBeforeLeaving } from "./leaving.ts";
import { keepLooking } from "./lookout.ts";
import { EditMap } from "./map/edit-map.ts";
import { MovesPanel } from "./moves-panel.tsx";
import { OfficialPanel, OfficialSwitch } from "./official-panel.tsx";
import { StalePanel } from "./stale-panel.tsx";
import { StepsPanel } from "./steps-panel.tsx";
import { CompareSwitch, MapKey, Tools } from "./tools.tsx";

export interface PanelProps {
  desk: Desk;
  editing: OpenDraft;
}

export function Editor({ desk, editing }: PanelProps) {
  useEffect(() => listenForKeys(editing), []);
  useEffect(() => keepLooking(() => editing.check()), []);
  return (
    <div class="editor" data-read-only={editing.isReadOnly}>
      <Head desk={desk} editing={editing} />
      <Tools desk={desk} editing={editing} />
      <MapSlot desk={desk} editing={editing} />
      <aside id="boundary-main" class="editor-side" tabindex={-1} aria-label={desk.titleOf(editing.draft)}>
        <StalePanel desk={desk} editing={editing} />
        <FaultsPanel desk={desk} editing={editing} />
        <OfficialPanel desk={desk} editing={editing} />
        <MovesPanel desk={desk} editing={editing} />
        <StepsPanel desk={desk} editing={editing} />
        <Foot desk={desk} editing={editing} />
      </aside>
      <Dialogs desk={desk} editing={editing} />
    </div>
  );
}

function Head({ desk, editing }: PanelProps) {
  const { words, session } = desk;
  const { base_edition, created_by, created_at, state } = editing.draft;
  const facts = [words.basedOn(base_edition), created_by, words.since(session.moment(created_at))];
  return (
    <header class="boundary-bar">
      <h1>{words.draftTitle(desk.titleOf(editing.draft))}</h1>
      <p class="facts">
        {facts.filter(Boolean).join(words.separator)} <span class="tag">{words.states[state]}</span>
      </p>
      <p class="saved" role="status">
        {editing.isReadOnly ? words.readOnly : words.saved[editing.saved]}
      </p>
      <Ways desk={desk}>
        {!editing.isReadOnly && (
          <>
            <HeadButton label={words.undo} shortcut="Ctrl+Z" can={editing.canUndo} act={() => void editing.undo()} />
            <HeadButton label={words.redo} shortcut="Ctrl+Y" can={editing.canRedo} act={() => void editing.redo()} />
          </>
        )}
        {desk.may("boundaries.draft") && (
          <button type="button" class="button" aria-haspopup="dialog" onClick={() => editing.ask({ kind: "file" })}>
            {words.file}
          </button>
        )}
      </Ways>
    </header>
  );
}

function HeadButton({ label, shortcut, can, act }: { label: string; shortcut: string; can: boolean; act: () => void }) {
  return (
    <button type="button" class="button" aria-disabled={!can} title={shortcut} aria-keyshortcuts={shortcut.replace("Ctrl", "Control")} onClick={() => can && act()}>
      {label}
    </button>
  );
}

/** The map is made once for a draft; all that it shows it asks of the draft. */
function MapSlot({ desk, editing }: PanelProps) {
  const slot = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const map = new EditMap(slot.current!, editing);
    desk.map = map;
    editing.showBox = (box, options) => map.showBox(box, options);
    const hasBegun = () => map.hasBegun || editing.request !== null;
    const leave = askBeforeLeaving(() => !editing.isAtRest || hasBegun());
    desk.hasBegun = hasBegun;
    return () => {
      leave();
      desk.hasBegun = () => false;
      desk.map = null;
      map.close();
    };
  }, []);
  return (
    <section class="editor-map" aria-label={desk.words.mapLabel}>
      <div ref={slot} class="editor-map-slot" />
      <div class="map-switches">
        <CompareSwitch desk={desk} editing={editing} />
        <OfficialSwitch desk={desk} editing={editing} />
      </div>
      <MapKey desk={desk} editing={editing} />
      <NoticeLine desk={desk} editing={editing} />
    </section>
  );
}

/** What was refused, beside the map: it stays until the next thing is done. */
function NoticeLine({ desk, editing }: PanelProps) {
  const { notice } = editing;
  const problem = notice?.problem;
  const refusal = problem && desk.refusalOf(problem);
  return (
    <div class="editor-notice" role="alert">
      {notice && (
        <p>
          <b>{desk.words.notices[notice.word]}</b>
          {problem && (refusal ? <span>{refusal}</span> : <span lang="en">{problem.message}</span>)}
          {notice.word === "offline" && (
            <button type="button" class="link" onClick={() => void editing.reload()}>
              {desk.session.words.retry}
            </button>
          )}
          <button type="button" class="link" onClick={() => editing.hush()}>
            {desk.session.words.close}
          </button>
        </p>
      )}
    </div>
  );
}
