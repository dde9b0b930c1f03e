/** The list of keys, and the switch for those that are a single letter. */

import { useState } from "preact/hooks";

import type { Keys } from "../keys.ts";
import type { Session } from "../session.ts";
import { Dialog } from "./dialog.tsx";

export function KeysHelp({ session, keys, close }: { session: Session; keys: Keys; close: () => void }) {
  const { words } = session;
  const [on, setOn] = useState(keys.areOn);
  const toggle = () => {
    keys.switch(!on);
    setOn(!on);
  };
  return (
    <Dialog session={session} title={words.keys} name="keys-help" close={close}>
      {words.keyGroups.map(({ title, rows }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {rows.map(([pressed, what]) => (
              <div key={what}>
                <dt>
                  {pressed.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <label class="check">
        <input type="checkbox" checked={on} onChange={toggle} />
        {words.keysOn}
      </label>
    </Dialog>
  );
}
