/** The grids in force, beneath a draft: their lines give way where those of the draft are drawn instead. */

import { GridLayer } from "../../layers/grid-layer.ts";
import type { Painter } from "../../stage.ts";

export class InForceLayer extends GridLayer {
  isDrawn: () => boolean = () => true;

  protected override makePainters(): Painter[] {
    return super.makePainters().map((painter) => ({
      ...painter,
      shows: (view) => `${this.isDrawn()} ${painter.shows?.(view) ?? ""}`,
      paint: (frame) => this.isDrawn() && painter.paint(frame),
    }));
  }
}
