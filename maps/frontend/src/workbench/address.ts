/** The address line of the workbench: ``#/place/4711`` names a tab and what is chosen in it. */

export interface BenchAddress {
  tab: string;
  /** What is chosen in the tab, "" for nothing. */
  item: string;
}

/** Null where it names no tab. A sign-in secret has no stroke, so nothing is ever taken for one, nor one for this. */
export function parseBench(hash: string): BenchAddress | null {
  const [, tab = "", item = ""] = hash.replace(/^#/, "").split("/");
  return tab ? { tab: unescaped(tab), item: unescaped(item) } : null;
}

export function formatBench({ tab, item }: BenchAddress): string {
  return `#/${[tab, item].filter(Boolean).map(encodeURIComponent).join("/")}`;
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // typed by hand
  }
}
