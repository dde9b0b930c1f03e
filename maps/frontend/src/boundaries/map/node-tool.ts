/**
 * Moving, inserting and deleting nodes: by a pointer that drags, and by keys.
 *
 * Whoever presses on a node moves it, in all grids that share it; on a line beside it, inserts one there. While a press
 * lasts the map does not move, but for a finger on a line: that inserts where it taps, and moves the map where it drags.
 * What it comes to is drawn at once and sent when it is let go.
 */

import type { Point } from "../../mercator.ts";
import { distanceOf } from "../geometry.ts";
import { degreesOf, positionOf, type Target } from "../snapping.ts";
import type { EdgeHit, EditNode } from "../vertices.ts";
import { isEdge, type Preview, type Stroke } from "./marks.ts";
import { type Surface, edgeUnder, inWorld, nodeUnder, placeAt, snapAt } from "./surface.ts";

const CLICK_PX = 3; // a press that moves less is a click
const DOUBLE_PX = 12; // so near to each other two presses are one double click
const REACH_PX = 240; // around the cross in the middle of the map, for keys

type Held = EditNode | EdgeHit;

interface Press {
  pointer: number;
  held: Held;
  /** Pixels of the window. */
  from: Point;
  isDrag: boolean;
  /** Whether only a tap is meant. */
  isTap: boolean;
}

export class NodeTool {
  private readonly surface: Surface;
  private press: Press | null = null;
  /** Where nodes are on their way to the server: a second press there is a double click. */
  private readonly landing = new Set<Point>();
  private readonly listeners: [string, (event: never) => void][] = [
    ["pointerdown", (event: PointerEvent) => this.down(event)],
    ["pointermove", (event: PointerEvent) => this.move(event)],
    ["pointerup", (event: PointerEvent) => this.up(event)],
    ["pointercancel", () => this.cancel()],
  ];

  constructor(surface: Surface) {
    this.surface = surface;
    for (const [kind, heard] of this.listeners) this.container.addEventListener(kind, heard as EventListener, true);
  }

  close(): void {
    for (const [kind, heard] of this.listeners) this.container.removeEventListener(kind, heard as EventListener, true);
  }

  private get container(): HTMLElement {
    return this.surface.map.getContainer();
  }

  private get isOn(): boolean {
    return this.surface.isEditable && this.surface.editing.tool === "node";
  }

  // -- pointer ----------------------------------------------------------------------------------------------------------

  private down(event: PointerEvent): void {
    if (this.press) return this.cancel(); // a second finger: it is a pinch
    if (!this.isOn || event.button !== 0 || (event.target as Element).closest("button, a, [role=slider]")) return;
    const at = this.placeOf(event);
    const isTouch = event.pointerType === "touch";
    if (this.isLanding(at)) return;
    const held = this.under(at, isTouch);
    if (!held) return this.surface.marks.set({ active: null, hovered: null });
    const isTap = isTouch && isEdge(held);
    this.press = { pointer: event.pointerId, held, from: windowPlace(event), isDrag: false, isTap };
    if (isTap) return;
    this.surface.map.dragging.disable();
    this.container.setPointerCapture(event.pointerId);
    this.surface.marks.set({ hovered: null, drag: null, snap: null, active: isEdge(held) ? null : held });
  }

  private isLanding(at: Point): boolean {
    const near = inWorld(this.surface, DOUBLE_PX);
    return [...this.landing].some((place) => distanceOf(place, at) < near);
  }

  private move(event: PointerEvent): void {
    const { press } = this;
    const at = this.placeOf(event);
    if (!press) {
      if (event.pointerType !== "touch") this.hover(at);
      return;
    }
    if (event.pointerId !== press.pointer) return;
    press.isDrag ||= distanceOf(windowPlace(event), press.from) > CLICK_PX;
    if (!press.isDrag) return;
    if (press.isTap) this.press = null; // the map moves
    else this.lead(press.held, at);
  }

