/** Looking for something while it is typed: one question after a pause, late answers dropped, the keys' choice. */

import type { ChainLink, Named } from "./payloads.ts";

export type FoundKind = "grid" | "area" | "place" | "person" | "issue" | "unit";

export interface FoundItem extends Named {
  kind: FoundKind;
  id: number;
  code: string;
  about: string | null;
  category: string | null;
  where: Named[];
  grid: string | null;
  lon: number | null;
  lat: number | null;
  bounds: [number, number, number, number] | null;
}

export interface CoordinateReading {
  x: number;
  y: number;
  in_degrees: boolean;
}

export interface SearchAnswer {
  groups: { kind: FoundKind; items: FoundItem[] }[];
  coordinates: CoordinateReading[];
  datums: string[];
  /** Those of the page itself, which knows them all. */
  categories?: readonly FoundCategory[];
}

export interface FoundPoint {
  lon: number;
  lat: number;
  grid: string | null;
  chain: ChainLink[];
}

/** A category of issues, by which the page can be filtered. */
export interface FoundCategory extends Named {
  code: string;
}

/** What can be chosen: something found, a category to filter by, or the datum of a coordinate, which nobody but the reader knows. */
export type Choice =
  | { kind: "item"; item: FoundItem }
  | { kind: "category"; category: FoundCategory }
  | { kind: "datum"; reading: CoordinateReading; datum: string; fits: boolean };

export type SearchStatus = "idle" | "waiting" | "found" | "failed";

const PAUSE_MS = 150;

export class Finder {
  query = "";
  status: SearchStatus = "idle";
  choices: readonly Choice[] = [];
  error: unknown = null;
  /** The choice that Enter takes, -1 for none. */
  active = -1;
  private readonly ask: (query: string) => Promise<SearchAnswer>;
  private readonly changed: () => void;
  private readonly take: (choice: Choice) => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private isHurried = false;

  constructor(ask: (query: string) => Promise<SearchAnswer>, changed: () => void, take: (choice: Choice) => void) {
    this.ask = ask;
    this.changed = changed;
    this.take = take;
  }

  /** The field holds this now. What was found before stays until the answer comes. */
  type(text: string): void {
    const query = text.trim();
    if (query === this.query && this.status !== "failed") return;
    this.query = query;
    this.isHurried = false;
    this.asked++;
    clearTimeout(this.timer);
    if (!query) return this.become("idle", []);
    this.timer = setTimeout(() => void this.send(), PAUSE_MS);
    this.become("waiting", this.choices);
  }

  /** The same question again, after a failure. */
  again(): void {
    if (!this.query) return;
    this.become("waiting", []);
    void this.send();
  }

  move(by: number): void {
    const { length } = this.choices;
    if (!length) return;
    this.active = this.active < 0 ? (by > 0 ? 0 : length - 1) : (this.active + by + length) % length;
    this.changed();
  }

  /**
   * Enter: take what is chosen; while the answer is on its way, take the first as soon as it is here. A datum is not taken
   * before the reader has seen which: the first Enter points at the first that fits.
   */
  enter(): void {
    if (this.status === "waiting") {
      this.isHurried = true;
      clearTimeout(this.timer);
      void this.send();
      return;
    }
    const choice = this.choices[this.active];
    if (choice) return this.choose(choice);
    this.active = this.choices.findIndex(canChoose);
    this.changed();
  }

  choose(choice: Choice): void {
    if (canChoose(choice)) this.take(choice);
  }

  private async send(): Promise<void> {
    const asked = ++this.asked;
    try {
      const answer = await this.ask(this.query);
      if (asked !== this.asked) return;
      this.become("found", choicesOf(answer));
      if (this.isHurried) this.enter();
    } catch (error) {
      if (asked !== this.asked) return;
      this.error = error;
      this.become("failed", []);
    } finally {
      if (asked === this.asked) this.isHurried = false;
    }
  }

  private become(status: SearchStatus, choices: readonly Choice[]): void {
    this.status = status;
    if (choices !== this.choices) {
      this.choices = choices;
      // A datum is for the reader to choose: Enter takes none unasked.
      this.active = choices.length && choices[0]!.kind !== "datum" ? 0 : -1;
    }
    this.changed();
  }
}

/** What can be chosen from an answer, in the order of the list. */
export function choicesOf({ groups, coordinates, datums, categories = [] }: SearchAnswer): Choice[] {
  const items = groups.flatMap((group) => group.items.map((item): Choice => ({ kind: "item", item })));
  const asked = coordinates.flatMap((reading) =>
    datums.map((datum): Choice => ({ kind: "datum", reading, datum, fits: isMetric(datum) !== reading.in_degrees })),
  );
  return [...asked, ...items, ...categories.map((category): Choice => ({ kind: "category", category }))];
}

/** The categories whose Chinese name holds the letters, or whose English name has a word that begins with them. */
export function categoriesLike(query: string, all: readonly FoundCategory[]): FoundCategory[] {
  const letters = query.trim().toLowerCase();
  if (!letters) return [];
  return all.filter(({ name, name_en }) => name.includes(letters) || ` ${name_en ?? ""}`.toLowerCase().includes(` ${letters}`));
}

/** Whether a text of which nothing was found looks like two coordinates: the server takes no pair out of range. */
export function isLikeCoordinate(query: string): boolean {
  return /^\D{0,3}\d+\.\d+\D{1,4}[\d.]+\D{0,2}$/.test(query.trim());
}

function canChoose(choice: Choice): boolean {
  return choice.kind !== "datum" || choice.fits;
}

export function isMetric(datum: string): boolean {
  return datum.startsWith("EPSG:");
}
