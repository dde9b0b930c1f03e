/**
 * The draft on the map, as it stands: lines, what changes its grid, nodes, faults. What a pointer does is in marks-layer.ts,
 * which is drawn every frame; this is drawn when the draft, a choice or the view has changed.
 */

import type { GridShape } from "../../grid-shape.ts";
import { OwnLayer } from "../../layers/own-layer.ts";
import { type Bounds, project } from "../../mercator.ts";
import { PathText } from "../../paths.ts";
import type { Frame, Painter } from "../../stage.ts";
import * as story from "../../story.ts";
import type { Palette } from "../../theme.ts";
import type { View } from "../../view.ts";
import { gridsOfDraft } from "../draft-grids.ts";
import { isWarning } from "../faults.ts";
import { isNear } from "../geometry.ts";
import type { Tool } from "../editing.ts";
import type { ChangedMap, Fault } from "../payloads.ts";
import type { EditGrid } from "../vertices.ts";
import { Changes } from "./changes.ts";
import { type Lined, stroke } from "./pen.ts";
import type { Surface } from "./surface.ts";
import { NODES_FROM } from "./surface.ts";

const [NODE, OWN_NODE] = [6, 9]; // pixels
const ON_NODES: ReadonlySet<Tool> = new Set(["node", "reshape", "split", "transfer"]);
const ORDER = 40; // above all other ground

export class DraftLayer extends OwnLayer {
  /** Where on the map the draft begins; left of it is what is in force. Pixels of the map. */
  swipe = 0;
  private readonly surface: Surface;
  private readonly changes: Changes;
  private readonly paths = new WeakMap<EditGrid, Path2D>();
  private named: { of: ChangedMap; inForce: ReadonlyMap<string, GridShape>; grids: readonly GridShape[] } | null = null;
  private readonly faultPaths = new WeakMap<Fault, FaultPath>();

  constructor(surface: Surface) {
    super(null);
    this.surface = surface;
    this.changes = new Changes(surface);
  }

  /** Whether the draft's own lines are drawn in the place of those in force. */
  get isAlone(): boolean {
    const { editing, map } = this.surface;
    return editing.compare === "draft" && map.getZoom() >= NODES_FROM && editing.table.grids.size > 0;
  }

  /** Grids may have other names, or lie elsewhere. */
  override obstaclesKey(): string {
    const { version, compare } = this.surface.editing;
    return `${version} ${compare}`;
  }

  /** The grids that are named: as the draft has them, while it is shown. */
  grids(): Iterable<GridShape> {
    const { changedMap, draft, compare } = this.surface.editing;
    const inForce = this.session.board.grids;
    if (!changedMap || compare === "in-force") return inForce.values();
    if (this.named?.of !== changedMap || this.named.inForce !== inForce) {
      this.named = { of: changedMap, inForce, grids: gridsOfDraft(inForce, changedMap, draft.changes) };
    }
    return this.named.grids;
  }

  protected override makePainters(): Painter[] {
    return [{ surface: "ground", order: ORDER, shows: () => this.shows(), paint: (frame) => this.paint(frame) }];
  }

  private shows(): string {
    const { editing, isEditable } = this.surface;
    const { table, version, compare, tool, chosen } = editing;
    return [table.version, version, compare, tool, chosen.join("+"), this.swipe, isEditable].join();
  }

  private paint(frame: Frame): void {
    const { editing } = this.surface;
    if (editing.compare === "in-force") return;
    const { context, view } = frame;
    if (editing.compare === "both" && this.swipe > 0) cutLeft(context, view, this.swipe);
    this.changes.use(editing.changedMap);
    if (this.isAlone) this.paintLines(frame);
    if (editing.compare === "both") this.changes.paintArea(frame);
    this.paintChosen(frame);
    this.paintEdited(frame);
    if (editing.compare === "both") this.changes.paintFormer(frame);
    this.changes.paintDrawn(frame);
    if (this.surface.isEditable && ON_NODES.has(editing.tool)) this.paintNodes(frame);
    if (editing.compare === "both") this.changes.paintPoints(frame);
    this.paintFaults(frame);
  }

  private paintLines({ context, view, palette }: Frame): void {
    const grids = this.inSight(view);
    const width = story.gridLine(view.zoom);
    this.outline(context, view, grids, [{ colour: palette.colours["m-grid"], width }]);
  }

  private paintChosen({ context, view, palette }: Frame): void {
    const { chosen, table } = this.surface.editing;
    const grids = chosen.map((code) => table.grids.get(code)).filter((grid) => grid !== undefined);
    view.usePaths(context, this.session.board.origin);
    context.globalAlpha = 0.16;
    context.fillStyle = palette.colours.accent;
    for (const grid of grids) context.fill(this.pathOf(grid), "evenodd");
    context.globalAlpha = 1;
    this.outline(context, view, grids, [{ colour: palette.colours["m-halo"], width: 6 }, { colour: palette.colours.accent, width: 3 }]);
  }

