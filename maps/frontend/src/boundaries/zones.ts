/** Times as they are entered and told: in the zone of the service, wherever the machine is. */

import type { Session } from "../session.ts";
import type { Desk } from "./desk.ts";

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
