/** What the page of an edition and the history of a grid both say: values before and after, and why. */

import { langOf, number } from "../format.ts";
import { editionWordsOf } from "../i18n/editions.ts";
import { formatEditor, NOWHERE } from "./address.ts";
import type { Desk } from "./desk.ts";
import { type Reasoned, whyOf } from "./edition-changes.ts";

/** A value as people read it: an area by its name, nothing as a word. */
export function valueOf({ session }: Desk, field: string, value: unknown): string {
  const { none } = editionWordsOf(session.state.language);
  if (value === null || value === undefined || value === "") return none;
  if (typeof value === "number") return number(value);
  const area = field === "area" ? session.board.areas.get(String(value)) : undefined;
  if (area) return (session.state.language === "en" && area.name_en) || area.name;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

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
