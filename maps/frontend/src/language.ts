/** The language of the page, as the reader chose it last on this machine. */

import { documentLanguage } from "./i18n/index.ts";
import type { Language } from "./payloads.ts";

const KEPT = "gridwarden.language";

/** That of the question the server was asked, else the one kept, else the server's choice. */
export function rememberedLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  const asked = new URLSearchParams(location.search).has("lang");
  return !asked && (kept === "zh" || kept === "en") ? kept : documentLanguage();
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(KEPT, language);
}
