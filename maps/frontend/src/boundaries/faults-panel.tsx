/** What is wrong: each fault with the number it has on the map, its size, its grids, and a way there. */

import { metres, number, tenths } from "../format.ts";
import type { Desk } from "./desk.ts";
import type { PanelProps } from "./editor.tsx";
import { boxOf, errorsOf, isWarning } from "./faults.ts";
import { LongList } from "./long-list.tsx";
import type { Fault } from "./payloads.ts";

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
    </li>
  );
}

function namesOf(desk: Desk, { codes }: Fault): string[] {
  return codes.map((code) => desk.nameOf(code));
}

function sizeOf({ area_m2 }: Fault): string {
  if (!area_m2) return "";
  return `${number(area_m2 < 100 ? Math.max(tenths(area_m2), 0.1) : Math.round(area_m2))} m²`;
}

function lengthOf({ words }: Desk, { length_m }: Fault): string {
  return length_m ? words.long(metres(length_m)) : "";
}
