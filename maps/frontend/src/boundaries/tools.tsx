/** The tools with their names and keys; what the map compares, and what its lines mean. */

import { SIDES, TOOLS, type Tool } from "./editing.ts";
import type { PanelProps } from "./editor.tsx";
import { BALANCE_KEY, TOOL_KEYS } from "./keys.ts";
import { HistoryOfChosen } from "./history.tsx";
import { OfficialKey } from "./official-panel.tsx";

const GLYPHS: Record<Tool | "balance", string> = {
  select: "M4 3l10 7-5 1-2 5z",
  node: "M3 15L10 5l7 10M10 5m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  reshape: "M3 13c4-8 9 4 14-5",
  split: "M4 4h12v12H4zM10 2v16",
  merge: "M3 5h7v10H3zM10 5h7v10h-7",
  transfer: "M3 5h6v10H3zM11 10h6m-3-3l3 3-3 3",
  describe: "M4 6h12M4 10h12M4 14h7",
  balance: "M10 3v14M5 8l5-5 5 5",
};
const OF_ONE_GRID = "describe";

export function Tools({ desk, editing }: PanelProps) {
  const { words } = desk;
  const offered = editing.isReadOnly ? (["select"] as const) : TOOLS;
  return (
    <nav class="editor-tools" aria-label={words.tools}>
      <div class="editor-tool-list" role="toolbar" aria-label={words.tools}>
        {offered.map((tool) => (
          <button
            key={tool}
            type="button"
            class={tool === OF_ONE_GRID ? "editor-tool apart" : "editor-tool"}
            aria-pressed={editing.tool === tool}
            aria-keyshortcuts={TOOL_KEYS[tool]}
            title={words.toolNames[tool]}
            onClick={() => editing.setTool(tool)}
          >
            <Glyph of={tool} />
            <span>{words.toolNames[tool]}</span>
            <kbd>{TOOL_KEYS[tool]}</kbd>
          </button>
        ))}
        {!editing.isReadOnly && <BalanceTool desk={desk} editing={editing} />}
      </div>
      <Hint desk={desk} editing={editing} />
    </nav>
  );
}

/** The draft, the edition in force, or both. */
export function CompareSwitch({ desk, editing }: PanelProps) {
  const { words } = desk;
  return (
    <div class="segments compare" role="group" aria-label={words.compareLabel}>
      {SIDES.map((side) => (
        <button key={side} type="button" aria-pressed={editing.compare === side} onClick={() => editing.setCompare(side)}>
          {words.compare[side]}
        </button>
      ))}
    </div>
  );
}

/** What the lines of the map mean, in the order in which they lie. The edition in force has lines of its own where the draft stands on an older one. */
export function MapKey({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { base_edition, edition_in_force } = editing.draft;
  const isBaseInForce = base_edition === edition_in_force;
  return (
    <ul class="map-key">
      <li>
        <i class="draft-line" /> {words.key.draft}
      </li>
      <li>
        <i class="base-line" /> {isBaseInForce ? words.key.inForce(base_edition) : words.key.base(base_edition)}
      </li>
      {!isBaseInForce && (
        <li>
          <i class="in-force-line" /> {words.key.inForce(edition_in_force)}
        </li>
      )}
      {editing.draft.changes.length > 0 && (
        <li>
          <i class="changed-grid" /> {words.key.changed}
        </li>
      )}
      <li>
        <i class="moved-ground" /> {words.key.moved}
      </li>
      {editing.faults.length > 0 && (
        <li>
          <i class="fault-ground" /> {words.key.fault}
        </li>
      )}
      <OfficialKey desk={desk} editing={editing} />
    </ul>
  );
}

function BalanceTool({ desk, editing }: PanelProps) {
  const { words } = desk;
  return (
    <button type="button" class="editor-tool" aria-haspopup="dialog" aria-keyshortcuts={BALANCE_KEY} title={words.balance} onClick={() => editing.ask({ kind: "balance" })}>
      <Glyph of="balance" />
      <span>{words.balance}</span>
      <kbd>{BALANCE_KEY}</kbd>
    </button>
  );
}

/** What is chosen, and what may be done with it. The map says how the tool is used. */
function Hint({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { tool, chosen } = editing;
  const names = words.listed(chosen.map((code) => desk.nameOf(code)));
  return (
    <div class="editor-hint">
      <p role="status">{chosen.length ? words.chosenSome(names) : ""}</p>
      {chosen.length === 1 && <HistoryOfChosen desk={desk} code={chosen[0]!} />}
      {tool === "merge" && chosen.length > 1 && (
        <button type="button" class="button primary" onClick={() => editing.mergeChosen()}>
          {words.mergeThese(chosen.length)}
        </button>
      )}
      {tool === "describe" && chosen.length > 0 && !editing.isReadOnly && (
        <button type="button" class="button" onClick={() => editing.ask({ kind: "describe", code: chosen.at(-1)! })}>
          {words.describe}
        </button>
      )}
    </div>
  );
}

function Glyph({ of }: { of: Tool | "balance" }) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d={GLYPHS[of]} />
    </svg>
  );
}
