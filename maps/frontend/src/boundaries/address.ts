/** The address line of the boundary editor: ``#draft=3&at=16.2/28.97/118.87&tool=node``. */

import type { MapView } from "../url.ts";
import { type Compare, SIDES, TOOLS, type Tool } from "./editing.ts";

export interface EditorAddress {
  /** The draft that is open; null: the list of drafts. */
  draft: number | null;
  /** The edition whose difference is shown; null: none. */
  edition: number | null;
  view: MapView | null;
  tool: Tool | null;
  compare: Compare | null;
}

export const NOWHERE: EditorAddress = { draft: null, edition: null, view: null, tool: null, compare: null };

/** A part that means nothing is left out, never an error. */
export function parseEditor(hash: string): EditorAddress {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    draft: whole(query.get("draft")),
    edition: whole(query.get("edition")),
    view: viewOf(query.get("at")),
    tool: oneOf(TOOLS, query.get("tool")),
    compare: oneOf(SIDES, query.get("show")),
  };
}

export function formatEditor({ draft, edition, view, tool, compare }: EditorAddress): string {
  const parts = [
    draft !== null && `draft=${draft}`,
    edition !== null && `edition=${edition}`,
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

function whole(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

function oneOf<T extends string>(names: readonly T[], text: string | null): T | null {
  return names.find((name) => name === text) ?? null;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
