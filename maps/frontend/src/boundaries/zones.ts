/** Times as they are entered and told: in the zone of the service, wherever the machine is. */

import type { Session } from "../session.ts";
import type { Desk } from "./desk.ts";

const PARTS = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;

/** The moment that a clock in a zone shows as "2026-11-23T13:48"; null where that is no time. */
export function momentIn(zone: string, entered: string): Date | null {
  const asUtc = Date.parse(`${entered}Z`);
  if (Number.isNaN(asUtc)) return null;
  const first = asUtc - aheadOf(zone, asUtc);
  return new Date(asUtc - aheadOf(zone, first)); // the clock may have been changed between the two
}

/** A zone as its people call it at a moment, for its clock may be changed with the season; null: the whole year round. */
export function nameOfZone(zone: string, locale: string, at: Date | null): string {
  const told = (timeZoneName: "long" | "longGeneric") => {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName }).formatToParts(at ?? undefined);
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
  };
  const generic = at ? "" : told("longGeneric");
  return generic && !/\d/.test(generic) ? generic : told("long"); // in figures where it has no name of its own: it has no seasons
}

export function zoneOf(session: Session): string {
  return session.board.config?.timezone ?? "UTC";
}

/** A moment in words, with the zone that it is told in. */
export function toldWithZone({ session, words }: Pick<Desk, "session" | "words">, at: string): string {
  return words.inZone(session.moment(at), nameOfZone(zoneOf(session), session.words.locale, new Date(at)));
}

/** How far the clock of a zone is ahead of UTC, milliseconds. */
function aheadOf(zone: string, at: number): number {
  const shown = new Intl.DateTimeFormat("en-GB", { ...PARTS, timeZone: zone }).formatToParts(at);
  const [year, month, day, hour, minute, second] = (["year", "month", "day", "hour", "minute", "second"] as const).map((part) =>
    Number(shown.find(({ type }) => type === part)!.value),
  );
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}
