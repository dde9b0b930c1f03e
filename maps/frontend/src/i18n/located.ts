/** Words for what decided where something is. */

import type { Language } from "../payloads.ts";

export interface LocatedWords {
  title: string;
  byHand: string;
  /** The coordinates decided, within a place that was named as well. */
  byPoint(source: string, place: string): string;
  byPlace(source: string, kind: string, place: string): string;
  /** How far from the place the coordinates lie that came with it. */
  apart(distance: string): string;
  sources: Record<string, string>;
}

const zh: LocatedWords = {
  title: "定位依据",
  byHand: "人工在地图上定的点。",
  byPoint: (source, place) => `按坐标，落在${source}所指的“${place}”之内。`,
  byPlace: (source, kind, place) => `按${source}定到${kind}“${place}”。`,
  apart: (distance) => `随附坐标离此 ${distance}，未采用。`,
  sources: { place_code: "场所编码", address: "地址", alias: "已记住的叫法", choice: "人工选择" },
};

const en: LocatedWords = {
  title: "Located by",
  byHand: "A point that somebody set on the map.",
  byPoint: (source, place) => `Its coordinates, which lie within “${place}”, named by ${source}.`,
  byPlace: (source, kind, place) => `${kind} “${place}”, named by ${source}.`,
  apart: (distance) => `The coordinates sent with it lie ${distance} away and were not used.`,
  sources: { place_code: "its code", address: "the address", alias: "a learnt name", choice: "a person" },
};

const WORDS: Record<Language, LocatedWords> = { zh, en };

export function locatedWordsOf(language: Language): LocatedWords {
  return WORDS[language];
}
