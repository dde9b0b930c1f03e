/** The page around the draft that is open or the lists: what stands there while there is neither, and what was done last. */

import type { ComponentChildren } from "preact";

import { Looks } from "../ui/bar.tsx";
import { Message } from "../ui/message.tsx";
import { Skeleton } from "../ui/parts.tsx";
import { SignInAgain } from "../ui/sign-in-again.tsx";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { Editor } from "./editor.tsx";
import { History } from "./history.tsx";
import { Lists } from "./lists.tsx";

export function Frame({ desk }: { desk: Desk }) {
  const { session, words, editing } = desk;
  const isSignedOut = session.state.link === "signed-out";
  return (
    <>
      <a class="skip" href="#boundary-main" onClick={skip}>
        {words.skip}
      </a>
      {isSignedOut && <SignInAgain session={session} />}
      {editing ? (
        <Editor key={editing.draft.id} desk={desk} editing={editing} />
      ) : (
        <>
          <header class="boundary-bar">
            <h1>{words.title}</h1>
            <Ways desk={desk} />
          </header>
          <main id="boundary-main" class="boundary-main" tabindex={-1}>
            <Content desk={desk} />
          </main>
        </>
      )}
      <History desk={desk} />
      <Told desk={desk} />
    </>
  );
}

/** Where else one may go, and how the page looks. */
export function Ways({ desk, children }: { desk: Desk; children?: ComponentChildren }) {
  const { session, words, at } = desk;
  const isInside = at.draft !== null || at.edition !== null;
  return (
    <div class="switches">
      {children}
      {isInside && (
        <a class="button to-drafts" href={formatEditor(NOWHERE)}>
          {words.toDrafts}
        </a>
      )}
      <a class="button to-map" href="/">
        {session.words.title}
      </a>
      <Looks session={session} />
    </div>
  );
}

/** The fragment is the page's own address. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("boundary-main")?.focus();
}

function Content({ desk }: { desk: Desk }) {
  const { session, words, at, problem } = desk;
  const { link } = session.state;
  if (link === "refused" || (session.board.config && !desk.mayEnter)) return <Message title={words.refusedTitle} text={words.refusedHelp} />;
  if (!session.board.config && link === "offline") return <Unreachable desk={desk} again={() => session.reload()} />;
  if (!session.board.config) return <Skeleton session={session} rows={4} />;
  if (at.draft === null) return <Lists key={session.loads} desk={desk} />;
  if (!problem) return <Skeleton session={session} rows={6} />;
  if (problem.status === 404 || problem.status === 403) return <Message title={words.notThere} />;
  return <Unreachable desk={desk} again={() => desk.retry()} />;
}

function Unreachable({ desk, again }: { desk: Desk; again: () => void }) {
  return (
    <Message title={desk.words.unreachable}>
      <button type="button" class="button" onClick={again}>
        {desk.session.words.retry}
      </button>
    </Message>
  );
}

/** The region is always there, so that a screen reader hears what comes into it. */
function Told({ desk }: { desk: Desk }) {
  return (
    <div class="told" role="status">
      {desk.told && (
        <p>
          <span>{desk.told}</span>
          <button type="button" onClick={() => desk.tell(null)}>
            {desk.session.words.close}
          </button>
        </p>
      )}
    </div>
  );
}
