/** Colours for the canvas, read from tokens.css, so that page and map can never disagree. */

import type { Theme } from "./state.ts";

const COLOURS = [
  "m-out", "m-land", "m-hill", "m-town", "m-water", "m-water-t", "m-bld", "m-bld-e", "m-road", "m-road-e", "m-rail",
  "m-grid", "m-street", "m-edge", "m-label", "m-halo",
  "q0", "q1", "q2", "q3", "q4", "q5", "q-none",
  "ink", "ink-2", "ink-3", "surface", "accent", "accent-ink", "accent-soft", "fault", "inverse", "inverse-ink", "line", "risk-edge",
  "risk-r", "risk-o", "risk-y", "risk-b", "risk-g",
  "risk-r-t", "risk-o-t", "risk-y-t", "risk-b-t", "risk-g-t",
] as const;

export type Colour = (typeof COLOURS)[number];

export interface Palette {
  colours: Record<Colour, string>;
  font: string;
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(COLOURS.map((name) => [name, value(name)])) as Record<Colour, string>;
  return { colours, font: getComputedStyle(document.body).fontFamily };
}

export function shade(step: number): Colour {
  return `q${step}` as Colour;
}

const KEPT = "gridwarden.theme";

/** What the reader chose last on this machine, else what the machine prefers. */
export function rememberedTheme(): Theme {
  const kept = localStorage.getItem(KEPT);
  if (kept === "dark" || kept === "light") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function rememberTheme(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
}
