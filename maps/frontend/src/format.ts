/** Numbers and times as people read them, times in the jurisdiction's zone. */

import type { Language, Named } from "./payloads.ts";

const LOCALES: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

export const minus = "\u2212";

const THOUSANDS = new Intl.NumberFormat("en-US"); // one for all: toLocaleString takes twenty times as long

/** Thousands with a comma in both languages, the minus sign as a minus sign. */
export function number(value: number): string {
  return THOUSANDS.format(value).replace("-", minus);
}

/** To one decimal, as percentages are shown. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A difference with its sign; nothing is a plain zero. */
export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

export function nameOf(thing: Named, language: Language): string {
  return language === "en" && thing.name_en ? thing.name_en : thing.name;
}

/** The language of a text as it was stored, where it is not that of the page: for those who have it read out. */
export function langOf(text: string | null | undefined): "zh-CN" | undefined {
  return text && /\p{Script=Han}/u.test(text) ? "zh-CN" : undefined;
}

export class Clock {
  private readonly language: Language;
  private readonly zone: string;
  private readonly formats = new Map<string, Intl.DateTimeFormat>();

  constructor(language: Language, zone: string) {
    this.language = language;
    this.zone = zone;
  }

  /** "10:25" */
  time(at: number | string): string {
    return this.format(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }

  /** 0 to 23 */
  hour(at: number): number {
    return Number(this.format(at, { hour: "2-digit", hourCycle: "h23" }).replace(/\D/g, ""));
  }

  /** "11月22日 10:25", "22 Nov, 10:25"; with the year where it is not that of ``today``, a local date. */
  moment(at: number | string, today: string): string {
    const time = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    const isThisYear = this.format(at, { year: "numeric" }).startsWith(today.slice(0, 4));
    return this.format(at, isThisYear ? time : { year: "numeric", ...time });
  }

  /** "2026年11月22日", "22 Nov 2026"; takes local dates as they are. */
  date(at: number | string): string {
    const isLocalDate = typeof at === "string" && at.length === 10;
    const options = { year: "numeric", month: "short", day: "numeric" } as const;
    return isLocalDate ? this.format(`${at}T00:00:00Z`, { ...options, timeZone: "UTC" }) : this.format(at, options);
  }

  private format(at: number | string, options: Intl.DateTimeFormatOptions): string {
    const key = JSON.stringify(options);
    let format = this.formats.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(LOCALES[this.language], { timeZone: this.zone, ...options });
      this.formats.set(key, format);
    }
    return format.format(typeof at === "string" ? Date.parse(at) : at);
  }
}

const DAY_MS = 86_400_000;

/** Whole days by which a moment has passed; negative where it lies ahead. */
export function daysSince(at: string, now: number): number {
  return Math.floor((now - Date.parse(at)) / DAY_MS);
}

/** Whole days from one local date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

export function squareMetres(value: number): string {
  return value >= 1_000_000 ? `${number(Math.round(value / 10_000) / 100)} km²` : `${number(Math.round(value))} m²`;
}

/** To a tenth where it is small, and never nothing. */
export function smallArea(value: number): string {
  return `${number(value < 100 ? Math.max(tenths(value), 0.1) : Math.round(value))} m²`;
}

export function metres(value: number): string {
  return value >= 1000 ? `${number(Math.round(value / 100) / 10)} km` : `${number(Math.round(value * 10) / 10)} m`;
}
