/** What is drawn at which zoom, and how wide. One place for every threshold of the cartography. */

import { interpolate } from "./labels.ts";

export const DISTRICT_UNTIL = 11.8; // subdistricts shaded, no discs
export const ISSUES_FROM = 14;
export const OVERDUE_UNITS_FROM = 14.8;
export const DISCS_UNTIL = 15.3;
export const ALL_UNITS_FROM = 16;
export const FEW_UNITS_FROM = 13; // where a filter leaves few in view
export const FEW_UNITS = 1500;
export const BUILDINGS_FROM = 15;
export const MINOR_ROADS_FROM = 13.6;

export const shadeOpacity = (zoom: number) => interpolate(zoom, [14, 1], [15, 0.42], [16, 0]);
export const SHADE_OVER_TILES = 0.7; // of that: streets and names of a base map show through

export const gridLine = (zoom: number) => interpolate(zoom, [11, 0.4], [13, 0.7], [15, 1.1], [17, 1.6]);
export const gridLineOpacity = (zoom: number) => interpolate(zoom, [10.5, 0.35], [12.5, 0.68], [14, 0.85], [16, 0.95]);
export const subdistrictLine = (zoom: number) => interpolate(zoom, [11, 0.8], [13, 1.25], [15, 1.75], [17, 2]);
export const outlineLine = (zoom: number) => interpolate(zoom, [11, 1.4], [13, 2], [15, 2.2]);

export const mainRoad = (zoom: number) => interpolate(zoom, [11, 0.6], [13, 1.6], [15, 5], [17, 15]);
export const minorRoad = (zoom: number) => interpolate(zoom, [MINOR_ROADS_FROM, 0.8], [15, 3.3], [17, 9.5]);
export const roadOpacity = (zoom: number) => interpolate(zoom, [11, 0.55], [13, 0.62], [15, 0.85], [16, 1]);
export const minorRoadOpacity = (zoom: number) => interpolate(zoom, [MINOR_ROADS_FROM, 0], [14.4, 1]);
export const buildingOpacity = (zoom: number) => interpolate(zoom, [15, 0], [15.5, 1]);

export const unitRadius = (zoom: number) => interpolate(zoom, [14.8, 3.2], [15.4, 4], [16, 5.2], [17, 8], [18, 10.5]);
export const issueRadius = (zoom: number) => interpolate(zoom, [14, 3.6], [14.8, 4.7], [15.4, 5.6], [16, 6.4], [17, 8.5], [18, 10]);

export const PLACES_FROM = 15;
export const STAIRWELLS_FROM = 17;
export const GLYPH = 12; // pixels that a place's glyph is wide
export const LANE = 2;

/** Marks of blind spots; those of which there are hundreds are dots until there is room for a glyph. */
export const GAP_GLYPHS_FROM = 14.5;
export const gapRadius = (zoom: number) => interpolate(zoom, [14.5, 7], [17, 9]);
export const gapCluster = (n: number) => 6 + 3.5 * String(n).length;
export const gapDot = (zoom: number) => interpolate(zoom, [11, 1.5], [13, 2.5], [14.5, 4]);
