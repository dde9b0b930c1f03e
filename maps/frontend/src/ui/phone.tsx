/** Calling who answers: the number is asked for when somebody wants to call, because every asking is kept. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Problem } from "../api.ts";
import type { Lead } from "../payloads.ts";
import type { Session } from "../session.ts";

type Asked = { phone: string } | { problem: string } | "asking" | null;

/** Needs a key by person, so that nobody's number stands beside another's name. */
export function Phone({ session, lead }: { session: Session; lead: Lead }) {
  const { api, words } = session;
  const [asked, setAsked] = useState<Asked>(null);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => link.current?.focus(), [asked]);
  const ask = async () => {
    setAsked("asking");
    try {
      setAsked(await api.phone(lead.id));
    } catch (error) {
      const unknown = error instanceof Problem && error.status === 404;
      setAsked({ problem: unknown ? words.noPhone : words.phoneFailed });
    }
  };
  if (asked !== null && asked !== "asking" && "phone" in asked) {
    return (
      <a class="button call" ref={link} href={`tel:${asked.phone.replace(/[^\d+*#]/g, "")}`}>
        {asked.phone}
      </a>
    );
  }
  return (
    <>
      <button type="button" class="button call" disabled={asked === "asking"} onClick={() => void ask()}>
        {words.call}
      </button>
      {asked !== null && asked !== "asking" && <small role="alert">{asked.problem}</small>}
    </>
  );
}
