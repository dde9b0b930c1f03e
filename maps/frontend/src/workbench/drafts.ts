/** Register files that somebody chose and has not imported yet: what was said of them, and what the import would do. */

import type { Problem } from "../api.ts";

export const KINDS = ["units", "places", "people", "reports"] as const;
export type Kind = (typeof KINDS)[number];

/** Options that name a column of the file, by kind; one that is not said is the column of the same name. */
export const COLUMNS: Record<Kind, readonly string[]> = {
  units: [
    "code", "lon", "lat", "datum_column", "place", "label", "address", "registered_on", "occupancy", "since", "until", "months",
    "registered", "rooms", "rooms_vacant",
  ],
  places: ["code", "name", "kind", "parent", "area", "name_en", "address", "households", "lon", "lat"],
  people: ["code", "name", "name_en", "phone", "post", "target_kind", "target", "from_date", "to_date"],
  reports: ["ref", "lon", "lat", "category", "time", "address", "place", "description", "accuracy"],
};
/** Columns without a name of their own. */
const NEEDED: Record<Kind, readonly string[]> = { units: [], places: [], people: [], reports: ["ref", "lon", "lat"] };

export const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"] as const;

export type Options = Readonly<Record<string, string>>;

export interface FieldChange {
  field: string;
  stored: string | null;
  offered: string;
}

export interface RegisterRow {
  code: string;
  line: number | null;
  fields: FieldChange[];
}

export type RowKind = "new" | "changed" | "disputed" | "gone";
export const COUNTED = ["new", "changed", "disputed", "unchanged", "gone"] as const;

/** What the rows of a file are to those that were there; first: some of each. */
export type Standing = Record<(typeof COUNTED)[number], number> & { system: string; first: Record<RowKind, RegisterRow[]> };

export interface Fit {
  datum: string;
  share: number;
  median_m: number | null;
}

export interface DatumFigures {
  datum: string;
  verdict: "fits" | "held" | "unproven" | "no_rival";
  points: number;
  naming: number;
  fits: Fit[];
  better: string | null;
  confirmed: boolean;
}

export interface Sample {
  line: number;
  ref: string;
  under: { datum: string; grid: string | null; name: string | null }[];
}

export interface Look extends DatumFigures {
  samples: Sample[];
}

export interface Preview {
  datum: Look[];
  register: Standing | null;
}

export interface Outcome extends Preview {
  summary: Record<string, unknown>;
  notes: string[];
  /** why: the kind of reason. */
  rejects: { line: number; ref: string; reason: string; why: string }[];
}

export interface Batch {
  id: number;
  kind: string;
  file_name: string;
  state: "running" | "done" | "undone";
  started_at: string;
  actor: string | null;
  summary: Record<string, unknown> | null;
  datum: (DatumFigures & { by: string | null })[];
}

/** A file that waits for a word on its datum. as_datum: what somebody said it is in, null for what the file says. */
export interface HeldImport {
  id: number;
  kind: string;
  file_name: string;
  state: "waiting" | "taking" | "taken" | "dropped";
  held_at: string;
  held_by: string | null;
  decided_by: string | null;
  as_datum: string | null;
  batch: number | null;
  datum: Look[];
  /** Whether one datum may be named for all of its points. */
  can_rename: boolean;
}

export type Settlement = { decision: "as_datum"; datum: string } | { decision: "as_said" | "drop" };

export interface Draft {
  id: number;
  file: File;
  kind: Kind;
  options: Options;
  preview: Preview | null;
  /** Once it is imported. */
  outcome: Outcome | null;
  problem: Problem | null;
  busy: boolean;
}

/** What is sent with a file. columns: names as they were typed, "" for the same name. datum: "" where nobody said. */
export function optionsOf(kind: Kind, datum: string, columns: Readonly<Record<string, string>>): Options {
  const options: Record<string, string> = {};
  if (kind !== "people" && datum) options.datum = datum;
  for (const name of COLUMNS[kind]) {
    const typed = columns[name]?.trim() || (NEEDED[kind].includes(name) ? name : "");
    if (typed) options[name] = typed;
  }
  return options;
}

/** Datums that another one fits clearly better, and that nobody has confirmed. */
export function heldOf({ preview, options }: Pick<Draft, "preview" | "options">): Look[] {
  const confirmed = (options.confirm_datum ?? "").split(",");
  return (preview?.datum ?? []).filter(({ verdict, datum }) => verdict === "held" && !confirmed.includes(datum));
}

/** The options with the datums that are held confirmed. */
export function confirming(draft: Pick<Draft, "preview" | "options">): Options {
  const already = draft.options.confirm_datum ? [draft.options.confirm_datum] : [];
  return { ...draft.options, confirm_datum: [...already, ...heldOf(draft).map(({ datum }) => datum)].join(",") };
}

/** The options with another datum; null where each row names its own. */
export function renaming({ options }: Pick<Draft, "options">, datum: string): Options | null {
  if (options.datum === undefined) return null;
  const { confirm_datum: _, ...rest } = options;
  return { ...rest, datum };
}

/** The files on somebody's desk. They stay in his browser, and are gone with the page or when somebody else signs in. */
export class Drafts {
  list: readonly Draft[] = [];
  onChange: () => void = () => {};
  private last = 0;

  add(file: File, kind: Kind, options: Options): Draft {
    const draft = { id: ++this.last, file, kind, options, preview: null, outcome: null, problem: null, busy: false };
    this.set([draft, ...this.list]);
    return draft;
  }

  change(id: number, change: Partial<Draft>): void {
    this.set(this.list.map((draft) => (draft.id === id ? { ...draft, ...change } : draft)));
  }

  drop(id: number): void {
    this.set(this.list.filter((draft) => draft.id !== id));
  }

  get(id: number): Draft | undefined {
    return this.list.find((draft) => draft.id === id);
  }

  private set(list: readonly Draft[]): void {
    this.list = list;
    this.onChange();
  }
}
