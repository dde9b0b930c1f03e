/** Long work in slices: what the reader does comes between them. */

const SLICE_MS = 8;

/** As ``items.map(make)``, but the page is never held up for longer than a slice. */
export async function mapInSlices<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
  const made: R[] = [];
  let until = performance.now() + SLICE_MS;
  for (const item of items) {
    made.push(make(item));
    if (performance.now() < until) continue;
    await new Promise((resolve) => setTimeout(resolve)); // a task of its own: input and frames go first
    until = performance.now() + SLICE_MS;
  }
  return made;
}
