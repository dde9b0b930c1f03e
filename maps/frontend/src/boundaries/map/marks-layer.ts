/** What moves with the pointer: the node in hand and how its lines would run, what it snaps to, and the tags of faults. */

import { OwnLayer } from "../../layers/own-layer.ts";
import type { Box } from "../../labels.ts";
import { type Point, project } from "../../mercator.ts";
import type { Frame, Painter } from "../../stage.ts";
import type { View } from "../../view.ts";
import { boundaryWordsOf } from "../../i18n/boundaries.ts";
import { smallArea } from "../../format.ts";
import { isWarning } from "../faults.ts";
import { isNear } from "../geometry.ts";
import type { Fault } from "../payloads.ts";
import { type Marks, type Stroke, isEdge } from "./marks.ts";
import { tag } from "./pen.ts";
import { type Surface } from "./surface.ts";

const ORDER = 20;
const [RING, GRIP, SNAP_RING, HOVERED] = [13, 5.5, 8, 7]; // pixels of radius
const TAG_APART = 20;
const DASHES = [7, 5];
const [TAG_WIDE, TAG_HIGH, MOST_TAGS] = [120, 28, 50]; // more say nothing: they are in the list

interface Tag {
  readonly text: string;
  readonly x: number;
  y: number;
}

export class MarksLayer extends OwnLayer {
  private readonly surface: Surface;

  constructor(surface: Surface) {
    super(null);
    this.surface = surface;
  }

  protected override makePainters(): Painter[] {
    return [{ surface: "points", order: ORDER, shows: () => this.shows(), paint: (frame) => this.paint(frame) }];
  }

  override obstaclesKey(view: View): string {
    return this.tagged(view).map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`).join();
  }

  /** Where the tags of faults stand: no name is written beneath them. */
  override obstacles(view: View): Box[] {
    return this.tagged(view).map(({ x, y }) => [x, y - TAG_HIGH / 2, x + TAG_WIDE, y + TAG_HIGH / 2]);
  }

  private shows(): string {
    const { marks, editing, isEditable } = this.surface;
    return [marks.version, editing.version, editing.compare, isEditable, editing.request?.kind].join();
  }

  private paint(frame: Frame): void {
    const { marks, editing, isEditable } = this.surface;
    frame.view.useScreen(frame.context);
    if (editing.compare === "in-force") return;
    this.paintFaultTags(frame);
    for (const { before, now } of marks.pending) strokes(frame, before, now);
    strokes(frame, [], this.asked());
    if (!isEditable) return;
    if (marks.drag) strokes(frame, marks.drag.before, marks.drag.now);
    this.paintHovered(frame, marks);
    this.paintSnap(frame, marks);
    this.paintActive(frame, marks);
  }

  /** What was drawn, while the panels ask what is to be done with it. */
  private asked(): Stroke[] {
    const { request, table } = this.surface.editing;
    if (request?.kind !== "split" && request?.kind !== "transfer") return [];
    const places = request.kind === "split" ? request.line : [...request.area, request.area[0]!];
    const points = places.flatMap((at) => ("lon" in at ? [project(at.lon, at.lat)] : (table.node(at) ?? [])));
    return points.slice(1).map((to, i): Stroke => [points[i]!, to]);
  }

  private paintFaultTags(frame: Frame): void {
    const { context, palette, view } = frame;
    const { colours } = palette;
    for (const { text, x, y } of this.tagged(view)) tag(context, palette, text, x, y, colours.fault, colours.surface);
  }

  /** The tags of the errors in view, numbered as in the list, none over another. */
  private tagged(view: View): Tag[] {
    const { editing } = this.surface;
    if (editing.compare === "in-force") return [];
    const placed: Tag[] = [];
    editing.faults.filter((fault) => !isWarning(fault)).forEach((fault, at) => {
      if (typeof fault.lon !== "number" || typeof fault.lat !== "number" || placed.length === MOST_TAGS) return;
      const place = project(fault.lon, fault.lat);
      if (!isNear(view.bounds(), place, 0)) return;
      const own = { text: `${at + 1}  ${this.named(fault)}`, x: view.x(place.x) + 12, y: view.y(place.y) - 24 };
      while (placed.some((other) => Math.abs(other.x - own.x) < TAG_WIDE && Math.abs(other.y - own.y) < TAG_HIGH)) own.y += TAG_HIGH;
      placed.push(own);
    });
    return placed;
  }

  private named({ kind, area_m2 }: Fault): string {
    const { faultKinds } = boundaryWordsOf(this.session.state.language);
    return [faultKinds[kind] ?? kind, area_m2 && smallArea(area_m2)].filter(Boolean).join(" ");
  }

  private paintHovered(frame: Frame, { hovered, drag }: Marks): void {
    if (!hovered || drag) return;
    const { context, palette, view } = frame;
    context.strokeStyle = palette.colours.accent;
    context.lineWidth = 2;
    context.setLineDash([]);
    const at = isEdge(hovered) ? hovered.place : hovered;
    circle(context, view, at, isEdge(hovered) ? SNAP_RING / 2 : HOVERED);
    context.stroke();
  }

  private paintSnap(frame: Frame, { snap, drag }: Marks): void {
    if (!snap) return;
    const { context, palette, view } = frame;
    const { words } = this.surface;
    context.strokeStyle = palette.colours.accent;
    context.lineWidth = 2;
    context.setLineDash([]);
    circle(context, view, snap.place, SNAP_RING);
    context.stroke();
    const text = snap.kind === "node" ? words.snapsToNode(snap.node.grids.size) : words.snapsToEdge;
    this.tagAt(frame, snap.place, text, drag ? 26 : 0);
  }

  private paintActive(frame: Frame, { active, drag }: Marks): void {
    const at = drag?.at ?? active;
    if (!at) return;
    const { context, palette, view } = frame;
    const { words } = this.surface;
    context.setLineDash([]);
    context.lineWidth = 2;
    context.strokeStyle = context.fillStyle = palette.colours.accent;
    circle(context, view, at, RING);
    context.stroke();
    circle(context, view, at, GRIP);
    context.fill();
    const grids = drag ? drag.grids : active!.grids.size;
    this.tagAt(frame, at, grids > 1 ? words.shared(grids) : drag && !active ? words.newNode : words.node, 0);
  }

  private tagAt({ context, palette, view }: Frame, at: Point, text: string, down: number): void {
    const { inverse } = palette.colours;
    tag(context, palette, text, view.x(at.x) + TAG_APART, view.y(at.y) - 2 + down, inverse, palette.colours["inverse-ink"]);
  }
}

function circle(context: CanvasRenderingContext2D, view: View, at: Point, radius: number): void {
  context.beginPath();
  context.arc(view.x(at.x), view.y(at.y), radius, 0, 2 * Math.PI);
}

/** Lines as they were, dashed, and as they would be: each over white, for the ground is of many colours. */
function strokes({ context, view, palette }: Frame, before: readonly Stroke[], now: readonly Stroke[]): void {
  const { colours } = palette;
  context.lineJoin = context.lineCap = "round";
  const draw = (lines: readonly Stroke[], colour: string, width: number, dashes: number[] = []) => {
    context.beginPath();
    for (const [from, to] of lines) {
      context.moveTo(view.x(from.x), view.y(from.y));
      context.lineTo(view.x(to.x), view.y(to.y));
    }
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dashes);
    context.stroke();
  };
  draw(before, colours["m-halo"], 5);
  draw(before, colours.ink, 1.75, DASHES);
  draw(now, colours["m-halo"], 6);
  draw(now, colours.accent, 3.25);
  context.setLineDash([]);
}
