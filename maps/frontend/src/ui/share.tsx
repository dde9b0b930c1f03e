/** A link to what stands on the screen. The address holds all of it, and its reader is shown what he may see of it. */

import { useRef, useState } from "preact/hooks";

import type { Session } from "../session.ts";
import { Dialog } from "./dialog.tsx";

export function ShareDialog({ session, close }: { session: Session; close: () => void }) {
  const { words } = session;
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const copy = async () => {
    field.current!.select();
    setSaid((await copied(location.href)) ? words.copied : words.copyByHand);
  };
  return (
    <Dialog session={session} title={words.share} name="share" close={close}>
      <div class="share-body">
        <p>{words.shareHelp}</p>
        <label class="field">
          <span>{words.shareLink}</span>
          <input ref={field} type="text" readOnly value={location.href} onFocus={(event) => event.currentTarget.select()} />
        </label>
        <p class="share-foot">
          <button type="button" class="button primary" onClick={() => void copy()}>
            {words.copy}
          </button>
          <span role="status">{said}</span>
        </p>
      </div>
    </Dialog>
  );
}

/** Whether it could be copied: a page that came without TLS may not, and is told so by there being no clipboard. */
async function copied(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return false;
  return clipboard.writeText(text).then(() => true, () => false);
}
