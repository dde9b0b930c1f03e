/** Loads the configuration and the parts of the board. */

import { type AsOf, Problem } from "./api.ts";
import type { Board, Part } from "./board.ts";
import type { Session } from "./session.ts";
import { isLater } from "./snapshot.ts";

/** What loads one part of the board, or none. Layers do. */
export interface PartLoader {
  readonly part: Part | null;
  /** Whether this reader may have the part at all. */
  isAllowed(board: Board): boolean;
  /** Returns what it knows of, null where no live change is told. */
  load(): Promise<AsOf | null>;
}

export interface LoadingEvents {
  /** The configuration is here, the parts are not yet. */
  configured(): void;
  /** A part is here, or cannot be had. */
  arrived(part: Part): void;
}

export class Loading {
  private readonly session: Session;
  private readonly loaders: readonly PartLoader[];
  private readonly configUrl: string;
  private readonly events: LoadingEvents;
  private hasBackground = false;

  constructor(session: Session, loaders: readonly PartLoader[], configUrl: string, events: LoadingEvents) {
    this.session = session;
    this.loaders = loaders;
    this.configUrl = configUrl;
    this.events = events;
  }

  /**
   * Load everything, but the background only until it is here. The page asked for all of it while its script was on the
   * way, so which was read first is any. Returns the lowest revision that one of them knew of: with all changes after it
   * the board is up to date. (A part's own revision says when that part last changed, which may be weeks ago: to resume
   * from it would mean to load anew, for ever.) A part that fails is left as it was and named in `board.failed`; without
   * the configuration there is nothing to show, and this throws.
   *
   * Nobody may call it again, nor apply changes, before it is done: Live sees to that.
   */
  async load(): Promise<string> {
    const { session } = this;
    const config = await session.api.config(this.configUrl);
    session.board.setConfig(config);
    session.clockOffset = Date.parse(config.now) - Date.now();
    session.heardAt = session.now();
    // Asked for first: they are on their way while the page makes itself ready.
    const asked = this.loaders.map((loader) => this.loadPart(loader));
    this.events.configured();
    const known = (await Promise.all(asked)).filter((asOf) => asOf !== null);
    // Read before midnight, while the configuration is of the new day: asked for after it, they are of it, too.
    if (known.some(({ today }) => today < config.today)) return this.load();
    return known.reduce((lowest, { rev }) => (isLater(lowest, rev) ? rev : lowest), config.rev);
  }

  private async loadPart(loader: PartLoader): Promise<AsOf | null> {
    const { board } = this.session;
    const { part } = loader;
    if (!part || (part === "background" && this.hasBackground)) return null;
    let asOf: AsOf | null = null;
    if (loader.isAllowed(board)) asOf = await this.tryPart(loader, part);
    else await Promise.resolve(board.drop(part)); // and tell of it once the page is ready
    if (part === "background") this.hasBackground = !board.failed.has(part);
    this.events.arrived(part);
    return asOf;
  }

  private async tryPart(loader: PartLoader, part: Part): Promise<AsOf | null> {
    const { board } = this.session;
    try {
      const asOf = await loader.load();
      board.failed.delete(part);
      return asOf;
    } catch (error) {
      // What a reader may not have is left out calmly; anything else is said.
      if (error instanceof Problem && error.status === 403) board.drop(part);
      else board.failed.add(part);
      return null;
    }
  }
}
