/** The address line of the boundary editor: ``#draft=3&at=16.2/28.97/118.87&tool=node``. */

import type { MapView } from "../url.ts";
import { type Compare, SIDES, TOOLS, type Tool } from "./editing.ts";

export interface EditorAddress {
  /** The draft that is open; null: the list of drafts. */
  draft: number | null;
  /** The edition whose difference is shown; null: none. */
  edition: number | null;
  /** The edition that it is compared with; null: the one before it. 0 has no grid. */
  from: number | null;
  /** The grid whose history is shown beside all that; null: none. */
  history: string | null;
  /** The edition in which that grid had the code; null: it is the one that has it now, or had it last. */
  historyIn: number | null;
  view: MapView | null;
  tool: Tool | null;
  compare: Compare | null;
}

export const NOWHERE: EditorAddress = { draft: null, edition: null, from: null, history: null, historyIn: null, view: null, tool: null, compare: null };

const LONGEST_CODE = 100;

/** A part that means nothing is left out, never an error. */
export function parseEditor(hash: string): EditorAddress {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    draft: whole(query.get("draft")),
    edition: whole(query.get("edition")),
    from: query.get("from") === "0" ? 0 : whole(query.get("from")),
    history: codeOf(query.get("history")),
    historyIn: whole(query.get("in")),
    view: viewOf(query.get("at")),
    tool: oneOf(TOOLS, query.get("tool")),
    compare: oneOf(SIDES, query.get("show")),
  };
}

export function formatEditor({ draft, edition, from, history, historyIn, view, tool, compare }: EditorAddress): string {
  const parts = [
    draft !== null && `draft=${draft}`,
    edition !== null && `edition=${edition}`,
    from !== null && `from=${from}`,
    history !== null && `history=${encodeURIComponent(history)}`,
    history !== null && historyIn !== null && `in=${historyIn}`,
    view && `at=${round(view.zoom, 1)}/${round(view.lat, 5)}/${round(view.lon, 5)}`,
    tool && `tool=${tool}`,
    compare && `show=${compare}`,
  ];
  return `#${parts.filter(Boolean).join("&")}`;
}

function viewOf(text: string | null): MapView | null {
  const [zoom, lat, lon] = (text ?? "").split("/").map((part) => (part === "" ? Number.NaN : Number(part)));
  const isView = zoom! >= 0 && zoom! <= 22 && Math.abs(lat!) <= 85 && Math.abs(lon!) <= 180;
  return isView ? { zoom: zoom!, lat: lat!, lon: lon! } : null;
}

function codeOf(text: string | null): string | null {
  return text && text.length <= LONGEST_CODE ? text : null;
}

function whole(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

function oneOf<T extends string>(names: readonly T[], text: string | null): T | null {
  return names.find((name) => name === text) ?? null;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
