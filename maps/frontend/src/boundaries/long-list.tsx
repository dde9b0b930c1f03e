/** A list of which the first are shown, and more as the reader asks for them. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

const FIRST = 20;

interface Props<T> {
  items: readonly T[];
  name: string;
  more: (left: number) => string;
  row: (item: T, at: number) => ComponentChildren;
}

export function LongList<T>({ items, name, more, row }: Props<T>) {
  const [shown, setShown] = useState(FIRST);
  return (
    <>
      <ol class={name}>{items.slice(0, shown).map(row)}</ol>
      {items.length > shown && (
        <button type="button" class="link" onClick={() => setShown(shown + FIRST)}>
          {more(items.length - shown)}
        </button>
      )}
    </>
  );
}
