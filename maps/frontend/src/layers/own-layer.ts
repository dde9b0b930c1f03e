/** What our layers have in common: they belong to a session, load one part of the data, and bring painters. */

import * as L from "leaflet";

import type { AsOf } from "../api.ts";
import type { Board, Part } from "../board.ts";
import type { Box } from "../labels.ts";
import type { PartLoader } from "../loading.ts";
import type { Session } from "../session.ts";
import { type Painter, stageOf } from "../stage.ts";
import type { View } from "../view.ts";

export abstract class OwnLayer extends L.Layer implements PartLoader {
  /** The part of the board that this layer loads, if any, and where from. */
  readonly part: Part | null;
  readonly url: string;
  protected session!: Session;
  private painters: Painter[] = [];

  constructor(part: Part | null, url = "") {
    super();
    this.part = part;
    this.url = url;
  }

  attach(session: Session): void {
    this.session = session;
  }

  /** Whether this reader may have the part at all. */
  isAllowed(_board: Board): boolean {
    return true;
  }

  async load(): Promise<AsOf | null> {
    return null;
  }

  /** Differs whenever obstacles may, the view being the same. */
  obstaclesKey(_view: View): string {
    return "";
  }

  /** Boxes of what is drawn that labels must not cover. */
  obstacles(_view: View): Box[] {
    return [];
  }

  protected abstract makePainters(): Painter[];

  override onAdd(map: L.Map): this {
    this.painters = this.makePainters();
    for (const painter of this.painters) stageOf(map).add(painter);
    return this;
  }

  override onRemove(map: L.Map): this {
    for (const painter of this.painters) stageOf(map).removePainter(painter);
    return this;
  }
}
