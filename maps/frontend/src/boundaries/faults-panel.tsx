/** What is wrong: each fault with the number it has on the map, its size, its grids, and a way there. */

import { useRef, useState } from "preact/hooks";

import { metres, smallArea } from "../format.ts";
import type { Desk } from "./desk.ts";
import type { PanelProps } from "./editor.tsx";
import { boxOf, errorsOf, isWarning } from "./faults.ts";
import { LongList } from "./long-list.tsx";
import type { Fault, Suggestion } from "./payloads.ts";

export function FaultsPanel({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { faults } = editing;
  const errors = errorsOf(faults);
  const warnings = faults.filter(isWarning);
  return (
    <>
      <section class="editor-section" aria-live="polite">
        <h2>
          <span>
            {words.faults} {errors.length}
          </span>
          {errors.length > 0 && <small>{words.faultsHelp}</small>}
        </h2>
        {errors.length ? <FaultList desk={desk} editing={editing} faults={errors} from={1} /> : <p class="muted">{words.noFaults}</p>}
      </section>
      {warnings.length > 0 && (
        <section class="editor-section">
          <h2>
            <span>
              {words.warnings} {warnings.length}
            </span>
            <small>{words.warningsHelp}</small>
          </h2>
          <FaultList desk={desk} editing={editing} faults={warnings} from={errors.length + 1} />
        </section>
      )}
    </>
  );
}

function FaultList({ desk, editing, faults, from }: PanelProps & { faults: readonly Fault[]; from: number }) {
  const row = (fault: Fault, at: number) => <FaultRow key={`${at} ${fault.kind}`} desk={desk} editing={editing} fault={fault} label={from + at} />;
  return <LongList name="fault-list" items={faults} more={desk.words.moreFaults} row={row} />;
}

function FaultRow({ desk, editing, fault, label }: PanelProps & { fault: Fault; label: number }) {
  const { words } = desk;
  const box = boxOf(fault);
  const title = [words.faultKinds[fault.kind] ?? fault.kind, sizeOf(fault)].filter(Boolean).join(" ");
  return (
    <li class={isWarning(fault) ? "warning" : undefined}>
      <span class="fault-number">{label}</span>
      <b>{title}</b>
      {box && (
        <button type="button" class="link" aria-label={`${words.show} ${label} ${title}`} onClick={() => editing.showBox(box, { tight: true })}>
          {words.show}
        </button>
      )}
      <small>{[words.between(namesOf(desk, fault)), lengthOf(desk, fault)].filter(Boolean).join(words.separator)}</small>
      {fault.suggestion && !editing.isReadOnly && <Repair desk={desk} editing={editing} fault={fault} suggestion={fault.suggestion} />}
    </li>
  );
}

/** What would put the fault right: told, and the grids that it changes shown, before it is done. */
function Repair({ desk, editing, fault, suggestion }: PanelProps & { fault: Fault; suggestion: Suggestion }) {
  const { words } = desk;
  const [shown, setShown] = useState<Suggestion | null>(null);
  const see = useRef<HTMLButtonElement>(null);
  const box = boxOf(fault);
  const isShown = shown === suggestion;
  const show = () => {
    setShown(suggestion);
    editing.choose(suggestion.grids);
    if (box) editing.showBox(box, { tight: true });
  };
  const hide = () => {
    setShown(null);
    editing.choose([]);
    see.current?.focus();
  };
  return (
    <>
      <button ref={see} type="button" class="link see-suggestion" aria-expanded={isShown} onClick={isShown ? hide : show}>
        {words.suggestion.see}
      </button>
      {isShown && <Proposal desk={desk} editing={editing} suggestion={suggestion} hide={hide} />}
    </>
  );
}

function Proposal({ desk, editing, suggestion, hide }: PanelProps & { suggestion: Suggestion; hide: () => void }) {
  const { words, session } = desk;
  const { grids, area_m2 } = suggestion;
  const take = () => {
    document.getElementById("boundary-main")?.focus({ preventScroll: true }); // the button goes with the fault
    void editing.mend(suggestion);
  };
  return (
    <div class="suggestion" role="group" aria-label={words.suggestion.see}>
      <p>{words.suggestion.would(words.listed(grids.map((code) => desk.nameOf(code))), area_m2 ? smallArea(area_m2) : null)}</p>
      <div class="buttons">
        <button type="button" class="button primary" onClick={take}>
          {words.suggestion.take}
        </button>
        <button type="button" class="button" onClick={hide}>
          {session.words.cancel}
        </button>
      </div>
    </div>
  );
}

function namesOf(desk: Desk, { codes }: Fault): string[] {
  return codes.map((code) => desk.nameOf(code));
}

function sizeOf({ area_m2 }: Fault): string {
  return area_m2 ? smallArea(area_m2) : "";
}

function lengthOf({ words }: Desk, { length_m }: Fault): string {
  return length_m ? words.long(metres(length_m)) : "";
}
