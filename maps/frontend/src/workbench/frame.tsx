/** The page around the tabs: its bar, the strip of tabs, what was just done, and what stands there instead of a tab. */

import { Looks } from "../ui/bar.tsx";
import { Message } from "../ui/message.tsx";
import { SignInAgain } from "../ui/sign-in-again.tsx";
import { formatBench } from "./address.ts";
import type { Bench } from "./bench.ts";

export function Frame({ bench }: { bench: Bench }) {
  const { session, words } = bench;
  const { link } = session.state;
  return (
    <>
      <a class="skip" href="#bench-main" onClick={skip}>
        {words.skip}
      </a>
      <header class="bench-bar">
        <h1>{words.title}</h1>
        <nav class="tabs" aria-label={words.tabs}>
          {bench.open.map(({ name, title }) => (
            <a key={name} href={formatBench({ tab: name, item: "" })} aria-current={name === bench.at.tab ? "page" : undefined}>
              {title(bench.language)}
            </a>
          ))}
        </nav>
        <a class="button to-map" href="/">
          {session.words.title}
        </a>
        <div class="switches">
          <Looks session={session} />
        </div>
      </header>
      {link === "signed-out" && <SignInAgain session={session} />}
      <main id="bench-main" class="bench-main" tabindex={-1}>
        <Content bench={bench} />
      </main>
      <Told bench={bench} />
    </>
  );
}

/** The fragment is the page's own address. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("bench-main")!.focus();
}

function Content({ bench }: { bench: Bench }) {
  const { session, words, at } = bench;
  const { link } = session.state;
  const tab = bench.open.find(({ name }) => name === at.tab);
  if (tab) return <tab.View key={`${tab.name} ${session.loads}`} bench={bench} item={at.item} />;
  if (session.board.config || link === "refused") return <Message title={words.refusedTitle} text={words.refusedHelp} />;
  if (link !== "offline") return <p class="bench-message" role="status">{session.words.loading}</p>;
  return (
    <Message title={words.unreachable}>
      <button type="button" class="button" onClick={() => session.reload()}>
        {session.words.retry}
      </button>
    </Message>
  );
}

/** What was done last. The region is always there, so that a screen reader hears what comes into it. */
function Told({ bench }: { bench: Bench }) {
  const { notice, session } = bench;
  return (
    <div class="told" role="status">
      {notice && (
        <p>
          <span>{notice.text}</span>
          {notice.actions.map(({ label, href, act }) =>
            href ? (
              <a key={label} href={href}>
                {label}
              </a>
            ) : (
              <button key={label} type="button" onClick={act}>
                {label}
              </button>
            ),
          )}
          <button type="button" class="hush" onClick={() => bench.hush()}>
            {session.words.close}
          </button>
        </p>
      )}
    </div>
  );
}
