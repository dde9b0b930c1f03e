/** The units of a place as somebody walks them: by building or stairwell, floor by floor. */

import type { UnitDetail } from "./payloads.ts";

export interface Floor {
  /** Null where the label of a unit does not tell. */
  floor: number | null;
  units: UnitDetail[];
}

export interface Stairs {
  /** The building or stairwell, as units name it; null for those that name none. */
  place: Exclude<UnitDetail["place"], string>;
  floors: Floor[];
}

const NUMERIC = new Intl.Collator("zh", { numeric: true });

/** The floor that a room number tells: 501 is on the fifth, 1203 on the twelfth. */
export function floorOf(label: string | null): number | null {
  const room = /^(\d{1,2})\d{2}(?!\d)/.exec(label ?? "");
  return room ? Number(room[1]) : null;
}

/** Stairs by name, floors from below, units by label; numbers in names count as numbers. */
export function byStairs(units: readonly UnitDetail[]): Stairs[] {
  const all = new Map<string, Stairs>();
  for (const unit of [...units].sort((a, b) => NUMERIC.compare(a.label ?? a.code, b.label ?? b.code))) {
    const place = typeof unit.place === "string" ? { code: unit.place, name: unit.place, name_en: null } : unit.place;
    const stairs = all.get(place?.code ?? "") ?? { place, floors: [] };
    all.set(place?.code ?? "", stairs);
    const floor = floorOf(unit.label);
    const there = stairs.floors.find((one) => one.floor === floor);
    if (there) there.units.push(unit);
    else stairs.floors.push({ floor, units: [unit] });
  }
  const found = [...all.values()];
  for (const { floors } of found) floors.sort((a, b) => (a.floor ?? Infinity) - (b.floor ?? Infinity));
  return found.sort((a, b) => NUMERIC.compare(a.place?.name ?? "\uffff", b.place?.name ?? "\uffff"));
}