  private up(event: PointerEvent): void {
    const { press } = this;
    if (!press || event.pointerId !== press.pointer) return;
    const at = this.placeOf(event);
    if (press.isDrag) this.lead(press.held, at);
    const { drag, snap } = this.surface.marks;
    this.release();
    if (drag) void this.drop(press.held, drag.at, snap);
    else if (isEdge(press.held)) void this.insert(press.held, press.held.place, null);
    else this.tell(press.held);
  }

  /** Nothing is changed, and the map may be moved again. */
  cancel(): void {
    if (!this.press && !this.surface.marks.drag) return;
    this.release();
    this.surface.marks.set({ drag: null, snap: null });
  }

  private release(): void {
    const { press, surface } = this;
    this.press = null;
    if (!press) return;
    if (press.isTap) return;
    if (this.container.hasPointerCapture(press.pointer)) this.container.releasePointerCapture(press.pointer);
    surface.map.dragging.enable();
  }

  private hover(at: Point): void {
    const hovered = this.isOn ? this.under(at, false) : null;
    const { marks } = this.surface;
    this.container.classList.toggle("on-node", hovered !== null);
    if (keyOf(hovered) !== keyOf(marks.hovered)) marks.set({ hovered });
  }

  private under(at: Point, isTouch: boolean): Held | null {
    return nodeUnder(this.surface, at, isTouch) ?? edgeUnder(this.surface, at, isTouch);
  }

  private placeOf(event: PointerEvent): Point {
    return placeAt(this.surface, this.surface.map.mouseEventToContainerPoint(event));
  }

  // -- what it comes to -------------------------------------------------------------------------------------------------

  /** Show how the lines would run with what is held at a place, or at what that place snaps to. */
  private lead(held: Held, to: Point): void {
    const { editing, marks } = this.surface;
    const fixed = isEdge(held) ? [held.from, held.to] : [held, ...editing.table.beside(held)]; // a node is not led onto those beside it
    const snap = snapAt(this.surface, to, new Set(fixed.map(({ key }) => key)));
    const at = snap?.place ?? to;
    marks.set({ snap, drag: { at, grids: this.gridsOf(held), ...this.preview(held, at) } });
  }

  private preview(held: Held, at: Point): Preview {
    if (isEdge(held)) return { now: [[held.from, at], [at, held.to]], before: [[held.from, held.to]] };
    const edges = this.surface.editing.table.moved(held, at);
    return { now: edges.map(({ from, to }): Stroke => [from, to]), before: edges.map(({ from }): Stroke => [from, held]) };
  }

  private gridsOf(held: Held): number {
    if (!isEdge(held)) return held.grids.size;
    return [...held.from.grids].filter((code) => held.to.grids.has(code)).length;
  }

  private async drop(held: Held, at: Point, snap: Target | null): Promise<void> {
    if (isEdge(held)) return this.insert(held, at, snap);
    await this.sent(this.preview(held, at), async () => {
      if (!(await this.joined(snap))) return false;
      return this.surface.editing.perform({ op: "move_node", at: held.mm, to: positionOf(at, snap) });
    });
    this.activate(at);
  }

  private async insert(edge: EdgeHit, at: Point, snap: Target | null): Promise<void> {
    const ends = [edge.from.mm, edge.to.mm] as const;
    this.landing.add(at);
    await this.sent(this.preview(edge, at), async () => {
      if (!(await this.joined(snap))) return false;
      return this.surface.editing.perform({ op: "insert_node", edge: ends, at: positionOf(at, snap) });
    });
    this.landing.delete(at);
    this.activate(at);
  }

  /** What is let go on a line becomes a node of that line, too: else the two would only touch. */
  private async joined(snap: Target | null): Promise<boolean> {
    if (snap?.kind !== "edge") return true;
    return this.surface.editing.perform({ op: "insert_node", edge: [snap.from.mm, snap.to.mm], at: degreesOf(snap.place) });
  }

