/** The view in the address: `#14.6/28.9686/118.8715?f=over&g=330802006005002&class=RO&state=open&lang=zh&theme=dark`. */

import { WINDOWS } from "./coverage.ts";
import { AGES, narrowsGrids, narrowsIssues } from "./filter.ts";
import type { FigureKey, Language } from "./payloads.ts";
import { type Filter, INITIAL, isOff, type Selection, type State, type Theme } from "./state.ts";

export interface MapView {
  zoom: number;
  lat: number;
  lon: number;
}

export interface Address {
  view: MapView | null;
  state: Partial<State>;
}

const FIGURES: Record<FigureKey, string> = {
  overdue: "over",
  open: "open",
  overdue_share: "share",
  on_time: "time",
  red_units: "red",
  units_overdue: "past",
  households: "hh",
};
const CLASSES = "ROYBG";
const STATES = ["open", "reopened"];
const STEPS = "012345";
const AGE_NAMES = AGES.map(([from, to]) => (to === Infinity ? `${from}-` : `${from}-${to}`));

export function formatAddress(view: MapView | null, state: State): string {
  const query = new URLSearchParams();
  if (state.figure !== INITIAL.figure) query.set("f", FIGURES[state.figure]);
  writeSelection(query, state.selection);
  if (state.classesOff) query.set("class", shown([...CLASSES], state.classesOff).join(""));
  if (state.statesOff) query.set("state", shown(STATES, state.statesOff).join(","));
  if (state.stepsOff) query.set("shade", shown([...STEPS], state.stepsOff).join(""));
  writeFilter(query, state.filter);
  if (state.cover !== null) query.set("cover", "1");
  if (state.cover !== null && state.cover !== WINDOWS[0]) query.set("days", String(state.cover));
  if (state.boundaries !== INITIAL.boundaries) query.set("boundaries", state.boundaries);
  query.set("lang", state.language);
  if (state.theme === "dark") query.set("theme", "dark");
  const place = view ? `${round(view.zoom, 1)}/${view.lat.toFixed(4)}/${view.lon.toFixed(4)}` : "";
  return `#${place}?${query}`;
}

/** Read an address; a part that means nothing is left out, never an error. */
export function parseAddress(hash: string): Address {
  const [place = "", search = ""] = hash.replace(/^#/, "").split("?");
  const query = new URLSearchParams(search);
  const state: Partial<State> = {};
  const figure = (Object.keys(FIGURES) as FigureKey[]).find((key) => FIGURES[key] === query.get("f"));
  if (figure) state.figure = figure;
  const selection = readSelection(query);
  if (selection) state.selection = selection;
  const off = {
    classesOff: hidden([...CLASSES], query.get("class")?.split("")),
    statesOff: hidden(STATES, query.get("state")?.split(",")),
    stepsOff: hidden([...STEPS], query.get("shade")?.split("")),
  };
  for (const [name, mask] of Object.entries(off)) if (mask !== null) state[name as keyof typeof off] = mask;
  const filter = readFilter(query);
  if (filter) state.filter = filter;
  if (query.get("cover") === "1") state.cover = WINDOWS.find((days) => String(days) === query.get("days")) ?? WINDOWS[0];
  if (query.get("boundaries") === "today") state.boundaries = "today";
  const language = query.get("lang");
  if (language === "zh" || language === "en") state.language = language satisfies Language;
  const theme = query.get("theme");
  if (theme === "dark" || theme === "light") state.theme = theme satisfies Theme;
  return { view: readView(place), state };
}

function readView(place: string): MapView | null {
  const [zoom, lat, lon] = place.split("/").map(Number);
  if (zoom === undefined || lat === undefined || lon === undefined) return null;
  const inRange = zoom >= 0 && zoom <= 22 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
  return inRange ? { zoom, lat, lon } : null;
}

/** Whether something of a district, west, south, east and north, may be seen there: else the address is of elsewhere. */
export function isNear({ lon, lat }: MapView, bounds: readonly number[] | null | undefined): boolean {
  if (!bounds) return true;
  const [west, south, east, north] = bounds as [number, number, number, number];
  const [width, height] = [east - west, north - south];
  return lon > west - width && lon < east + width && lat > south - height && lat < north + height;
}

function readSelection(query: URLSearchParams): Selection | null {
  const issue = wholeNumber(query.get("i"));
  if (issue !== null) return { kind: "issue", id: issue };
  const unit = wholeNumber(query.get("u"));
  if (unit !== null) return { kind: "unit", id: unit };
  const code = query.get("g");
  return code ? { kind: "grid", code } : null;
}

function writeSelection(query: URLSearchParams, selection: Selection): void {
  if (selection.kind === "grid") query.set("g", selection.code);
  else if (selection.kind === "issue") query.set("i", String(selection.id));
  else if (selection.kind === "unit") query.set("u", String(selection.id));
}

function writeFilter(query: URLSearchParams, filter: Filter): void {
  for (const code of filter.categories) query.append("category", code);
  if (filter.ages) query.set("age", AGE_NAMES.filter((_, bit) => isOff(filter.ages, bit)).join(","));
  if (filter.overdue) query.set("overdue", "1");
  for (const name of PLACES) if (filter[name] !== null) query.set(name, filter[name]);
}

const PLACES = ["area", "grid", "lead"] as const;

/** Null where the address narrows nothing. */
function readFilter(query: URLSearchParams): Filter | null {
  const asked = query.get("age")?.split(",") ?? [];
  const filter: Filter = {
    categories: [...new Set(query.getAll("category"))],
    ages: AGE_NAMES.reduce((mask, name, bit) => (asked.includes(name) ? mask | (1 << bit) : mask), 0),
    overdue: query.get("overdue") === "1",
    area: query.get("area") || null,
    grid: query.get("grid") || null,
    lead: query.get("lead"),
  };
  return narrowsGrids(filter) || narrowsIssues({ filter, statesOff: 0 }) ? filter : null;
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null;
}

function shown(names: readonly string[], off: number): string[] {
  return names.filter((_, bit) => !isOff(off, bit));
}

/** A bit for each name that is not among those asked for. Null where nothing is asked for, or nothing that there is. */
function hidden(names: readonly string[], asked: readonly string[] | undefined): number | null {
  if (!asked || (asked.join("") && !names.some((name) => asked.includes(name)))) return null;
  return names.reduce((mask, name, bit) => (asked.includes(name) ? mask : mask | (1 << bit)), 0);
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
