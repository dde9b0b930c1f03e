/** What a tab of the workbench is: one module that exports one, listed in tabs.ts. */

import type { ComponentType } from "preact";

import type { Language } from "../payloads.ts";
import type { Bench } from "./bench.ts";

export interface TabProps {
  bench: Bench;
  /** What the address names after the tab, "" for nothing. */
  item: string;
}

export interface Tab {
  /** In the address. */
  name: string;
  title(language: Language): string;
  /** The capability without which the tab is not there. */
  needs: string;
  /** Only for who may do so everywhere. */
  whole?: boolean;
  View: ComponentType<TabProps>;
}
