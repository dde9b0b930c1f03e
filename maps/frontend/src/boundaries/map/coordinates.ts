/** Where the node in hand lies, else the pointer: degrees, and metres of the store's coordinate system. */

import type * as L from "leaflet";

import { type Point, unproject } from "../../mercator.ts";
import { type Plane, planeOf } from "../plane.ts";
import type { EditNode } from "../vertices.ts";
import { isEdge } from "./marks.ts";
import { type Surface, placeAt } from "./surface.ts";

const ROOM_PX = 112; // below a node: its button, and this
const OF_NODE = { metres: 3, degrees: 8 }; // digits: what a node has, and what a pointer can mean
const OF_POINTER = { metres: 1, degrees: 6 };

export class Coordinates {
  private readonly surface: Surface;
  private readonly element = document.createElement("div");
  private readonly lines = [document.createElement("span"), document.createElement("span")] as const;
  private readonly button = document.createElement("button");
  private pointer: Point | null = null;
  private plane: Plane | null = null;
  private planeAt = -1;

  constructor(surface: Surface) {
    this.surface = surface;
    const { element, button, lines } = this;
    element.className = "map-coordinates";
    button.type = "button";
    button.className = "link";
    button.addEventListener("click", () => this.ask());
    surface.map.on("move zoom", () => this.evade());
    for (const kind of ["mousedown", "touchstart", "pointerdown", "click", "dblclick"]) button.addEventListener(kind, (event) => event.stopPropagation());
    element.append(...lines, button);
    surface.map.getContainer().append(element);
    surface.map.on("mousemove", ({ containerPoint }: L.LeafletMouseEvent) => this.point(placeAt(surface, containerPoint)));
    surface.map.on("mouseout", () => this.point(null));
  }

  /** Say where things are now. */
  tell(): void {
    const { marks, words } = this.surface;
    const node = this.node;
    const at = marks.drag?.at ?? node ?? this.pointer;
    this.element.hidden = !at;
    this.button.hidden = !this.movable;
    if (!at) return;
    this.button.textContent = words.typePlace;
    this.lines[0].textContent = this.metresAt(at, node);
    this.lines[1].textContent = degreesAt(at, node);
    this.evade();
  }

  /** On a phone: at the top where the node and its button leave no room beneath. */
  private evade(): void {
    const { marks, stage, map } = this.surface;
    const isLow = marks.active !== null && stage.view().y(marks.active.y) > map.getSize().y - ROOM_PX;
    this.element.classList.toggle("high", isLow);
  }

  /** The node that is meant, unless it is on its way. */
  private get node(): EditNode | null {
    const { active, hovered, snap, drag } = this.surface.marks;
    if (drag) return snap?.kind === "node" ? snap.node : null;
    return hovered && !isEdge(hovered) ? hovered : active;
  }

  private get movable(): EditNode | null {
    const { marks, editing, isEditable } = this.surface;
    return isEditable && editing.tool === "node" && !marks.drag ? marks.active : null;
  }

  private point(at: Point | null): void {
    this.pointer = at;
    this.tell();
  }

  private ask(): void {
    const node = this.movable;
    if (!node) return;
    const { editing, map } = this.surface;
    map.getContainer().focus({ preventScroll: true }); // the dialog gives the focus back there: the button goes with the node
    editing.ask({ kind: "place", node: node.mm });
  }

  private metresAt(at: Point, node: EditNode | null): string {
    const { session, table } = this.surface.editing;
    if (this.planeAt !== table.version) [this.plane, this.planeAt] = [planeOf(table.allNodes()), table.version];
    const mm = node?.mm ?? this.plane?.(at);
    if (!mm) return "";
    const { metres } = node ? OF_NODE : OF_POINTER;
    return `${session.board.config?.crs ?? ""}  E ${grouped(mm[0] / 1000, metres)}  N ${grouped(mm[1] / 1000, metres)}`;
  }
}

function degreesAt(at: Point, node: EditNode | null): string {
  const { lon, lat } = node ?? unproject(at);
  const { degrees } = node ? OF_NODE : OF_POINTER;
  return `${lon.toFixed(degrees)}, ${lat.toFixed(degrees)}`;
}

const NARROW = "\u202f"; // between thousands: a comma would part the two coordinates

function grouped(metres: number, digits: number): string {
  return metres.toFixed(digits).replace(/\B(?=(\d{3})+(?=\.))/g, NARROW);
}
