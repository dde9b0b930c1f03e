/** The lines of the grids in force, beneath a draft. They give way where those of the draft are drawn instead. */

import { GridLayer } from "../../layers/grid-layer.ts";
import type { Painter } from "../../stage.ts";

export class InForceLayer extends GridLayer {
  /** Whoever lets it differ has the ground drawn again. */
  isDrawn: () => boolean = () => true;

  /** Without shades and marks, which show choices that nobody makes here: so all of the ground beneath the draft is kept. */
  protected override makePainters(): Painter[] {
    const lines = super.makePainters().filter(({ shows }) => !shows);
    return lines.map((painter) => ({ ...painter, paint: (frame) => this.isDrawn() && painter.paint(frame) }));
  }
}
