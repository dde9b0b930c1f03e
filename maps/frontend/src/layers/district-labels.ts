/** Far out, every subdistrict is called by its name and figure: in two lines where there is room, in one where there is not. */

import { type Box, Placer, centred } from "../labels.ts";

const TWO_LINES = 40; // pixels
const ONE_LINE = 18;
const BESIDE = 26; // pixels above and below the middle

/** What is to stand somewhere, in pixels. wide: of the name, and of name and figure in one line. */
export interface Called {
  /** The middle, then wherever else it may stand. */
  places: readonly { x: number; y: number }[];
  wide: number;
  wideFlat: number;
}

export interface Standing {
  box: Box;
  isFlat: boolean;
}

/**
 * Where each label stands; null where there is no room. The first of them have the first choice: where one is left over,
 * the first half, then all, are written in one line. Of these the way that leaves out fewest.
 */
export function standings(labels: readonly Called[], free: () => Placer): (Standing | null)[] {
  let best: (Standing | null)[] = [];
  let fewest = Infinity;
  for (const flat of [0, labels.length / 2, labels.length]) {
    const placer = free();
    const found = labels.map((label, at) => (at < flat ? null : stand(placer, label, false)) ?? stand(placer, label, true));
    const left = found.filter((standing) => standing === null).length;
    if (left < fewest) [best, fewest] = [found, left];
    if (left === 0) break;
  }
  return best;
}

function stand(placer: Placer, { places, wide, wideFlat }: Called, isFlat: boolean): Standing | null {
  const [middle, ...others] = places;
  if (!middle) return null;
  const near = [0, -BESIDE, BESIDE].map((down) => ({ x: middle.x, y: middle.y + down }));
  const box = placer.place(
    [...near, ...others].map(({ x, y }) => centred(x, y, isFlat ? wideFlat : wide, isFlat ? ONE_LINE : TWO_LINES)),
  );
  return box && { box, isFlat };
}
