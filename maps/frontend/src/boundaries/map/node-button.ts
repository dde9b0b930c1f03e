/** A button beside the active node that deletes it: fingers have no Delete key. Where other lines meet there is none. */

import type { Surface } from "./surface.ts";

const APART = [20, 16]; // pixels right of and below the node

export class NodeButton {
  private readonly surface: Surface;
  private readonly button = document.createElement("button");

  constructor(surface: Surface, remove: () => void) {
    this.surface = surface;
    const { button } = this;
    button.type = "button";
    button.className = "button node-button";
    button.hidden = true;
    button.addEventListener("click", remove);
    for (const kind of ["mousedown", "touchstart", "pointerdown", "click", "dblclick"]) button.addEventListener(kind, (event) => event.stopPropagation());
    surface.map.getContainer().append(button);
    surface.map.on("move zoom", () => this.place());
  }

  /** Show it where it belongs, if anywhere. */
  place(): void {
    const { button, surface } = this;
    const { marks, editing, words, isEditable, stage } = surface;
    const { active, drag } = marks;
    const isShown = active && !drag && isEditable && editing.tool === "node" && editing.table.beside(active).length === 2;
    button.hidden = !isShown;
    if (!isShown) return;
    const view = stage.view();
    button.textContent = words.deleteNode;
    button.style.left = `${view.x(active.x) + APART[0]!}px`;
    button.style.top = `${view.y(active.y) + APART[1]!}px`;
  }
}
