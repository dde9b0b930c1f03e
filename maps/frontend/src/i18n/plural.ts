/** The word for one, else the word for many. */
export function plural(n: number, one: string, many: string): string {
  return n === 1 ? one : many;
}
