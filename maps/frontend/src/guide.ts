/** Brings the map to what somebody asks for: a row of a list, a result of a search, the grids of a filter, a pin. */

import type * as L from "leaflet";

import type { Spot } from "./coverage.ts";
import { isInScope, narrowsGrids } from "./filter.ts";
import { Flash } from "./flash.ts";
import type { MapTools } from "./map-tools.ts";
import { STEPS, project, unproject } from "./mercator.ts";
import { type LonLat, Mark } from "./pin.ts";
import type { Choice, FoundItem } from "./search.ts";
import type { Session } from "./session.ts";
import type { PointTable } from "./snapshot.ts";
import type { Filter, Selection } from "./state.ts";
import type { Toasts } from "./toasts.ts";
import { SEARCH_FIELD } from "./ui/search.tsx";

export class Guide {
  private readonly session: Session;
  private readonly map: L.Map;
  private readonly tools: MapTools;
  private readonly toasts: Toasts;
  private readonly pointer: Mark;
  private readonly flash: Flash;

  constructor(session: Session, map: L.Map, tools: MapTools, toasts: Toasts) {
    this.session = session;
    this.map = map;
    this.tools = tools;
    this.toasts = toasts;
    this.pointer = new Mark(map);
    this.flash = new Flash(map);
  }

  mark(at: LonLat): void {
    this.pointer.show(at);
  }

  /** Take the mark of a search away. */
  unmark(): void {
    this.pointer.clear();
  }

  /** Open something from a list: select it, bring the map there and show where it is. */
  open(selection: Selection): void {
    const { board, store } = this.session;
    store.select(selection);
    if (selection.kind === "grid") {
      const grid = board.grids.get(selection.code);
      if (!grid) return;
      this.tools.showGrid(grid);
      this.flash.show(unproject(grid.anchor));
      return;
    }
    const table = selection.kind === "issue" ? board.issues : selection.kind === "unit" ? board.units : null;
    const row = table && "id" in selection ? table.rowOf(selection.id) : -1;
    if (!table || row < 0) return;
    const { lon, lat } = placeOf(table, row);
    this.tools.showPoint(lon, lat);
    this.flash.show({ lon, lat });
  }

  /** Show a blind spot: a grid by its card, anything else marked in the list and where it is. */
  showSpot(spot: Spot, flies = true): void {
    const { store, blindSpots } = this.session;
    const { finding, bounds } = spot;
    if (finding.kind === "grid_without_lead") return this.open({ kind: "grid", code: finding.code });
    store.select({ kind: "none" });
    blindSpots!.choose(spot);
    if (!flies) return;
    const [from, to] = [unproject({ x: bounds.left, y: bounds.bottom }), unproject({ x: bounds.right, y: bounds.top })];
    this.tools.showBounds([from.lon, from.lat, to.lon, to.lat]);
    this.flash.show(unproject(spot.at));
  }

  /** Bring the map to the grids that were asked for, where they are others than before. */
  showScope(filter: Filter, before: Filter): void {
    const { area, grid, lead } = before;
    if (!narrowsGrids(filter) || (filter.area === area && filter.grid === grid && filter.lead === lead)) return;
    const { board } = this.session;
    const shown = [...board.grids.values()].filter(({ properties }) => isInScope(properties, filter, board.areas));
    if (shown.length) this.tools.showGrids(shown);
  }

  /** Where a pin starts: at the issue, which is shown, else in the middle of the map. */
  pinStart(lon: number | null, lat: number | null): LonLat {
    if (lon !== null && lat !== null) {
      this.tools.showPoint(lon, lat);
      return { lon, lat };
    }
    const { lng, lat: middle } = this.map.getCenter();
    return { lon: lng, lat: middle };
  }

  /** Go to what was found, and open its card or drawer; filter by a category; a coordinate once its datum is known. */
  readonly goTo = (choice: Choice): void => {
    if (choice.kind === "item") this.goToItem(choice.item);
    else if (choice.kind === "category") this.session.store.narrow({ categories: [choice.category.code] });
    else void this.goToCoordinate(choice);
  };

  private goToItem(item: FoundItem): void {
    const { board, store } = this.session;
    const { kind, id, lon, lat, bounds } = item;
    const grid = kind === "grid" ? item.grid : this.gridThen(item);
    if (kind === "issue" || kind === "unit") store.select({ kind, id });
    else if (grid !== null && board.grids.has(grid)) store.select({ kind: "grid", code: grid });
    this.pointer.clear();
    const shape = grid === null ? undefined : board.grids.get(grid);
    if (kind === "grid" && shape) this.tools.showGrid(shape);
    else if (bounds) this.tools.showBounds(bounds);
    else if (lon !== null && lat !== null) this.tools.showPoint(lon, lat);
    if (kind === "place" && lon !== null && lat !== null) this.pointer.show({ lon, lat });
  }

  /** The search tells the grid of today. On a day of the past a place says itself in which grid it lay. */
  private gridThen({ grid, lon, lat }: Pick<FoundItem, "grid" | "lon" | "lat">): string | null {
    const { day, board } = this.session;
    if (day === null || lon === null || lat === null) return grid;
    const { x, y } = project(lon, lat);
    return board.gridAt(x, y)?.properties.code ?? null;
  }

  private async goToCoordinate({ reading, datum }: Choice & { kind: "datum" }): Promise<void> {
    const { session } = this;
    try {
      const found = await session.api.point(reading, datum);
      const { lon, lat } = found;
      const grid = this.gridThen(found);
      if (grid !== null && session.board.grids.has(grid)) session.store.select({ kind: "grid", code: grid });
      else this.toasts.show({ text: session.words.outsideGrids, open: () => this.tools.showPoint(lon, lat) });
      this.tools.showPoint(lon, lat);
      this.pointer.show({ lon, lat });
    } catch {
      this.toasts.show({ text: session.words.searchFailed, open: () => document.getElementById(SEARCH_FIELD)!.focus() });
    }
  }
}

function placeOf(table: PointTable, row: number): LonLat {
  return unproject({ x: table.x[row]! / STEPS, y: table.y[row]! / STEPS });
}
