/** The life of a grid, step by step: what each edition made of it. As api/schemas/grid_history.py. */

import { LEAST_GROUND, type Said, nodesOf } from "./edition-changes.ts";
import type { Descent, Shape } from "./payloads.ts";

/** Who made an edition, when and why. */
interface Published {
  edition: number;
  published_at: string;
  actor: string | null;
  actor_en?: string | null;
  reason: string | null;
  draft: number | null;
  title: string | null;
  takes_back: number | null;
}

export interface GridVersion extends Published {
  until_edition: number | null;
  code: string;
  name: string;
  name_en: string | null;
  area: string;
  households: number | null;
  area_m2: number;
  ground: Descent[];
  geometry: Shape;
}

/** history: oldest first. ended: of a grid that is gone, and where its ground went. */
export interface GridHistory {
  code: string;
  scheme: string;
  in_force: boolean;
  history: GridVersion[];
  ended: Published | null;
  ground_left: Descent[];
}

/** With another grid. other: its code in the edition hadIn; null where there is none, or where it is not for the reader. area: square metres. */
export type Exchange = "splitFrom" | "madeOf" | "tookIn" | "got" | "gave" | "splitOff" | "wentTo";

export type Happening =
  | { kind: "made" }
  | { kind: "retired" }
  | { kind: "other" }
  | { kind: Exchange; other: string | null; hadIn: number; area: number }
  | ({ kind: "said" } & Said)
  | { kind: "line"; nodes: number };

/** One step. after: null where it took the grid away. before: null where it made it. */
export interface LifeStep extends Published {
  after: GridVersion | null;
  before: GridVersion | null;
  happenings: Happening[];
}

/** Whether it is another grid that had a code in an edition: codes are given again. */
export function isOfAnother({ history }: Pick<GridHistory, "history">, code: string, edition: number): boolean {
  const isThen = ({ edition: from, until_edition: until }: GridVersion) => from <= edition && (until === null || edition < until);
  return !history.some((version) => version.code === code && isThen(version));
}

/** Newest first. */
export function lifeOf({ history, ended, ground_left }: GridHistory): LifeStep[] {
  const steps = history.map((after, at): LifeStep => {
    const before = history[at - 1] ?? null;
    return { ...after, after, before, happenings: happeningsOf(after, before) };
  });
  if (ended) {
    const went = inSight(ground_left).map(({ to, area_m2 }): Happening => ({ kind: "wentTo", other: to, hadIn: ended.edition, area: area_m2 }));
    const gone = went.filter((each) => "other" in each && each.other !== null);
    steps.push({ ...ended, after: null, before: history.at(-1) ?? null, happenings: [{ kind: "retired" }, ...gone] });
  }
  return steps.reverse();
}

export function happeningsOf(step: GridVersion, before: GridVersion | null): Happening[] {
  if (!before) return bornOf(step);
  const ground = inSight(step.ground).map((each) => exchangeOf(each, step, before));
  const found = [...said(step, before), ...ground];
  const isReshaped = JSON.stringify(step.geometry.coordinates) !== JSON.stringify(before.geometry.coordinates);
  if (isReshaped && !ground.length) found.push({ kind: "line", nodes: nodesOf(step.geometry) - nodesOf(before.geometry) });
  return found.length ? found : [{ kind: "other" }];
}

function bornOf({ ground, edition }: GridVersion): Happening[] {
  const from = inSight(ground).filter(({ from: giver, kind }) => giver !== null || kind !== "created");
  const born = from.map(
    ({ kind, from: giver, area_m2 }): Happening => ({ kind: kind === "split" ? "splitFrom" : "madeOf", other: giver, hadIn: edition - 1, area: area_m2 }),
  );
  return born.length ? born : [{ kind: "made" }];
}

function said(step: GridVersion, before: GridVersion): Happening[] {
  return (["code", "name", "name_en", "area", "households"] as const)
    .filter((field) => step[field] !== before[field])
    .map((field) => ({ kind: "said", field, before: before[field], after: step[field] }));
}

/** Codes are those of then: who gave is told by its code before the step, who got by its code after it. */
function exchangeOf({ kind, from, to, area_m2: area }: Descent, step: GridVersion, before: GridVersion): Happening {
  const { edition } = step;
  if (to === step.code && from !== before.code) return { kind: kind === "merged" ? "tookIn" : "got", other: from, hadIn: edition - 1, area };
  return { kind: kind === "split" ? "splitOff" : "gave", other: to, hadIn: edition, area };
}

function inSight(ground: readonly Descent[]): Descent[] {
  return ground.filter(({ area_m2 }) => area_m2 >= LEAST_GROUND);
}
