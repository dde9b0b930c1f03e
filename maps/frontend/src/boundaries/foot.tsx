/** The foot of the panels: to discard and submit for who draws, to return and publish for who reviews, with the reason. */

import { formatEditor, NOWHERE } from "./address.ts";
import type { PanelProps } from "./editor.tsx";
import { errorsOf } from "./faults.ts";
import { type Deed, type Standing, deedsOf, hindranceOf } from "./review.ts";
import { toldWithZone } from "./zones.ts";

const WHY = "why-not-submit";

export function standingOf({ desk, editing }: PanelProps): Standing {
  const { draft, faults, clashes, isAtRest } = editing;
  return {
    state: draft.state,
    errors: errorsOf(faults).length,
    changes: draft.changes.length,
    isStale: clashes !== null,
    isAtRest,
    mayDraft: desk.may("boundaries.draft"),
    mayPublish: desk.may("boundaries.publish"),
  };
}

export function Foot({ desk, editing }: PanelProps) {
  const { words } = desk;
  const { comment, state, edition } = editing.draft;
  const standing = standingOf({ desk, editing });
  const deeds = deedsOf(standing);
  return (
    <footer class="editor-foot">
      {comment && (
        <p class="review-comment">
          {state === "returned" ? words.returnedWith : words.submittedWith} <q>{comment}</q>
        </p>
      )}
      <p id={WHY}>
        {sayingOf({ desk, editing }, standing)}{" "}
        {edition !== null && (
          <a class="link" href={formatEditor({ ...NOWHERE, edition })}>
            {words.seeEdition}
          </a>
        )}
      </p>
      {deeds.length > 0 && (
        <div class="buttons">
          {deeds.map((deed) => (
            <DeedButton key={deed} desk={desk} editing={editing} deed={deed} isBlocked={isBlocked(deed, standing)} />
          ))}
        </div>
      )}
    </footer>
  );
}

function DeedButton({ desk, editing, deed, isBlocked }: PanelProps & { deed: Deed; isBlocked: boolean }) {
  const { words } = desk;
  const labels = { discard: words.discard, submit: words.submit, return: words.giveBack, publish: words.publish };
  const isMain = deed === "submit" || deed === "publish";
  return (
    <button
      type="button"
      class={isMain ? "button primary" : "button"}
      aria-haspopup="dialog"
      aria-disabled={isBlocked}
      aria-describedby={isBlocked ? WHY : undefined}
      onClick={() => !isBlocked && editing.ask({ kind: deed })}
    >
      {labels[deed]}
    </button>
  );
}

function isBlocked(deed: Deed, standing: Standing): boolean {
  return (deed === "submit" || deed === "publish") && hindranceOf(standing) !== null;
}

/** Why a button cannot be pressed, else how the draft stands. */
function sayingOf({ desk, editing }: PanelProps, standing: Standing): string {
  const deeds = deedsOf(standing);
  if (deeds.includes("submit")) return whyNot({ desk, editing }, standing);
  const isStale = deeds.includes("publish") && hindranceOf(standing) === "staleSubmit";
  return isStale ? desk.words.stalePublish : whereItIs({ desk, editing });
}

function whyNot({ desk: { words } }: PanelProps, standing: Standing): string {
  const hindrance = hindranceOf(standing);
  if (hindrance === null) return words.readyToSubmit;
  return hindrance === "faultsLeft" ? words.faultsLeft(standing.errors) : words[hindrance];
}

function whereItIs({ desk, editing }: PanelProps): string {
  const { words } = desk;
  const { state, submitted_by, publish_at, edition } = editing.draft;
  if (state === "published") return words.publishedAs(edition);
  if (state === "discarded") return words.isDiscarded;
  if (state === "scheduled") return words.scheduledFor(publish_at ? toldWithZone(desk, publish_at) : "");
  return state === "submitted" ? words.waitsForReview(submitted_by ?? "") : words.readOnly;
}
