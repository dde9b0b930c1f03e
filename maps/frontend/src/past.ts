/** A day of the past in the page's address: `/?as_of=2026-03-01#…`. The page then shows what was recorded at its local end. */

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

/** Whether a text is a day of the calendar. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** The last moment of a local day, milliseconds. */
export function endOf(day: string, zone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
  const near = midnight - offsetAt(midnight, zone);
  return midnight - offsetAt(near, zone) - 1; // the clocks may have been changed between
}

/** The last local day that is over. */
export function lastDay(now: number, zone: string): string {
  return new Date(now + offsetAt(now, zone) - DAY_MS).toISOString().slice(0, 10);
}

/** Local time minus universal time, milliseconds. */
function offsetAt(at: number, zone: string): number {
  const fields = ["year", "month", "day", "hour", "minute", "second"] as const;
  const options = Object.fromEntries(fields.map((name) => [name, "numeric"]));
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...options }).formatToParts(at);
  const [year, month, day, hour, minute, second] = fields.map((name) => Number(parts.find(({ type }) => type === name)!.value));
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}
