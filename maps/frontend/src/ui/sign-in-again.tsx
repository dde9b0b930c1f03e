/** The session has ended: the view stays, frozen, and whoever signs in goes on from it. */

import { useState } from "preact/hooks";

import { Problem } from "../api.ts";
import type { Session } from "../session.ts";
import { Field, useAct } from "./form.tsx";

export function SignInAgain({ session }: { session: Session }) {
  const { words } = session;
  const act = useAct(session);
  const [link, setLink] = useState("");
  const [refused, setRefused] = useState(false);
  const submit = async () => {
    setRefused(false);
    try {
      await session.signIn(link.trim().split("#").at(-1)!);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      setRefused(true);
    }
  };
  return (
    <section class="panel-message sign-in-again" role="alert">
      <h2>{words.signedOutBanner}</h2>
      <p>{words.signedOutHelp}</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (link.trim()) act.run(submit, () => {});
        }}
      >
        <Field label={words.signInLink} value={link} onInput={setLink} />
        {(refused || act.trouble) && (
          <p class="trouble" role="status">
            {refused ? words.signInFailed : act.trouble}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="button primary" aria-disabled={!link.trim() || act.busy}>
            {words.signIn}
          </button>
        </div>
      </form>
    </section>
  );
}
