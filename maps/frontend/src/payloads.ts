/** What the server sends, as far as the page reads it. */

import type { Row } from "./snapshot.ts";

export type Language = "zh" | "en";

export interface Named {
  name: string;
  name_en: string | null;
}

export type RiskName = "red" | "orange" | "yellow" | "blue" | "green";

export type FigureKey = "overdue" | "open" | "overdue_share" | "on_time" | "red_units" | "units_overdue" | "households";

export interface FigureBreaks {
  key: FigureKey;
  needs: string;
  grid: number[];
  area: number[];
  /** A share, compared as a whole percentage. */
  percent: boolean;
}

export interface Config {
  name: string;
  synthetic: boolean;
  timezone: string;
  /** Of coordinates in metres. */
  crs: string;
  today: string;
  now: string;
  edition: number;
  rev: string;
  bounds: [number, number, number, number] | null;
  core: [number, number, number, number] | null;
  me: { name: string; capabilities: string[]; whole: boolean };
  class_table: { version: number | string; cycles: Record<RiskName, number> };
  categories: ({ code: string } & Named)[];
  figures: { version: number; fewest_rated: number; figures: FigureBreaks[]; ranking: Ranking };
}

export interface Ranking {
  overdue: number;
  red_overdue: number;
  oldest_days: number;
}

export interface Lead extends Named {
  id: number;
  post: string;
  stands_in_for?: string | null;
  stands_in_for_en?: string | null;
  on_leave?: boolean;
}

export type ClassCounts = Record<RiskName, number>;

/** What changes about a grid between two editions. Members that this reader may not know are absent or null. */
export interface GridFigures {
  lead: Lead | null;
  open: number;
  overdue: number;
  /** Of the issues rated these 30 days, those that were closed off in time. */
  on_time: number;
  rated: number;
  /** When the limit of the issue that is overdue longest ran out. */
  oldest_due_at: string | null;
  units?: ClassCounts;
  units_overdue?: ClassCounts;
}

export interface GridProperties extends Named, GridFigures {
  id: number;
  code: string;
  area: string;
  area_m2?: number;
  households: number | null;
}

export interface Area extends Named {
  code: string;
  level: "district" | "subdistrict" | "community";
  parent: string | null;
}

export interface GridFeature {
  geometry: { type: "Polygon"; coordinates: number[][][] } | { type: "MultiPolygon"; coordinates: number[][][][] };
  properties: GridProperties;
}

export interface GridCollection {
  rev: string;
  edition: number;
  today: string;
  areas: Area[];
  features: GridFeature[];
}

/** One number of the past; null where nothing had been recorded. */
export interface FigureTrend {
  days: (number | null)[];
  yesterday: number | null;
  last_week: number | null;
}

export type TrendKey = "open" | "overdue" | "on_time" | "rated" | "units_overdue";

/** What each day of a trend is counted by: the boundaries of that day, or of today. */
export type Boundaries = "day" | "today";

export interface Trends {
  days: string[];
  at: { yesterday: string; last_week: string };
  figures: Partial<Record<TrendKey, FigureTrend>>;
  weeks: { from: string; new: number }[];
}

export type Position = [number, number];

export interface BackgroundFeature {
  geometry: { type: string; coordinates: unknown };
  properties: { kind: string; name: string | null };
}

export type PlaceKind = "compound" | "stairwell" | "lane" | "market" | "relief_point";

export interface PlaceFeature {
  geometry: { type: string; coordinates: unknown };
  properties: Named & { kind: PlaceKind };
}

export interface ChainLink extends Named {
  level: string;
  code: string;
  lead: Lead | null;
}

/** Something that somebody did; null where the reader may not know people. */
export interface Acted {
  actor: string | null;
  actor_en: string | null;
}

export interface HistoryItem extends Acted {
  at: string;
  kind: string;
  reason: string | null;
  data: Record<string, unknown> | null;
}

export type IssueState = "open" | "closed" | "reopened" | "withdrawn";

export interface IssueItem {
  id: number;
  number: string;
  state: IssueState;
  category: (Named & { code: string | null }) | string | null;
  opened_at: string;
  due_at: string;
  overdue: boolean;
}

export interface GridDetail extends GridProperties {
  edition: number;
  chain: ChainLink[];
  issues: IssueItem[];
  events: HistoryItem[];
}

/** What decided where something is, where that was more than coordinates. */
export interface Evidence {
  decided_by: string;
  source?: string | null;
  place?: string | null;
  place_name?: string | null;
  place_name_en?: string | null;
  point_m?: number | null;
}

/** Open issues that wait for a person, by queue. */
export interface QueueCounts {
  outside: number;
  no_location: number;
  ambiguous: number;
}

export interface IssueDetail extends IssueItem {
  closed_at: string | null;
  reply?: string | null;
  report: {
    source: string;
    source_ref: string | null;
    description: string;
    address: string | null;
    occurred_at: string;
  };
  assignment: {
    grid: string | null;
    grid_name?: string | null;
    grid_name_en?: string | null;
    queue?: string | null;
    chain: ChainLink[];
    edition: number | null;
    method: string | null;
    distance_m: number | null;
    edge_m: number | null;
    ambiguous: boolean;
    candidates: { grid: string; edge_m: number; share?: number | null }[];
    confirmed_at?: string | null;
    confirmed_by?: string | null;
    confirmed_by_en?: string | null;
    evidence?: Evidence | null;
  };
  lon: number | null;
  lat: number | null;
  history: HistoryItem[];
  may: string[];
}

export interface Term {
  occupancy: "let" | "vacant" | "not_let";
  since: string;
  until: string | null;
  months: number | null;
  registered: boolean;
  rooms: number;
  rooms_vacant: number;
}

export interface UnitItem {
  id: number;
  code: string;
  label: string | null;
  address: string | null;
  grid: string | null;
  class: RiskName | null;
  next_due: string | null;
  due_state: string | null;
  days_overdue: number;
}

export interface UnitDetail extends UnitItem {
  place: ({ code: string } & Named) | string | null;
  evidence?: Evidence | null;
  chain: ChainLink[];
  letter: string | null;
  reasons: { code: string; zh: string; en: string }[];
  table_version: number | string;
  cycle_days: number | null;
  term: Term | null;
  to_confirm: boolean;
  inspections: (Acted & { at: string; result: InspectionResult; note: string | null })[];
  history: HistoryItem[];
  lon: number | null;
  lat: number | null;
  may: string[];
}

export type InspectionResult = "pass" | "minor" | "major" | "not_home" | "not_admitted";

export interface Change {
  rev: string;
  at: string;
  items: {
    layer: "issues" | "units";
    id: number;
    row: Row | null;
  }[];
  grids: ({ code: string } & Partial<GridFigures>)[];
  filed?: number[];
  text?: Record<Language, string> | null;
}

export interface Hello {
  rev: string;
  edition: number;
  today: string;
  now: string;
}
