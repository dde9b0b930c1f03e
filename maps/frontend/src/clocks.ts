/** Between a clock on a wall and the moment that it shows, in any zone. */

const PARTS = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;

/** The moment that a clock in a zone shows as "2026-11-23T13:48"; null where that is no time. */
export function momentIn(zone: string, shown: string): Date | null {
  const asUtc = Date.parse(`${shown}Z`);
  if (Number.isNaN(asUtc)) return null;
  const first = asUtc - aheadOf(zone, asUtc);
  return new Date(asUtc - aheadOf(zone, first)); // the clock may have been changed between the two
}

/** How far the clock of a zone is ahead of UTC, milliseconds. */
export function aheadOf(zone: string, at: number): number {
  const shown = formatOf(zone).formatToParts(at);
  const [year, month, day, hour, minute, second] = (["year", "month", "day", "hour", "minute", "second"] as const).map((part) =>
    Number(shown.find(({ type }) => type === part)!.value),
  );
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** One a zone: to make it takes a hundred times as long as to use it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) formats.set(zone, (format = new Intl.DateTimeFormat("en-GB", { ...PARTS, timeZone: zone })));
  return format;
}
