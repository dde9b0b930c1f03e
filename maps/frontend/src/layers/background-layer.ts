/**
 * Local vectors: land, hills and built-up ground beneath the shade, buildings, water and roads above it. All of them
 * beneath the tiles of a base map, to be seen where one is missing. Without a URL: the land that the grids cover.
 */

import { groundNames } from "../ground-names.ts";
import type { Bounds } from "../mercator.ts";
import { PathText } from "../paths.ts";
import type { BackgroundFeature } from "../payloads.ts";
import { mapInSlices } from "../slices.ts";
import { type Frame, type Painter, stageOf } from "../stage.ts";
import * as story from "../story.ts";
import type { Colour } from "../theme.ts";
import { OwnLayer } from "./own-layer.ts";

type Kind = "outline" | "water" | "hill" | "built_up" | "road_main" | "road_minor" | "rail" | "building";

const PALER = 0.55;
const SOON = 0.5; // of a zoom before they are drawn, they are loaded

interface Piece {
  path: Path2D;
  bounds: Bounds;
}

export class BackgroundLayer extends OwnLayer {
  private features: readonly BackgroundFeature[] = [];
  /** Made when first drawn: a third of all vertices are of minor roads, which the first map does not show. */
  private readonly paths = new Map<Kind, Path2D | undefined>();
  /** Apart from the others, piece by piece: there are many, and few are in view when they are drawn. */
  private buildings: Piece[] = [];
  /** Loaded when they come into sight. */
  private buildingsAsked: Promise<void> | null = null;

  constructor(url = "") {
    super(url ? "background" : null, url);
  }

  override async load(): Promise<null> {
    const { features } = await this.session.api.background(this.url);
    this.features = features;
    this.paths.clear();
    this.session.board.groundNames = groundNames(features);
    if (this._map && this._map.getZoom() >= story.BUILDINGS_FROM - SOON) await this.askForBuildings();
    return null;
  }

  private async loadBuildings(): Promise<void> {
    const { board, api } = this.session;
    const { features } = await api.buildings(this.url);
    this.buildings = await mapInSlices(features, ({ geometry }) => {
      const text = new PathText(board.origin).addGeometry(geometry);
      return { path: text.toPath(), bounds: text.bounds };
    });
    stageOf(this._map).invalidate();
  }

  /** Where they cannot be had now, the next drawing asks again. */
  private async askForBuildings(): Promise<void> {
    if (!this.url) return;
    this.buildingsAsked ??= this.loadBuildings().catch(() => {
      this.buildingsAsked = null;
    });
    await this.buildingsAsked;
  }

  protected override makePainters(): Painter[] {
    const surface = stageOf(this._map).lowest;
    return [
      { surface, order: 0, paint: (frame) => this.paintLand(frame) },
      { surface, order: 20, paint: (frame) => this.paintAboveShade(frame) },
    ];
  }

  private path(kind: Kind): Path2D | undefined {
    if (!this.paths.has(kind)) this.paths.set(kind, this.makePath(kind));
    return this.paths.get(kind);
  }

  private makePath(kind: Kind): Path2D | undefined {
    const features = this.features.filter(({ properties }) => properties.kind === kind);
    if (!features.length) return undefined;
    const text = new PathText(this.session.board.origin);
    for (const { geometry } of features) text.addGeometry(geometry);
    return text.toPath();
  }

  private paintLand({ context, view, palette }: Frame): void {
    const { colours } = palette;
    const land = this.land();
    view.useScreen(context);
    context.fillStyle = colours[land ? "m-land" : "m-out"];
    context.fillRect(0, 0, view.width, view.height);
    if (!land) return;
    view.usePaths(context, this.session.board.origin);
    fill(context, this.path("hill"), colours["m-hill"]);
    fill(context, this.path("built_up"), colours["m-town"]);
  }

  /**
   * What lies beyond the land, over all that reaches out of it: lines that are drawn through a clip of many vertices take
   * fifty times as long (60 ms without a graphics card). There the river goes on, paler.
   */
  private paintBeyond({ context, view, palette }: Frame): void {
    const { colours } = palette;
    const land = this.land();
    context.globalAlpha = 1;
    if (land) {
      const beyond = new Path2D(land);
      beyond.rect(...view.inPaths(this.session.board.origin));
      context.fillStyle = colours["m-out"];
      context.fill(beyond, "evenodd");
      if (this.path("water")) context.clip(beyond, "evenodd");
    }
    context.globalAlpha = PALER;
    fill(context, this.path("water"), colours["m-water"]);
  }

  private paintAboveShade(frame: Frame): void {
    const { context, view, palette } = frame;
    const { zoom } = view;
    view.usePaths(context, this.session.board.origin);
    context.lineJoin = "round";
    context.lineCap = "round";
    if (zoom >= story.BUILDINGS_FROM - SOON) void this.askForBuildings();
    if (zoom >= story.BUILDINGS_FROM) this.paintBuildings(frame);
    context.globalAlpha = 1;
    if (this.land()) fill(context, this.path("water"), palette.colours["m-water"]);
    const opacity = this.session.board.grids.size ? story.roadOpacity(zoom) : 1;
    if (zoom >= story.MINOR_ROADS_FROM) {
      context.globalAlpha = opacity * story.minorRoadOpacity(zoom);
      this.line(frame, "road_minor", "m-road-e", story.minorRoad(zoom) + 1.2);
      this.line(frame, "road_minor", "m-road", story.minorRoad(zoom));
    }
    context.globalAlpha = opacity;
    this.line(frame, "road_main", "m-road-e", story.mainRoad(zoom) + 1.4);
    this.line(frame, "road_main", "m-road", story.mainRoad(zoom));
    this.line(frame, "rail", "m-rail", 1, [6, 4]);
    this.paintBeyond(frame);
  }

  private paintBuildings({ context, view, palette }: Frame): void {
    context.globalAlpha = story.buildingOpacity(view.zoom);
    context.fillStyle = palette.colours["m-bld"];
    context.strokeStyle = palette.colours["m-bld-e"];
    context.lineWidth = 0.6 / view.pathScale;
    for (const { path, bounds } of this.buildings) {
      if (!view.shows(bounds)) continue;
      context.fill(path);
      context.stroke(path);
    }
  }

  private line({ context, view, palette }: Frame, kind: Kind, colour: Colour, width: number, dash: number[] = []): void {
    const path = this.path(kind);
    if (!path) return;
    context.strokeStyle = palette.colours[colour];
    context.lineWidth = width / view.pathScale;
    context.setLineDash(dash.map((part) => part / view.pathScale));
    context.stroke(path);
    context.setLineDash([]);
  }

  /** The grids are the land; before they are here, the outline of the background. */
  private land(): Path2D | undefined {
    return this.session.board.landPath ?? this.path("outline");
  }
}

function fill(context: CanvasRenderingContext2D, path: Path2D | undefined, colour: string): void {
  if (!path) return;
  context.fillStyle = colour;
  context.fill(path);
}
