/** What is typed, as operations take it: of what is said of a grid only what differs is sent, and a new code last. */

import type { Operation } from "./payloads.ts";

/** As it is typed. */
export interface Said {
  code: string;
  name: string;
  name_en: string;
  households: string;
}

export function operationsToDescribe(before: Said, typed: Said): Operation[] {
  const said = trimmed(typed);
  const changed = {
    ...(said.name !== before.name && { name: said.name }),
    ...(said.name_en !== before.name_en && { name_en: said.name_en || null }),
    ...(said.households !== before.households && { households: said.households === "" ? null : Math.round(Number(said.households)) }),
  };
  const operations: Operation[] = [];
  if (Object.keys(changed).length) operations.push({ op: "describe", code: before.code, ...changed });
  if (said.code !== before.code) operations.push({ op: "recode", code: before.code, new: said.code });
  return operations;
}

function trimmed({ code, name, name_en, households }: Said): Said {
  return { code: code.trim(), name: name.trim(), name_en: name_en.trim(), households: households.trim() };
}

/** Metres as they are typed, with spaces or commas between thousands; NaN where they are no number. */
export function millimetresOf(metres: string): number {
  const plain = metres.replace(/[\s,，]/g, "");
  return plain ? Math.round(Number(plain) * 1000) : Number.NaN;
}
