/** Asks for a fairer division of one area: the answer is a draft of its own. */

import { useState } from "preact/hooks";

import { nameOf } from "../format.ts";
import { Form, useAct } from "../ui/form.tsx";
import { Ask } from "./dialogs.tsx";
import type { PanelProps } from "./editor.tsx";
import type { BalanceLoad } from "./payloads.ts";

const LOADS: readonly BalanceLoad[] = ["households", "issues", "inspections"];

export function BalanceDialog({ desk, editing }: PanelProps) {
  const { words, session, api } = desk;
  const areas = [...session.board.areas.values()].filter(({ level }) => level === "subdistrict");
  const [area, setArea] = useState(areaOf({ desk, editing }) ?? areas[0]?.code ?? "");
  const [load, setLoad] = useState<BalanceLoad>("households");
  const act = useAct(session, desk.refusalOf);
  const name = nameOf(areas.find(({ code }) => code === area) ?? { name: area, name_en: null }, session.state.language);
  const title = words.balanceTitle(name, words.balanceLoads[load] ?? load);
  const send = () =>
    act.run(
      (key) => api.balance(key, area, load, title),
      ({ draft }) => {
        editing.ask(null);
        if (draft === null) desk.tell(words.alreadyEven);
        else desk.go({ draft });
      },
    );
  return (
    <Ask desk={desk} editing={editing} title={words.balance}>
      <Form session={session} act={act} submit={act.busy ? words.proposing : words.propose} missing={null} onSubmit={send} onCancel={() => editing.ask(null)}>
        <p>{words.balanceHelp}</p>
        <label class="field">
          <span>{words.area}</span>
          <select value={area} onChange={(event) => setArea(event.currentTarget.value)}>
            {areas.map((each) => (
              <option key={each.code} value={each.code}>
                {nameOf(each, session.state.language)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{words.load}</span>
          <select value={load} onChange={(event) => setLoad(event.currentTarget.value as BalanceLoad)}>
            {LOADS.map((each) => (
              <option key={each} value={each}>
                {words.balanceLoads[each]}
              </option>
            ))}
          </select>
        </label>
      </Form>
    </Ask>
  );
}

/** The subdistrict of what is chosen, or of what changes. */
function areaOf({ desk, editing }: PanelProps): string | undefined {
  const code = editing.chosen[0] ?? editing.draft.changes[0]?.code;
  return code === undefined ? undefined : desk.session.board.grids.get(code)?.subdistrict;
}
