/**
 * Official lines: where the grids in force are not the official boundary of their area, and which compounds and buildings
 * a line of theirs cuts. Asked for only while somebody has them switched on. As api/schemas/official.py.
 */

import type { Geometry } from "../paths.ts";
import type { Named } from "../payloads.ts";
import type { Box } from "./payloads.ts";
import { squareAround } from "./places.ts";

export const DEPARTURES = ["missing", "beyond", "cut"] as const;
export type DepartureKind = (typeof DEPARTURES)[number];

export interface Departure extends Named {
  kind: DepartureKind;
  code: string;
  /** Codes of the grids that have the ground, or into which it is cut. */
  grids: string[];
  /** Of what is cut, of its smallest part. */
  area_m2: number;
  /** About how far the lines are apart; null of what is cut. */
  width_m: number | null;
  lon: number;
  lat: number;
}

export interface DepartureFeature {
  geometry: Geometry;
  properties: Departure;
}

export interface OfficialMap {
  edition: number;
  counts: { areas: number; areas_unknown: number } & Record<DepartureKind, number>;
  features: DepartureFeature[];
}

export class OfficialLines {
  isOn = false;
  /** null until it is there. */
  map: OfficialMap | null = null;
  hasFailed = false;
  private readonly ask: () => Promise<OfficialMap>;
  private readonly changed: () => void;

  constructor(ask: () => Promise<OfficialMap>, changed: () => void) {
    this.ask = ask;
    this.changed = changed;
  }

  /** What is drawn: nothing while it is off. */
  get shown(): readonly DepartureFeature[] {
    return this.isOn ? (this.map?.features ?? []) : [];
  }

  async toggle(): Promise<void> {
    this.isOn = !this.isOn;
    this.hasFailed = false;
    this.changed();
    if (!this.isOn || this.map) return;
    try {
      this.map = await this.ask();
    } catch {
      this.hasFailed = true;
    }
    this.changed();
  }
}

const LEAST_M = 40; // from the middle to the edge of a view

/** All of a departure, with enough around it to see where it lies. */
export function boxOfDeparture({ geometry, properties: { lon, lat } }: DepartureFeature): Box {
  const places = (geometry.coordinates as unknown[]).flat(Infinity) as number[];
  const half = (of: number, middle: number) => Math.max(...places.filter((_, i) => i % 2 === of).map((at) => Math.abs(at - middle)));
  const [west, south, east, north] = squareAround({ lon, lat }, LEAST_M);
  const [wide, high] = [Math.max(half(0, lon), (east - west) / 2), Math.max(half(1, lat), (north - south) / 2)];
  return [lon - wide, lat - high, lon + wide, lat + high];
}
