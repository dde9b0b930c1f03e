/** What the server says of drafts, and what an editor sends. As api/schemas/drafts.py and draft_edits.py. */

import type { Lead } from "../payloads.ts";

export type DraftState = "open" | "submitted" | "returned" | "scheduled" | "published" | "discarded";

export interface Draft {
  id: number;
  scheme: string;
  title: string;
  state: DraftState;
  base_edition: number;
  revision: number;
  outline: boolean;
  created_by: string | null;
  created_at: string;
  changed_at: string;
  submitted_by: string | null;
  approved_by: string | null;
  comment: string | null;
  publish_at: string | null;
  takes_back: number | null;
  edition: number | null;
}

export type ChangeKind = "added" | "gone" | "reshaped" | "recoded" | "described";

export interface Change {
  code: string;
  change: ChangeKind;
  was: string | null;
  name: string;
  area_m2: number;
  moved_m2: number;
  fields: Record<string, unknown[]>;
}

/** Operations that put a fault right, one after the other; the grids that they change, and the ground that changes hands. */
export interface Suggestion {
  operations: Operation[];
  grids: string[];
  area_m2: number;
}

export interface Fault {
  kind: string;
  severity: "error" | "warning";
  codes: string[];
  message: string;
  lon?: number | null;
  lat?: number | null;
  area_m2?: number | null;
  length_m?: number | null;
  /** The ground or stretch that is wrong, GeoJSON. */
  shape?: { type: string; coordinates: unknown } | null;
  /** null where a person has to see to it. */
  suggestion?: Suggestion | null;
}

export interface Step {
  seq: number;
  kind: string;
  operation: Record<string, unknown>;
  actor: string | null;
  recorded_at: string;
  undone_at: string | null;
  /** How many it changed. */
  grids: number;
}

export interface DraftDetail extends Draft {
  edition_in_force: number;
  changes: Change[];
  faults: Fault[];
  steps: Step[];
}

/** East and north in whole millimetres, as they were told. */
export type Millimetres = readonly [number, number];

/** A node as it was told, or a place that was pointed at, WGS84 degrees. */
export type Position = Millimetres | { lon: number; lat: number };

/** East and north in millimetres, longitude and latitude. */
export type VertexRow = readonly [number, number, number, number];

export interface GridVertices {
  code: string;
  name: string;
  name_en: string | null;
  households: number | null;
  /** Not as in the edition that the draft stands on. */
  changed: boolean;
  /** Rings of rows of the table, not closed; the first of a part is the outer one. */
  parts: number[][][];
}

export interface Vertices {
  nodes: VertexRow[];
  grids: GridVertices[];
  gone: string[];
}

/** faults: all that name a touched grid, and all of the outline. */
export interface StepAnswer extends Vertices {
  revision: number;
  touched: string[];
  faults: Fault[];
}

export type Operation =
  | { op: "move_node"; at: Position; to: Position }
  | { op: "insert_node"; edge: readonly [Position, Position]; at: Position }
  | { op: "delete_node"; at: Position }
  | { op: "reshape_edge"; line: readonly Position[]; via?: Position }
  | { op: "split_grid"; code: string; line: readonly Position[]; codes: readonly string[] }
  | { op: "merge_grids"; codes: readonly string[]; into: string }
  | { op: "transfer_area"; source: string; target: string; area: readonly Position[] }
  | { op: "recode"; code: string; new: string }
  | { op: "retire"; code: string }
  | { op: "mend"; codes: readonly string[] }
  | { op: "describe"; code: string; name?: string; name_en?: string | null; households?: number | null };

export interface Descent {
  kind: "split" | "merged" | "transferred" | "created" | "retired";
  from: string | null;
  to: string | null;
  area_m2: number;
}

/** Figures are null where the reader may not know them. */
export interface Counts {
  issues: number | null;
  units: number | null;
  households: number | null;
}

export interface Move extends Counts {
  from: string | null;
  to: string | null;
}

/** Before and after. */
export type Pair = [number, number];

export interface Load {
  grid: string;
  gone: boolean;
  issues: Pair | null;
  units: Pair | null;
  households: Pair | null;
}

export interface Hearer {
  grid: string;
  lead: Lead | null;
}

export interface Preview extends Counts {
  draft: number;
  edition: number;
  changes: Change[];
  warnings: Fault[];
  lineage: Descent[];
  moves: Move[];
  loads: Load[];
  told: Hearer[] | null;
}

export interface Published {
  draft: number;
  publish_at: string | null;
  edition: number | null;
  grids: number | null;
  changed: number | null;
  issues: number | null;
  units: number | null;
  places: number | null;
}

/** What a file changes in a draft. */
export interface Taken {
  draft: number;
  revision: number;
  changes: Change[];
  faults: Fault[];
  notes: string[];
  moved_home: number;
}

/** What a file would change; map: the grids as the draft has them, and as the file does. */
export interface FileLook extends Taken {
  map: ChangedMap;
}

export type Ring = [number, number][];
export type Shape = { type: "Polygon"; coordinates: Ring[] } | { type: "MultiPolygon"; coordinates: Ring[][] };

/** A changed grid on one side of the change. */
export interface ChangeFeature {
  type: "Feature";
  properties: { code: string; change: ChangeKind; side: "before" | "after" };
  geometry: Shape;
}

/** An issue or a rental unit that would change its grid. */
export interface MovedPoint {
  kind: "issue" | "unit";
  id: number;
  lon: number;
  lat: number;
  /** The class of a unit, the state of an issue; null where the reader may not know. */
  class?: string | null;
  state?: string | null;
  from: string | null;
  to: string | null;
}

/** How many of each change their grid, null where the reader may not know. shown: the first of them. */
export interface MovedPoints {
  issues: number | null;
  units: number | null;
  shown: MovedPoint[];
}

export interface ChangedMap {
  type: "FeatureCollection";
  features: ChangeFeature[];
  /** What would move; null while the draft could not be published as it is. */
  points?: MovedPoints | null;
}

export interface ClashSide {
  code: string;
  name: string;
  area_m2: number;
  geometry: Shape;
}

/** A grid that others changed since the draft began. null: it is not there. */
export interface Clash {
  code: string;
  base: ClashSide | null;
  theirs: ClashSide | null;
  ours: ClashSide | null;
}

/** West, south, east, north, WGS84 degrees. */
export type Box = readonly [number, number, number, number];

/** An edition. until: null of the one in force. changed: how many of the reader's grids differ from the one before. */
export interface Edition {
  number: number;
  scheme: string;
  from: string;
  until: string | null;
  grids: number;
  changed: number;
  actor: string | null;
  reason: string | null;
  draft: number | null;
  title: string | null;
  created_by: string | null;
  takes_back: number | null;
}

export interface Difference {
  scheme: string;
  from: number;
  to: number;
  count: number;
  changes: Change[];
  lineage: Descent[];
  map: ChangedMap;
}

/** By what loads are evened out. */
export type BalanceLoad = "households" | "issues" | "inspections";
