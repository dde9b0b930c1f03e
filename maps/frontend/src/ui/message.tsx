/** What stands on a page for work at a desk instead of its content. */

import type { ComponentChildren } from "preact";

export function Message({ title, text, children }: { title: string; text?: string; children?: ComponentChildren }) {
  return (
    <section class="bench-message" role="alert">
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </section>
  );
}
