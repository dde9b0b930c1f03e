/** To do a draft again on the edition in force: its steps, one after another, in a new draft. */

import { Problem, newKey } from "../api.ts";
import type { BoundaryApi } from "./api.ts";
import type { Draft, DraftDetail, Operation, Step } from "./payloads.ts";

/** As Operation has them; a file and an edition taken back are not done again step by step. */
const OPERATIONS: ReadonlySet<string> = new Set([
  "move_node", "insert_node", "delete_node", "reshape_edge", "split_grid", "merge_grids", "transfer_area", "recode", "retire", "mend", "describe",
]);

/** The steps that hold, as operations; null for one that cannot be done again. */
export function operationsOf(steps: readonly Step[]): (Operation | null)[] {
  return steps
    .filter(({ undone_at }) => undone_at === null)
    .map(({ kind, operation }) => (OPERATIONS.has(kind) ? ({ ...operation, op: kind } as Operation) : null));
}

export interface Rebased {
  draft: Draft;
  done: number;
  /** Steps that make no sense any more: they are left to who draws. */
  left: number;
}

/** Rejects where not even a new draft can be started; a step that is refused is counted and passed over. */
export async function rebase(api: BoundaryApi, { title, scheme, outline, steps }: DraftDetail): Promise<Rebased> {
  const draft = await api.start(newKey(), { title, scheme, outline });
  let { revision } = draft;
  let [done, left] = [0, 0];
  for (const operation of operationsOf(steps)) {
    try {
      if (!operation) throw new Problem(400, "", "");
      ({ revision } = await api.perform(newKey(), draft.id, revision, operation));
      done++;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      left++;
    }
  }
  return { draft, done, left };
}
