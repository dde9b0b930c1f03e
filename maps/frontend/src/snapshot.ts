/** Points as columns: decoded from a binary snapshot, kept current by single rows. See maps/snapshot.py for the format. */

export type Column = Uint8Array | Uint16Array | Uint32Array;

/** One point as live changes carry it: mercator fractions in 32-bit steps, the code of its grid or null. */
export interface Row {
  x: number;
  y: number;
  grid: string | null;
  class: number;
  flags: number;
  /** Issues only: the code of their category or null; seconds since 1970. */
  category?: string | null;
  opened?: number;
  due?: number;
}

interface Header {
  n: number;
  rev: string;
  cols: [string, string][];
  grids: string[];
  categories?: string[];
  today: string;
}

interface ColumnType {
  new (buffer: ArrayBuffer, offset: number, length: number): Column;
  readonly BYTES_PER_ELEMENT: number;
}

const ARRAYS: Record<string, ColumnType> = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

const COLUMNS = ["x", "y", "id", "grid", "class", "flags"] as const;
type Columns = Record<(typeof COLUMNS)[number], Column> & Partial<Record<"category" | "opened" | "due", Column>>;

export class PointTable {
  n = 0;
  rev: string;
  codes: string[];
  x: Uint32Array;
  y: Uint32Array;
  id: Uint32Array;
  grid: Uint32Array | Uint16Array;
  klass: Uint8Array;
  flags: Uint8Array;
  /** What issues are filtered by; units are nothing by it. */
  categories: string[];
  category: Uint16Array;
  opened: Uint32Array;
  due: Uint32Array;
  private rows: Map<number, number> | null = null;

  constructor(columns: Columns, header: Pick<Header, "n" | "rev" | "grids" | "categories">) {
    this.n = header.n;
    this.rev = header.rev;
    this.codes = header.grids;
    this.x = columns.x as Uint32Array;
    this.y = columns.y as Uint32Array;
    this.id = columns.id as Uint32Array;
    this.grid = columns.grid as Uint32Array | Uint16Array;
    this.klass = columns.class as Uint8Array;
    this.flags = columns.flags as Uint8Array;
    this.categories = header.categories ?? [];
    this.category = Uint16Array.from(columns.category ?? []); // wide, because live changes may bring new ones
    this.opened = (columns.opened ?? new Uint32Array()) as Uint32Array;
    this.due = (columns.due ?? new Uint32Array()) as Uint32Array;
  }

  /** Row of a point, -1 when it is not here. The look-up is built when it is first needed: most pages never do. */
  rowOf(id: number): number {
    if (!this.rows) {
      this.rows = new Map();
      for (let row = 0; row < this.n; row++) this.rows.set(this.id[row]!, row);
    }
    return this.rows.get(id) ?? -1;
  }

  codeOf(row: number): string {
    return this.codes[this.grid[row]!] ?? "";
  }

  /** Put a point as it is now, whether it was here or not. Returns whether that is other than before. */
  put(id: number, values: Row): boolean {
    let row = this.rowOf(id);
    const isNew = row < 0;
    if (isNew) {
      row = this.n++;
      if (row >= this.x.length) this.makeRoom();
      this.id[row] = id;
      this.rows!.set(id, row);
    }
    const grid = indexIn(this.codes, values.grid ?? "");
    const told: [Column, number][] = [
      [this.x, values.x],
      [this.y, values.y],
      [this.grid, grid],
      [this.klass, values.class],
      [this.flags, values.flags],
    ];
    if (values.opened !== undefined && values.due !== undefined) {
      const category = indexIn(this.categories, values.category ?? "");
      told.push([this.category, category], [this.opened, values.opened], [this.due, values.due]);
    }
    const isOther = told.some(([column, value]) => column[row] !== value);
    for (const [column, value] of told) column[row] = value;
    return isNew || isOther;
  }

  /** Take a point away; the last row moves into its place. Returns whether it was here. */
  remove(id: number): boolean {
    const row = this.rowOf(id);
    if (row < 0) return false;
    const last = --this.n;
    for (const column of this.columns()) column[row] = column[last]!;
    if (row !== last) this.rows!.set(this.id[row]!, row);
    this.rows!.delete(id);
    return true;
  }

  private columns(): Column[] {
    const { x, y, id, grid, klass, flags, category, opened, due } = this;
    return [x, y, id, grid, klass, flags, ...(this.categories.length ? [category, opened, due] : [])];
  }

  private makeRoom(): void {
    const room = Math.ceil(this.x.length * 1.5) + 64;
    const grown = <T extends Column>(old: T, fresh: T): T => {
      fresh.set(old as ArrayLike<number>);
      return fresh;
    };
    this.x = grown(this.x, new Uint32Array(room));
    this.y = grown(this.y, new Uint32Array(room));
    this.id = grown(this.id, new Uint32Array(room));
    this.grid = grown(new Uint32Array(this.grid), new Uint32Array(room));
    this.klass = grown(this.klass, new Uint8Array(room));
    this.flags = grown(this.flags, new Uint8Array(room));
    if (!this.categories.length) return;
    this.category = grown(this.category, new Uint16Array(room));
    this.opened = grown(this.opened, new Uint32Array(room));
    this.due = grown(this.due, new Uint32Array(room));
  }
}

/** Lay columns over the bytes of a snapshot. Throws RangeError or SyntaxError on bytes that are not one. */
export function decodeSnapshot(buffer: ArrayBuffer): PointTable {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as Header;
  const columns: Record<string, Column> = {};
  let offset = 4 + length;
  for (const [name, type] of header.cols) {
    const array = ARRAYS[type];
    if (!array) throw new RangeError(`a column of type ${type} is unknown`);
    columns[name] = new array(buffer, offset, header.n);
    offset += Math.ceil((header.n * array.BYTES_PER_ELEMENT) / 8) * 8;
  }
  for (const name of COLUMNS) if (!columns[name]) throw new RangeError(`column ${name} is missing`);
  return new PointTable(columns as Columns, header);
}

/** Where a code stands in a list, which takes it in if it is new. */
function indexIn(codes: string[], code: string): number {
  const at = codes.indexOf(code);
  return at >= 0 ? at : codes.push(code) - 1;
}

/** Whether one event id is later than another. */
export function isLater(rev: string, than: string): boolean {
  return Number(rev) > Number(than);
}
