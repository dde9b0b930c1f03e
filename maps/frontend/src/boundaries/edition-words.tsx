/** What the page of an edition and the history of a grid both say: why. */

import { langOf } from "../format.ts";
import { editionWordsOf } from "../i18n/editions.ts";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { type Reasoned, whyOf } from "./edition-changes.ts";

/** Why an edition was published, with a way to the draft that it was. */
export function Why({ desk, of }: { desk: Desk; of: Reasoned }) {
  const { draft } = of;
  const name = whyOf(editionWordsOf(desk.session.state.language), of);
  if (!name) return null;
  return (
    <span class="why" lang={langOf(name)}>
      {draft === null ? name : <a href={formatEditor({ ...NOWHERE, draft })}>{name}</a>}
    </span>
  );
}
