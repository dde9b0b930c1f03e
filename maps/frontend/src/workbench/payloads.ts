/** What the server sends to the workbench, as far as it reads it. */

import type { IssueDetail, Named } from "../payloads.ts";

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** An issue that waits for a person. category: its code. */
export interface Waiting {
  id: number;
  number: string;
  category: string | null;
  description: string;
  address: string | null;
  due_at: string;
  overdue: boolean;
  /** Told of those in doubt. */
  accuracy_m?: number | null;
}

export type Reason =
  | "name" | "alias" | "short" | "alike" | "area" | "other_area" | "other_city" | "unknown_words" | "nearby"
  | "no_such_number" | "several";

/** Something that an address may mean. place, area: its code; one of them. */
export interface Candidate extends Named {
  place: string | null;
  area: string | null;
  about: string;
  score: number;
  reasons: Reason[];
  /** What it lies in, the smallest first. */
  where: Named[];
  /** Code of the grid that it lies in. */
  grid: string | null;
  lon: number | null;
  lat: number | null;
}

export interface AddressAnswer {
  address: string;
  parsed: Record<string, string>;
  decides: string | null;
  candidates: Candidate[];
}

/** An issue as one who acts on it reads it: with the version that he saw. */
export interface Versioned extends IssueDetail {
  version: number;
}

/** What people call a place or an area. place, area: its code; one of them. */
export interface Alias {
  id: number;
  text: string;
  place: string | null;
  area: string | null;
  /** In the register. */
  name: string;
  actor: string | null;
  actor_en: string | null;
  learnt_at: string;
  taken_back_at: string | null;
}

/** A field of which a register says otherwise than the store. system: that said it; owner: of the field. */
export interface Disagreement {
  id: number;
  batch: number;
  register: string;
  code: string;
  /** Of the place or person; of a unit its place and door, or its address. */
  name: string | null;
  name_en: string | null;
  field: string;
  system: string;
  owner: string;
  stored: string | null;
  /** Where the value is the code of a place or an area. */
  stored_name: string | null;
  offered: string;
  offered_name: string | null;
  state: string;
  reason: string | null;
  recorded_at: string;
  decided_at: string | null;
  decided_by: string | null;
}