  /** Keep a preview on the map until the server has answered. */
  private async sent(preview: Preview, send: () => Promise<boolean>): Promise<void> {
    const { marks } = this.surface;
    marks.set({ drag: null, snap: null, active: null, pending: [...marks.pending, preview] });
    try {
      await send();
    } finally {
      marks.set({ pending: marks.pending.filter((each) => each !== preview) });
    }
  }

  /** Have the keys act on the node that is there now. */
  private activate(at: Point): void {
    const node = this.surface.editing.table.nodeNear(at, inWorld(this.surface, 1));
    if (!node || this.press || this.surface.marks.drag) return;
    this.surface.marks.set({ active: node });
    this.tell(node);
  }

  private tell(node: EditNode): void {
    const { words } = this.surface;
    this.surface.say(node.grids.size > 1 ? words.shared(node.grids.size) : words.node);
  }

  // -- keys -------------------------------------------------------------------------------------------------------------

  /** Returns whether the key meant something here. */
  key({ key, shiftKey }: KeyboardEvent): boolean {
    if (!this.isOn) return false;
    const arrow = ARROWS[key];
    if (arrow) return this.nudge(arrow, shiftKey ? 10 : 1);
    if (key === "Escape") return this.leave();
    if (key === "Enter") return this.enter();
    if (key === "Delete" || key === "Backspace") return this.remove();
    if (key === "[" || key === "]") return this.step(key === "]" ? 1 : -1);
    return key === "Insert" || key === "i" ? this.insertAtCross() : false;
  }

  /** Take a node that keys have moved, or the one nearest to the cross. */
  private enter(): boolean {
    const { marks } = this.surface;
    if (marks.drag && marks.active) {
      void this.drop(marks.active, marks.drag.at, marks.snap);
      return true;
    }
    const active = this.surface.editing.table.nodeNear(this.cross(), inWorld(this.surface, REACH_PX));
    marks.set({ active });
    if (active) this.tell(active);
    return active !== null;
  }

  /** Exactly so far: keys do not snap. */
  private nudge([right, down]: readonly [number, number], by: number): boolean {
    const { marks } = this.surface;
    const { active, drag } = marks;
    if (!active || this.press) return false;
    const from = drag?.at ?? active;
    const pixel = inWorld(this.surface, 1);
    const at = { x: from.x + right * by * pixel, y: from.y + down * by * pixel };
    marks.set({ snap: null, drag: { at, grids: active.grids.size, ...this.preview(active, at) } });
    return true;
  }

  private leave(): boolean {
    const { marks } = this.surface;
    if (!marks.drag && !marks.active) return false;
    if (marks.drag) this.cancel();
    else marks.set({ active: null });
    return true;
  }

  private step(by: 1 | -1): boolean {
    const { marks, editing } = this.surface;
    if (!marks.active || marks.drag) return false;
    const active = editing.table.neighbour(marks.active, by);
    marks.set({ active });
    this.tell(active);
    return true;
  }

  private insertAtCross(): boolean {
    const edge = this.surface.editing.table.edgeNear(this.cross(), inWorld(this.surface, REACH_PX));
    if (edge) void this.insert(edge, edge.place, null);
    return edge !== null;
  }

  private cross(): Point {
    return placeAt(this.surface, this.surface.map.getSize().divideBy(2));
  }

  /** Delete the active node; where lines meet it stays, and that is said. */
  remove(): boolean {
    const { marks, editing, words } = this.surface;
    const { active } = marks;
    if (!active || marks.drag) return false;
    if (editing.table.beside(active).length > 2) {
      this.surface.say(words.junction);
      return true;
    }
    marks.set({ active: null });
    void editing.perform({ op: "delete_node", at: active.mm });
    return true;
  }
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

/** Where a pointer is, in pixels of the window: the map may move beneath it. */
function windowPlace({ clientX, clientY }: PointerEvent): Point {
  return { x: clientX, y: clientY };
}

function keyOf(hit: Held | null): string {
  if (!hit) return "";
  return isEdge(hit) ? `${hit.from.key} ${hit.to.key} ${hit.place.x} ${hit.place.y}` : hit.key;
}
