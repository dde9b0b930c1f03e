/** Small drawings: symbols of classes and states as on the map, and the glyphs of buttons. */

import type { ClassStyle } from "../constants.ts";
import type { PlaceKind } from "../payloads.ts";
import { BUBBLE, ISSUE_GLYPHS, PLACE_GLYPHS } from "../symbols.ts";

export function ClassIcon({ style, overdue = false, letter = false }: { style: ClassStyle; overdue?: boolean; letter?: boolean }) {
  const hue = style.letter.toLowerCase();
  return (
    <svg class={`symbol class-${hue}`} viewBox="-2.05 -2.1 4.1 4.1" aria-hidden="true">
      {overdue && <path class="symbol-outline" d={style.shape} transform="scale(1.56)" stroke-width=".2" />}
      <path class="symbol-fill" d={style.shape} transform={`scale(${overdue ? 1.05 : 1.25})`} stroke-width=".14" />
      {letter && (
        <text y={hue === "r" ? 0.78 : hue === "b" ? 0.42 : 0.52} font-size="1.5">
          {style.letter}
        </text>
      )}
    </svg>
  );
}

export function IssueIcon({ state, overdue = false }: { state: number; overdue?: boolean }) {
  const { glyph, solid } = ISSUE_GLYPHS[state] ?? ISSUE_GLYPHS[0]!;
  return (
    <svg class={`symbol issue-symbol${solid ? " solid" : ""}`} viewBox="-1.8 -3.5 3.6 4.1" aria-hidden="true">
      {overdue && (
        <path class="symbol-outline" d={BUBBLE} transform="translate(0,.22) scale(1.42,1.27)" stroke-width=".22" />
      )}
      <path class="bubble" d={BUBBLE} stroke-width=".2" />
      <path class="glyph" d={glyph} stroke-width=".3" />
    </svg>
  );
}

export function PlaceIcon({ kind }: { kind: PlaceKind }) {
  return (
    <svg class="symbol place-symbol" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true">
      <path d={PLACE_GLYPHS[kind]} stroke-width=".22" />
    </svg>
  );
}

const GLYPHS = {
  plus: "M8 2v12M2 8h12",
  minus: "M2 8h12",
  home: "M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4",
  layers: "M8 2l6.5 3.5L8 9 1.5 5.5zM1.5 9.5L8 13l6.5-3.5",
  target: "M8 1v3M8 12v3M1 8h3M12 8h3M8 4.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6",
  back: "M10 3L5 8l5 5",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  filter: "M1.5 3h13M4 8h8M6.5 13h3",
  search: "M7 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6M10.6 10.6L14 14",
  bench: "M8 14.5L4.2 9.3a4.7 4.7 0 1 1 7.6 0zM8 4.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4",
  nodes: "M3 12.5L6.5 4l6.5 5M1.5 11h3v3h-3zM5 2.5h3v3H5zM11.5 7.5h3v3h-3z",
  share: "M6.2 9.8l3.6-3.6M7 4.6l1.7-1.7a3.1 3.1 0 0 1 4.4 4.4L11.4 9M9 11.4l-1.7 1.7a3.1 3.1 0 0 1-4.4-4.4L4.6 7",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
} as const;

export function Icon({ name }: { name: keyof typeof GLYPHS }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={GLYPHS[name]} />
    </svg>
  );
}
