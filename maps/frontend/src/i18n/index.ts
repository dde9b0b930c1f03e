import type { Language } from "../payloads.ts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

export type Words = typeof zh;

const WORDS: Record<Language, Words> = { zh, en };

export function wordsOf(language: Language): Words {
  return WORDS[language];
}

/** The language the server chose for this page. */
export function documentLanguage(): Language {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}

/** The name of a source of reports that was recorded in Chinese, in the words of another language; null for anything else. */
export function sourceNamed(recorded: string, words: Words): string | null {
  const source = Object.keys(zh.sources).find((key) => zh.sources[key] === recorded);
  return (source && words.sources[source]) || null;
}
