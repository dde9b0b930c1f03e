/** The rows of the table of all grids: what a column holds, and the order by one of them. */

export type Value = string | number | null;

export interface Sort {
  key: string;
  down: boolean;
}

/**
 * The codes in the order of their values; ties, and everything that has no value, by code at the end of their kind.
 * Texts as the language of ``collator`` orders them: Chinese by pinyin.
 */
export function ordered(values: ReadonlyMap<string, Value>, down: boolean, collator: Intl.Collator): string[] {
  const sign = down ? -1 : 1;
  return [...values.keys()].sort((a, b) => {
    const [left, right] = [values.get(a)!, values.get(b)!];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byCode(a, b);
    const texts = typeof left === "string" || typeof right === "string";
    const order = texts ? collator.compare(String(left), String(right)) : left - right;
    return sign * order || byCode(a, b);
  });
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