  private paintEdited({ context, view, palette }: Frame): void {
    const grids = this.inSight(view).filter(({ changed }) => changed);
    this.outline(context, view, grids, [{ colour: palette.colours["m-halo"], width: 5 }, { colour: palette.colours.ink, width: 2.25 }]);
  }

  private outline(context: CanvasRenderingContext2D, view: View, grids: readonly EditGrid[], lines: readonly Lined[]): void {
    view.usePaths(context, this.session.board.origin);
    context.lineJoin = "round";
    for (const line of lines) for (const grid of grids) stroke(context, view, this.pathOf(grid), line);
  }

  /** Stamped from a small picture: there are thousands. Those of lines that the draft drew are larger. */
  private paintNodes({ context, view, palette }: Frame): void {
    const { table, chosen } = this.surface.editing;
    const bounds = view.bounds();
    view.useScreen(context);
    const plain = squareOf(NODE, palette, palette.colours["ink-2"], view.ratio);
    const own = squareOf(OWN_NODE, palette, palette.colours.accent, view.ratio);
    const isOwn = (grids: ReadonlySet<string>, key: string) => this.changes.drawnNodes.has(key) || chosen.some((code) => grids.has(code));
    for (const node of table.allNodes()) {
      if (!isNear(bounds, node, 0)) continue;
      const square = isOwn(node.grids, `${node.lon},${node.lat}`) ? own : plain;
      context.drawImage(square.canvas, view.x(node.x) - square.half, view.y(node.y) - square.half, 2 * square.half, 2 * square.half);
    }
  }

  /** Each as the ground that is wrong; as a square at its place where that is too small to be seen. */
  private paintFaults({ context, view, palette }: Frame): void {
    for (const fault of this.surface.editing.faults) {
      if (isWarning(fault)) continue;
      const { path, bounds } = this.faultOf(fault);
      if (view.across(bounds) >= LEAST) {
        view.usePaths(context, this.session.board.origin);
        fillFault(context, palette, () => context.fill(path, "evenodd"));
        stroke(context, view, path, { colour: palette.colours.fault, width: 2 });
      } else drawSmallFault(context, view, palette, fault);
    }
  }

  private faultOf(fault: Fault): FaultPath {
    let found = this.faultPaths.get(fault);
    if (!found) {
      const text = new PathText(this.session.board.origin);
      if (fault.shape) text.addGeometry(fault.shape);
      this.faultPaths.set(fault, (found = { path: text.toPath(), bounds: text.bounds }));
    }
    return found;
  }

  private inSight(view: View): EditGrid[] {
    return [...this.surface.editing.table.grids.values()].filter(({ bounds }) => view.shows(bounds));
  }

  private pathOf(grid: EditGrid): Path2D {
    let path = this.paths.get(grid);
    if (!path) {
      const text = new PathText(this.session.board.origin);
      for (const ring of grid.rings) text.addLine(ring.flatMap(({ x, y }) => [x, y]), true);
      this.paths.set(grid, (path = text.toPath()));
    }
    return path;
  }
}

/** Draw nothing to the left of a line down the map. */
function cutLeft(context: CanvasRenderingContext2D, view: View, at: number): void {
  view.useScreen(context);
  context.beginPath();
  context.rect(at + view.margin, 0, view.width, view.height);
  context.clip();
}

// -- faults -----------------------------------------------------------------------------------------------------------

const LEAST = 12; // pixels: what is smaller is a square of that size

interface FaultPath {
  path: Path2D;
  bounds: Bounds;
}

function drawSmallFault(context: CanvasRenderingContext2D, view: View, palette: Palette, { lon, lat }: Fault): void {
  if (typeof lon !== "number" || typeof lat !== "number") return;
  const at = project(lon, lat);
  view.useScreen(context);
  context.beginPath();
  context.rect(view.x(at.x) - LEAST / 2, view.y(at.y) - LEAST / 2, LEAST, LEAST);
  fillFault(context, palette, () => context.fill());
  context.strokeStyle = palette.colours.fault;
  context.lineWidth = 2;
  context.setLineDash([]);
  context.stroke();
}

function fillFault(context: CanvasRenderingContext2D, { colours }: Palette, fill: () => void): void {
  context.fillStyle = colours.fault;
  context.globalAlpha = 0.35;
  fill();
  context.globalAlpha = 1;
}

// -- nodes ------------------------------------------------------------------------------------------------------------

interface Square {
  canvas: HTMLCanvasElement;
  half: number;
}

const squares = new Map<string, Square>();

/** A small square with an edge, drawn once for a size, a colour and a screen. */
function squareOf(side: number, { colours }: Palette, colour: string, ratio: number): Square {
  const key = [side, colours.surface, colour, ratio].join();
  let square = squares.get(key);
  if (!square) {
    const half = side / 2 + 1;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(2 * half * ratio);
    const context = canvas.getContext("2d")!;
    context.scale(canvas.width / (2 * half), canvas.height / (2 * half));
    context.fillStyle = colours.surface;
    context.strokeStyle = colour;
    context.lineWidth = 1.75;
    context.rect(1, 1, side, side);
    context.fill();
    context.stroke();
    squares.set(key, (square = { canvas, half }));
  }
  return square;
}

