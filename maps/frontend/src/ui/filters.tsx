/** Filters: one button that opens a calm panel, beside the chips of what is on. */

import { useEffect, useRef } from "preact/hooks";

import { number } from "../format.ts";
import type { Session } from "../session.ts";
import { Chips, chipsOf } from "./filter-chips.tsx";
import { FilterFields } from "./filter-fields.tsx";
import { Icon } from "./icons.tsx";

const PHONE = "(max-width: 720px)";

/** On a phone the button and the panel are in the sheet of layers, and only the chips lie over the map. */
export function isPhone(): boolean {
  return matchMedia(PHONE).matches;
}

export interface FiltersProps {
  session: Session;
  isOpen: boolean;
  toggle: () => void;
}

/** Over the map: the button beside the figures, chips beneath, the panel beneath these. */
export function Filters({ session, isOpen, toggle }: FiltersProps) {
  if (!session.board.grids.size) return null;
  return (
    <>
      {!isPhone() && <FilterButton session={session} isOpen={isOpen} toggle={toggle} />}
      <Chips session={session} />
      {!isPhone() && isOpen && <FilterPanel session={session} close={toggle} />}
    </>
  );
}

/** In the sheet of layers on a phone. */
export function FilterSheet({ session, isOpen, toggle }: FiltersProps) {
  if (!isPhone() || !session.board.grids.size) return null;
  const close = () => {
    toggle();
    document.querySelector(".app")!.removeAttribute("data-legend");
  };
  return (
    <div class="legend-part">
      <FilterButton session={session} isOpen={isOpen} toggle={toggle} />
      {isOpen && (
        <div id={PANEL} class="filter-fields">
          <FilterFields session={session} />
        </div>
      )}
      {isOpen && (
        <button type="button" class="button primary filter-done" onClick={close}>
          {session.words.close}
        </button>
      )}
    </div>
  );
}

const PANEL = "filter-panel";

function FilterButton({ session, isOpen, toggle }: FiltersProps) {
  const { words } = session;
  const on = chipsOf(session).length;
  return (
    <button type="button" class="button filter-button floating" aria-expanded={isOpen} aria-controls={PANEL} onClick={toggle}>
      <Icon name="filter" />
      {words.filter}
      {on > 0 && <b>{number(on)}</b>}
    </button>
  );
}

function FilterPanel({ session, close }: { session: Session; close: () => void }) {
  const own = useRef<HTMLElement>(null);
  useEffect(() => own.current?.querySelector<HTMLElement>("button, select, input")?.focus(), []);
  return (
    <section
      ref={own}
      id={PANEL}
      class="filter-panel floating"
      aria-label={session.words.filter}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
        document.querySelector<HTMLElement>(".filter-button")?.focus();
      }}
    >
      <div class="filter-fields">
        {chipsOf(session).length > 0 && (
          <button type="button" class="link filter-clear" onClick={() => session.store.clearFilters()}>
            {session.words.clearFilters}
          </button>
        )}
        <FilterFields session={session} />
      </div>
    </section>
  );
}
