/** Open issues: a bubble whose tip is the place, its glyph the state, its outline overdue. */

import type { AsOf } from "../api.ts";
import type { Board } from "../board.ts";
import type { Box } from "../labels.ts";
import { hits, rowsIn, screenOf } from "../points.ts";
import type { PointTable } from "../snapshot.ts";
import type { Frame, Painter } from "../stage.ts";
import * as story from "../story.ts";
import { Sprites, ring, stamp } from "../symbols.ts";
import type { View } from "../view.ts";
import { OwnLayer } from "./own-layer.ts";

const MARGIN = 40;
const MIN_CHOSEN = 6;
const BODY = 1.8; // the middle of the bubble lies so many radii above its tip

export class IssueLayer extends OwnLayer {
  private sprites!: Sprites;

  constructor(url: string) {
    super("issues", url);
  }

  override isAllowed(board: Board): boolean {
    return board.may("issues.see");
  }

  override async load(): Promise<AsOf> {
    const { board, api } = this.session;
    const { part, asOf } = await api.snapshot(this.url);
    board.issues = part;
    board.pointsVersion++;
    return asOf;
  }

  isDrawn(zoom: number): boolean {
    return zoom >= story.ISSUES_FROM && this.session.board.issues !== null;
  }

  pick(view: View, x: number, y: number, within: number): { id: number; distance: number }[] {
    const issues = this.session.board.issues;
    if (!issues || !this.isDrawn(view.zoom)) return [];
    const radius = story.issueRadius(view.zoom);
    const middle = (row: number) => {
      const [tipX, tipY] = screenOf(issues, row, view);
      return [tipX, tipY - BODY * radius] as const;
    };
    return hits(this.visible(issues, view), middle, x, y, within + radius).map(({ item, distance }) => ({
      id: issues.id[item]!,
      distance,
    }));
  }

  override obstaclesKey(view: View): string {
    return this.isDrawn(view.zoom) ? this.session.board.pointsKey : "";
  }

  override obstacles(view: View): Box[] {
    const issues = this.session.board.issues;
    if (!issues || !this.isDrawn(view.zoom)) return [];
    const radius = story.issueRadius(view.zoom);
    return this.visible(issues, view).map((row) => {
      const [x, y] = screenOf(issues, row, view);
      return [x - radius, y - 2.8 * radius, x + radius, y];
    });
  }

  protected override makePainters(): Painter[] {
    this.sprites = new Sprites(this.session.constants.classes);
    const chosen = () => {
      const { selection } = this.session.state;
      return selection.kind === "issue" ? `${selection.id} ${this.session.board.pointsKey}` : "";
    };
    const shows = (view: View) => `${this.obstaclesKey(view)} ${chosen()}`;
    return [{ surface: "points", order: 10, shows, paint: (frame) => this.paint(frame) }];
  }

  private paint(frame: Frame): void {
    const { context, view, palette } = frame;
    const issues = this.session.board.issues;
    if (!issues) return;
    view.useScreen(context);
    this.sprites.use(palette, view.ratio);
    if (this.isDrawn(view.zoom)) this.paintAll(context, view, issues);
    this.paintChosen(frame, issues);
  }

  private paintAll(context: CanvasRenderingContext2D, view: View, issues: PointTable): void {
    const radius = story.issueRadius(view.zoom);
    const rows = this.visible(issues, view);
    // Overdue last, and southern over northern, so that tips stay in sight.
    rows.sort((a, b) => this.overdue(issues, a) - this.overdue(issues, b) || issues.y[a]! - issues.y[b]!);
    for (const row of rows) {
      const [x, y] = screenOf(issues, row, view);
      stamp(context, this.sprites.issue(issues.klass[row]!, this.overdue(issues, row) !== 0, radius), x, y);
    }
  }

  /** The chosen issue, ringed, and drawn even where issues are not. */
  private paintChosen({ context, view, palette }: Frame, issues: PointTable): void {
    const { selection } = this.session.state;
    const row = selection.kind === "issue" ? issues.rowOf(selection.id) : -1;
    if (row < 0) return;
    const radius = Math.max(MIN_CHOSEN, story.issueRadius(view.zoom));
    const [x, y] = screenOf(issues, row, view);
    ring(context, palette, x, y - BODY * radius, radius * 2.1);
    stamp(context, this.sprites.issue(issues.klass[row]!, this.overdue(issues, row) !== 0, radius), x, y);
  }

  private visible(issues: PointTable, view: View): number[] {
    const { counted } = this.session.board;
    return rowsIn(issues, view, MARGIN, (row) => counted.passesIssue(row));
  }

  private overdue(issues: PointTable, row: number): number {
    return issues.flags[row]! & this.session.constants.flags.overdue;
  }
}
