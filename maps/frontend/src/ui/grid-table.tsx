/** Every grid as a row: what the map shows, for who does not see it, sorts it or reads it aloud. */

import { useRef, useState } from "preact/hooks";

import { nameOf, number, tenths } from "../format.ts";
import type { FigureKey, GridProperties } from "../payloads.ts";
import { type Sort, type Value, ordered } from "../rows.ts";
import type { Session } from "../session.ts";
import { Dialog } from "./dialog.tsx";
import { Live } from "./parts.tsx";

const PAGE = 100; // rows at a time: a county has 10,000 grids
const MINUTE_MS = 60_000;

interface Column {
  key: string;
  label: string;
  figure: FigureKey | null;
  value: (grid: GridProperties) => Value;
}

export function GridTable({ session, close }: { session: Session; close: () => void }) {
  const { words, board } = session;
  const columns = columnsOf(session);
  const [sort, setSort] = useState<Sort>({ key: session.state.figure, down: true });
  const [page, setPage] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const order = useOrder(session, columns, sort, () => body.current?.matches(":hover, :focus-within") ?? false);
  const pages = Math.max(1, Math.ceil(order.length / PAGE));
  const from = Math.min(page, pages - 1) * PAGE;
  const shown = order.slice(from, from + PAGE).flatMap((code) => board.grids.get(code)?.properties ?? []);
  const sortBy = (column: Column) => {
    setSort({ key: column.key, down: column.key === sort.key ? !sort.down : column.figure !== null });
    setPage(0);
  };
  const open = (code: string) => {
    session.open({ kind: "grid", code });
    close();
  };
  return (
    <Dialog session={session} title={words.tableTitle(number(order.length))} name="grid-table" close={close}>
      {pages > 1 && <Pages session={session} from={from} count={order.length} go={(to) => setPage(to)} />}
      {/* What scrolls must be reached by keys. */}
      <div class="table-scroll" tabIndex={0} role="group" aria-labelledby="grid-table-title">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.key} column={column} sort={sort} act={() => sortBy(column)} />
              ))}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={walk}>
            {shown.map((grid) => (
              <Row key={grid.code} session={session} grid={grid} columns={columns} open={() => open(grid.code)} />
            ))}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}

function columnsOf(session: Session): Column[] {
  const { words, state, board } = session;
  const text = (key: string, label: string, value: (grid: GridProperties) => string) => ({ key, label, figure: null, value });
  return [
    text("name", words.grid, (grid) => nameOf(grid, state.language)),
    text("code", words.code, (grid) => grid.code),
    ...(board.may("people.see") ? [text("lead", words.lead, (grid) => session.leadOf(grid) ?? "")] : []),
    ...board.figures().map((key) => ({
      key,
      label: words.figures[key],
      figure: key,
      value: (grid: GridProperties) => board.figure(key, [grid]),
    })),
  ];
}

/** The codes in order: anew when another order is asked for, else on the minute, but not while somebody reads the rows. */
function useOrder(session: Session, columns: readonly Column[], sort: Sort, isRead: () => boolean): string[] {
  const { board, state } = session;
  const held = useRef<{ asked: string; minute: number; codes: string[] }>({ asked: "", minute: 0, codes: [] });
  const asked = `${sort.key} ${sort.down} ${state.language} ${board.shapesVersion}`;
  const minute = Math.floor(session.now() / MINUTE_MS);
  if (held.current.asked !== asked || (held.current.minute !== minute && !isRead())) {
    const { value } = columns.find(({ key }) => key === sort.key) ?? columns[0]!;
    const values = new Map([...board.each()].map((grid) => [grid.code, value(grid)]));
    held.current = { asked, minute, codes: ordered(values, sort.down, new Intl.Collator(session.words.locale)) };
  }
  return held.current.codes;
}

function Head({ column, sort, act }: { column: Column; sort: Sort; act: () => void }) {
  const isSorted = column.key === sort.key;
  return (
    <th
      scope="col"
      class={column.figure ? "figure" : ""}
      aria-sort={isSorted ? (sort.down ? "descending" : "ascending") : undefined}
    >
      <button type="button" onClick={act}>
        {column.label}
        <span aria-hidden="true">{isSorted ? (sort.down ? " ↓" : " ↑") : ""}</span>
      </button>
    </th>
  );
}

function Row({ session, grid, columns, open }: { session: Session; grid: GridProperties; columns: readonly Column[]; open: () => void }) {
  return (
    <tr>
      {columns.map((column, at) => {
        const value = column.value(grid);
        if (at === 0) {
          return (
            <th key={column.key} scope="row">
              <button type="button" onClick={open}>
                {value}
              </button>
            </th>
          );
        }
        return (
          <td key={column.key} class={column.figure ? "figure" : ""}>
            {column.figure ? <Figure session={session} figure={column.figure} value={value as number | null} /> : value}
          </td>
        );
      })}
    </tr>
  );
}

function Figure({ session, figure, value }: { session: Session; figure: FigureKey; value: number | null }) {
  const { board, words } = session;
  const { percent } = board.breaksOf(figure);
  if (value === null) return <span class="muted">{percent ? words.tooFew : words.notKnown}</span>;
  return (
    <>
      <Live value={percent ? tenths(value) : value} />
      {percent && "%"}
    </>
  );
}

function Pages({ session, from, count, go }: { session: Session; from: number; count: number; go: (page: number) => void }) {
  const { words } = session;
  const page = from / PAGE;
  const last = Math.ceil(count / PAGE) - 1;
  const turn = (to: number, label: string) => (
    <button type="button" class="button" aria-disabled={to < 0 || to > last} onClick={() => to >= 0 && to <= last && go(to)}>
      {label}
    </button>
  );
  return (
    <nav class="pages" aria-label={words.pages}>
      {turn(page - 1, words.pageBefore)}
      <span role="status">{words.rowsShown(number(from + 1), number(Math.min(from + PAGE, count)), number(count))}</span>
      {turn(page + 1, words.pageAfter)}
    </nav>
  );
}

/** Up and down from row to row. */
function walk(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = (event.target as HTMLElement).closest("tr");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  if (!next) return;
  event.preventDefault();
  next.querySelector("button")!.focus();
}
