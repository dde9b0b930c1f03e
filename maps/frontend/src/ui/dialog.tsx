/** A sheet over the page. The browser keeps the focus in it, closes it on Escape and gives the focus back. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { Session } from "../session.ts";
import { Icon } from "./icons.tsx";

interface Props {
  session: Session;
  title: string;
  name: string;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ session, title, name, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${name}`}
      aria-labelledby={`${name}-title`}
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={`${name}-title`}>{title}</h2>
          <button type="button" class="button icon-button" aria-label={session.words.close} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
