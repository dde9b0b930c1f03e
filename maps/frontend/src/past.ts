/** A day of the past in the page's address: `/?as_of=2026-03-01#…`. The page then shows what was recorded at its local end. */

import { aheadOf, momentIn } from "./clocks.ts";
import type { Session } from "./session.ts";

const NAME = "as_of";
const DAY = /^(?:19|[2-9]\d)\d{2}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** What the address names, a day or not; null where it names none, which is now. */
export function askedDay(search: string): string | null {
  return new URLSearchParams(search).get(NAME) || null;
}

/** The page with another day, or with now. Everything else of the address stays. */
export function pageOf(day: string | null, { pathname, search, hash }: Pick<Location, "pathname" | "search" | "hash">): string {
  const query = new URLSearchParams(search);
  if (day === null) query.delete(NAME);
  else query.set(NAME, day);
  return `${pathname}${query.size ? `?${query}` : ""}${hash}`;
}

/** Show the page of a day or of now, all of it anew: an address that differs in nothing would be taken for a place on this page. */
export function goTo(page: string, at: Pick<Location, "pathname" | "search" | "hash" | "assign" | "reload">): void {
  if (page === at.pathname + at.search + at.hash) at.reload();
  else at.assign(page);
}

/** An address that the server is asked at, of a day of the past or of now. */
export function asOf(url: string, day: string | null): string {
  return day === null ? url : `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams({ [NAME]: day })}`;
}

/** What is said while the server cannot be reached. On a day of the past the server's clock stands at its end: no time to tell. */
export function offlineText({ day, words, clock, heardAt }: Pick<Session, "day" | "words" | "clock" | "heardAt">): string {
  return day !== null && heardAt ? words.offlineThen(day) : words.offlineBanner(heardAt ? clock.time(heardAt) : null);
}

/** Whether a text is a day of the calendar. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** The last moment of a local day, milliseconds. */
export function endOf(day: string, zone: string): number {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString();
  return momentIn(zone, next.slice(0, "2026-11-23T00:00".length))!.getTime() - 1;
}

/** The last local day that is over. */
export function lastDay(now: number, zone: string): string {
  return new Date(now + aheadOf(zone, now) - DAY_MS).toISOString().slice(0, 10);
}
